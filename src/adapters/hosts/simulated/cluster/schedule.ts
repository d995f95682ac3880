import type { Millis } from '../../../../domain/kernel/units.ts';
import { drawSpan, type Span } from '../profile.ts';
import { type Random, seededRandom, seedFor } from '../random.ts';
import type { ClusterProfile } from './description.ts';
import type { ClusterHost } from './members.ts';

/** What befalls hosts, `after` the beginning. */
export type ClusterFault = { readonly after: Millis; readonly hosts: readonly string[] } & (
  | { readonly kind: 'crash' /** Which of those that run there: 0 … 1 of their list. */; readonly pick: number }
  | { readonly kind: 'loss' | 'rackLoss' | 'flap' | 'reboot'; readonly downMs: Millis }
);

const HOUR_MS = 3_600_000;

type Source = {
  next: Millis;
  readonly everyMs: Millis;
  readonly random: Random;
  readonly fault: (random: Random, after: Millis) => ClusterFault;
};

/**
 * All faults to come, in order, without end: a Poisson process per kind, each with its own sequence of draws, so that another rate of one
 * kind changes nothing about the others. The same for the same seed, whatever runs on the hosts.
 */
export const scheduleOf = function* (
  { faults }: Pick<ClusterProfile, 'faults'>,
  hosts: readonly ClusterHost[],
  seed: number,
): Generator<ClusterFault, void, void> {
  const sources = sourcesOf(faults, hosts, seed);
  for (;;) {
    let first: Source | undefined;
    for (const source of sources) if (first === undefined || source.next < first.next) first = source;
    if (first === undefined) return;
    yield first.fault(first.random, first.next);
    first.next += spanToNext(first);
  }
};

const spanToNext = ({ everyMs, random }: Pick<Source, 'everyMs' | 'random'>): Millis => -Math.log(1 - random()) * everyMs;

const sourcesOf = (faults: ClusterProfile['faults'], hosts: readonly ClusterHost[], seed: number): readonly Source[] => {
  const sources: Source[] = [];
  const source = (name: string, perHour: number, fault: Source['fault']): void => {
    if (perHour <= 0) return;
    const random = seededRandom(seedFor(seed, `faults: ${name}`));
    const everyMs = HOUR_MS / perHour;
    sources.push({ everyMs, random, fault, next: spanToNext({ everyMs, random }) });
  };
  const one = <A>(of: readonly A[], random: Random): A => of[Math.floor(random() * of.length)] as A;
  const downs =
    (kind: 'loss' | 'flap' | 'reboot' | 'rackLoss', down: Span, of: (random: Random) => readonly string[]): Source['fault'] =>
    (random, after) => ({ kind, after, hosts: of(random), downMs: drawSpan(down, random) });

  const ids = hosts.map(({ id }) => id);
  const { crashesPerHostHour, hostLoss, reboot, rackLoss, flapping } = faults;
  source('crash', crashesPerHostHour * ids.length, (random, after) => ({
    kind: 'crash',
    after,
    hosts: [one(ids, random)],
    pick: random(),
  }));
  if (hostLoss !== undefined)
    source(
      'loss',
      hostLoss.perHostHour * ids.length,
      downs('loss', hostLoss.down, (random) => [one(ids, random)]),
    );
  if (reboot !== undefined)
    source(
      'reboot',
      reboot.perHostHour * ids.length,
      downs('reboot', reboot.down, (random) => [one(ids, random)]),
    );
  if (rackLoss !== undefined) {
    const racks = [...Map.groupBy(hosts, ({ rack }) => rack).values()].map((members) => members.map(({ id }) => id));
    source(
      'rackLoss',
      rackLoss.perRackHour * racks.length,
      downs('rackLoss', rackLoss.down, (random) => one(racks, random)),
    );
  }
  if (flapping !== undefined) {
    const flap = ids.filter((id) => seededRandom(seedFor(seed, `flapping ${id}`))() < flapping.share);
    const perHour = (flap.length * 3_600) / flapping.everySeconds;
    source(
      'flap',
      perHour,
      downs('flap', flapping.down, (random) => [one(flap, random)]),
    );
  }
  return sources;
};
