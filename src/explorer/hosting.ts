import { crowdOf, moved, PHASES, type Phase } from './hosts.ts';
import type { Move } from './moves.ts';
import type { ExploreOptions } from './options.ts';
import { type AnyChart, owedOf, type World } from './world.ts';

type Turn = {
  readonly from: Phase;
  readonly to: Phase | undefined;
  readonly says: string;
  /** A fault, or what happens by itself, or what may happen and may not be counted on. */
  readonly is: 'fault' | 'fair' | 'luck';
  readonly failed?: 1;
};

/** What can become of an instance, as its chart has it. */
const TURNS: readonly Turn[] = [
  { from: 'coming', to: 'ready', says: 'becomes ready', is: 'fair' },
  { from: 'coming', to: undefined, says: 'fails to start', is: 'fault', failed: 1 },
  { from: 'coming', to: 'late', says: 'is not ready by its deadline', is: 'fault' },
  { from: 'late', to: 'ready', says: 'becomes ready at last', is: 'fair' },
  { from: 'late', to: undefined, says: 'crashes', is: 'fault', failed: 1 },
  { from: 'ready', to: undefined, says: 'crashes', is: 'fault', failed: 1 },
  { from: 'ready', to: 'unhealthy', says: 'becomes unhealthy', is: 'fault' },
  { from: 'unhealthy', to: 'ready', says: 'becomes healthy again', is: 'fair' },
  { from: 'leaving', to: undefined, says: 'has ended', is: 'fair' },
  // A node that is away may stay away: nobody counts on it.
  { from: 'unseen', to: 'ready', says: 'is seen again: its node is back', is: 'luck' },
  { from: 'unseen', to: 'forsaken', says: 'is given up: its node was away for too long', is: 'fair' },
  { from: 'forsaken', to: 'ready', says: 'is seen again after it was given up: its node is back', is: 'fault' },
];

/** What hosts do to instances, and what befalls hosts. */
export const hostMoves = (chart: AnyChart, world: World, options: ExploreOptions): readonly Move[] => {
  const mayFail = world.faults < options.faults;
  // Failed launches tell worlds apart only where somebody counts them.
  const countsFailures = options.policy.maxFailures !== undefined;
  const judgesLate = owedOf(chart, world, 'watch')?.params.late as { readonly version: string } | undefined;
  const turns = Object.keys(world.hosts).flatMap((version) =>
    TURNS.flatMap(({ from, to, says, is, failed = 0 }): readonly Move[] => {
      if (crowdOf(world.hosts, version)[from] === 0 || (is === 'fault' && !mayFail)) return [];
      if (to === 'late' && judgesLate?.version !== version) return [];
      const faults = world.faults + Number(is === 'fault');
      // One that was given up and can't come back any more, for want of faults, is nobody.
      const hosts = moved(
        world.hosts,
        version,
        from,
        to === 'forsaken' && faults >= options.faults ? undefined : to,
        countsFailures ? failed : 0,
      );
      const next = { ...world, hosts, faults };
      return [
        {
          kind: `${from} ${to} ${version}`,
          from: 'Hosts',
          to: 'Conductor',
          isFair: is === 'fair',
          says: () => `A ${from} instance of the ${version} version ${says}`,
          next,
        },
      ];
    }),
  );
  return mayFail ? [...turns, ...losses(world)] : turns;
};

const LOSABLE: ReadonlySet<Phase> = new Set(['coming', 'late', 'ready', 'unhealthy']);

/** A host with one or two instances no longer answers. */
const losses = (world: World): readonly Move[] => {
  const { hosts } = world;
  const groups = Object.keys(hosts).flatMap((version) =>
    PHASES.filter((phase) => LOSABLE.has(phase) && crowdOf(hosts, version)[phase] > 0).map((phase) => ({ version, phase })),
  );
  return groups.flatMap((one, nth) =>
    [undefined, ...groups.slice(nth)].flatMap((two): readonly Move[] => {
      if (two === one && crowdOf(hosts, one.version)[one.phase] < 2) return [];
      const first = moved(hosts, one.version, one.phase, 'unseen');
      const after = two === undefined ? first : moved(first, two.version, two.phase, 'unseen');
      const names = [one, ...(two === undefined ? [] : [two])].map(({ version, phase }) => `a ${phase} instance of the ${version} version`);
      return [
        {
          kind: 'loss',
          from: 'Hosts',
          to: 'Conductor',
          isFair: false,
          says: () => `A host with ${names.join(' and ')} no longer answers`,
          next: { ...world, hosts: after, faults: world.faults + 1 },
        },
      ];
    }),
  );
};
