import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Clock } from '../../../domain/kernel/ports.ts';
import type { Millis } from '../../../domain/kernel/units.ts';
import type { HostFault, HostHint, HostOffer } from '../../../domain/ports/hosts.ts';
import { type ChangingCall, type Faults, spend } from './controls.ts';
import type { Machine } from './machine.ts';
import { drawRate, drawSpan, type SimulationProfile, type Span } from './profile.ts';
import type { Random } from './random.ts';

/** The way to one simulated host, shared by all connections to it: cut while partitioned; every reboot is a new boot. */
export type Link = { readonly cut: boolean; readonly boot: number };

/** What every connection to one host shares. */
export type SimulatedHost = {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly profile: SimulationProfile;
  readonly random: Random;
  readonly offer: HostOffer;
  readonly images: Set<string>;
  readonly faults: () => Faults;
  readonly link: () => Link;
  readonly observers: Set<(hint: HostHint) => void>;
  /** Tells all observers, unless hints are lost. */
  hint(hint: HostHint): void;
};

/** How a connection's calls travel: what they take, and when their answers are lost. */
export type Calls = {
  /** Does it after `latency`, at once for 0, and answers while the way is open. */
  call<A>(latency: Millis, done: () => Either<HostFault, A> | Promise<Either<HostFault, A>>): Promise<Either<HostFault, A>>;
  latencyOf(span: Span): Millis;
  /** The answer to something done, or the loss of that answer. */
  acknowledged<A>(kind: ChangingCall, answer: Either<HostFault, A>): Either<HostFault, A>;
};

export const callsTo = ({ clock, profile, random, faults, link }: SimulatedHost, isClosed: () => boolean): Calls => {
  const unreachable = (): Either<HostFault, never> =>
    E.left({ _tag: 'HostUnreachable', message: `no answer in ${profile.unreachableAfterMs} ms` });
  const later = <A>(after: Millis, answer: () => A | Promise<A>): Promise<A> =>
    after <= 0 ? Promise.resolve(answer()) : new Promise((resolve) => clock.schedule(after, () => resolve(answer())));

  return {
    call: (latency, done) => {
      if (isClosed()) return Promise.resolve(E.left({ _tag: 'HostUnreachable', message: 'the connection was closed' }));
      const sent = link();
      if (sent.cut) return later(profile.unreachableAfterMs, unreachable);
      if (latency <= 0) return Promise.resolve(done());
      return later(latency, () => {
        const { boot, cut } = link();
        if (boot !== sent.boot) return later(cut ? profile.unreachableAfterMs : 0, unreachable);
        const answer = done();
        return cut ? later(profile.unreachableAfterMs, unreachable) : answer;
      });
    },
    latencyOf: (span) => drawSpan(span, random) + faults().slowMs,
    acknowledged: (kind, answer) => {
      const { lostAcknowledgements } = faults();
      const lost =
        (lostAcknowledgements.length > 0 && spend(lostAcknowledgements, ({ call }) => call === undefined || call === kind) !== undefined) ||
        drawRate(profile.lostAcknowledgementRate, random);
      return lost ? E.left({ _tag: 'Transient', message: `the answer to ${kind} was lost` }) : answer;
    },
  };
};
