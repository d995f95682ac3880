import { either as E } from 'fp-ts';
import type { StrategyProblems } from '../../../domain/app/definition/parse.ts';
import type { StreamName } from '../../../domain/kernel/ids.ts';
import type { Clock } from '../../../domain/kernel/ports.ts';
import { refusal } from '../../../domain/kernel/refusal.ts';
import type { Engine } from '../../../domain/ports/engine.ts';

export type StandbyEngineOptions = {
  /** Of the log as it is followed. */
  readonly views: Engine['views'];
  readonly log: Engine['log'];
  readonly clock: Clock;
  readonly decode: Engine['decode'];
  readonly strategyProblems: StrategyProblems;
  /** Streams that its views can't read, and why. */
  readonly unreadable?: () => ReadonlyMap<StreamName, string>;
};

const STANDS_BY = refusal('unavailable', 'This engine stands by: it changes nothing.');

/** An engine that follows and does nothing: it has no actors, no hosts, and refuses whatever would write. */
export const standbyEngine = ({ clock, unreadable = () => new Map(), ...followed }: StandbyEngineOptions): Engine => ({
  ...followed,
  clock,
  ids: { next: () => crypto.randomUUID() },
  startedAt: clock.now(),
  term: 0,
  submit: async () => E.left(STANDS_BY),
  precede: async () => E.left(STANDS_BY),
  recordRefusal: async () => {},
  owedBy: () => [],
  host: () => undefined,
  probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'an engine that stands by asks no hosts' }),
  healthOf: () => [],
  readinessOf: () => [],
  checkOf: () => undefined,
  readingsOf: () => [],
  quarantined: unreadable,
  refusalsOf: () => [],
  preview: () => Promise.reject(new Error('an engine that stands by previews nothing')),
  logTrouble: () => undefined,
});
