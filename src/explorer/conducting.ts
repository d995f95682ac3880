import { conditionOf } from '../actors/surplus.ts';
import { conduct, isOutdated, type Present, unknownOf, type Wish } from '../domain/deployment/conduct.ts';
import { sameTallies } from '../domain/deployment/deployment.decider.ts';
import type { Tallies } from '../domain/deployment/deployment.facts.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import { pickToStop } from '../domain/placement/scaleDown.ts';
import { crowdOf, type Hosts, moved, PHASES, type Phase, STATE_OF, talliesOf } from './hosts.ts';
import { type Move, telling } from './moves.ts';
import type { ExploreOptions } from './options.ts';
import { afterStarts, afterStops, type Broken } from './rules.ts';
import { type AnyChart, owedOf, type World } from './world.ts';

type Order = { readonly does: 'start' | 'stop'; readonly version: string; readonly phase: Phase };

/** Production's conductor looks: it orders what misses and what is too much, and tells the deployment what it sees. */
export const conductorMoves = (chart: AnyChart, world: World, options: ExploreOptions): readonly Move[] => {
  return [...delivered(chart, world), ...looks(chart, world, options)];
};

const delivered = (chart: AnyChart, world: World): readonly Move[] => {
  const { report } = world;
  return report === undefined
    ? []
    : telling(
        chart,
        world,
        { type: 'ReportSlots', tallies: report },
        {
          kind: 'report',
          from: 'Conductor',
          isFair: true,
          says: () => `The deployment learns: ${tallyText(report)}`,
        },
        { report: undefined },
      );
};

const looks = (chart: AnyChart, world: World, options: ExploreOptions): readonly Move[] => {
  const [want, watch] = ['want', 'watch'].map((type) => owedOf(chart, world, type));
  const late = watch?.params.late as { version: string } | undefined;
  const tallies = talliesOf(world.hosts, late?.version);
  const known = watch?.params.tallies as Tallies | undefined;
  const hadSome = Object.keys(world.deployment.context.from ?? {}).length > 0;
  const mayAct = want !== undefined && (watch === undefined || !isOutdated(known, tallies, hadSome));
  const orders = mayAct
    ? ordersOf(want.params as unknown as Wish, world.hosts, tallies, watch === undefined ? new Set() : unknownOf(known, tallies))
    : [];
  const isNews = watch !== undefined && world.report === undefined && (known === undefined || !sameTallies(known, tallies));
  const report = isNews ? tallies : world.report;
  if (orders.length === 0 && !isNews) return [];
  const looked: Move = {
    kind: 'look',
    from: 'Conductor',
    to: orders.length > 0 ? 'Hosts' : 'Conductor',
    isFair: true,
    starts: orders.filter(({ does }) => does === 'start').length,
    says: () =>
      [
        orders.length > 0 ? `The conductor ${ordersText(orders)}` : 'The conductor looks',
        ...(isNews ? ['and has news for the deployment'] : []),
      ].join(' '),
    next: { ...world, hosts: carriedOut(world.hosts, orders), report },
    ...brokenBy(world, orders, options),
  };
  const dies = cutShort(world, orders, options);
  if (report === undefined || world.report !== undefined) return [looked, ...dies];
  // As a rule the deployment has heard before anything else happens; that it has not is bad luck, and counts as a fault.
  const slow: Move = {
    ...looked,
    kind: 'late report',
    isFair: false,
    says: () => `${looked.says()}, which is slow to arrive`,
    next: { ...looked.next, faults: world.faults + 1 },
  };
  const [heard] = delivered(chart, looked.next);
  const soon: Move =
    heard === undefined ? looked : { ...looked, next: heard.next, to: 'Strategy', says: () => `${looked.says()}. ${heard.says()}` };
  return [soon, ...(world.faults < options.faults ? [slow] : []), ...dies];
};

/** The engine dies when some of its orders are in the log and the others are not; it starts again and has told nobody anything. */
const cutShort = (world: World, orders: readonly Order[], options: ExploreOptions): readonly Move[] => {
  if (world.faults >= options.faults) return [];
  return orders.slice(1).map((_, nth): Move => {
    const first = orders.slice(0, nth + 1);
    return {
      kind: 'restart',
      from: 'Engine',
      to: 'Hosts',
      isFair: false,
      says: () =>
        `The conductor ${ordersText(first)}; then the engine dies before it has done the rest (${ordersText(orders.slice(nth + 1))}), and starts again`,
      next: { ...world, hosts: carriedOut(world.hosts, first), report: undefined, answered: [], faults: world.faults + 1 },
      ...brokenBy(world, first, options),
    };
  });
};

const brokenBy = (world: World, orders: readonly Order[], options: ExploreOptions): { readonly broken?: Broken } => {
  const stops = orders.filter(({ does }) => does === 'stop');
  const starts = orders.filter(({ does }) => does === 'start');
  const broken =
    (starts.length > 0 ? afterStarts(world, carriedOut(world.hosts, starts), options) : undefined) ??
    (stops.length > 0
      ? afterStops(
          world,
          carriedOut(world.hosts, stops),
          stops.map(({ version }) => version),
          options,
        )
      : undefined);
  return broken === undefined ? {} : { broken };
};

const carriedOut = (hosts: Hosts, orders: readonly Order[]): Hosts =>
  orders.reduce(
    (now, { does, version, phase }) =>
      does === 'start'
        ? moved(now, version, undefined, 'coming')
        : moved(now, version, phase, phase === 'unseen' || phase === 'forsaken' ? undefined : 'leaving'),
    hosts,
  );

const ordersOf = (wish: Wish, hosts: Hosts, tallies: Tallies, unknown: ReadonlySet<string>): readonly Order[] => {
  const { starts, stops } = conduct<Counted>(wish, {
    tallies,
    pending: () => 0,
    heldBack: () => 0,
    live: () => counted(hosts).filter(({ phase }) => phase !== 'leaving' && phase !== 'forsaken'),
    forsaken: () => counted(hosts).filter(({ phase }) => phase === 'forsaken'),
    unknown,
    isAwaited: false,
    pick: (from, most, named) => pickToStop(from.map(candidateOf), { constraints: [], killSelection: 'YOUNGEST_FIRST' }, most, named),
  });
  return [
    ...starts.flatMap(([version, count]) => Array.from({ length: count }, (): Order => ({ does: 'start', version, phase: 'coming' }))),
    ...stops.map(({ row: { version, phase } }): Order => ({ does: 'stop', version, phase })),
  ];
};

type Counted = Present & { readonly phase: Phase };

/** Every instance by itself, each in a slot of its own. */
const counted = (hosts: Hosts): readonly Counted[] =>
  Object.keys(hosts)
    .flatMap((version) => {
      const crowd = crowdOf(hosts, version);
      return PHASES.flatMap((phase) => Array.from({ length: crowd[phase] }, (_, nth) => ({ version, phase, nth })));
    })
    .map(({ version, phase, nth }, slot) => ({
      id: `${version} ${phase} ${nth}`,
      version,
      phase,
      slot,
      attempt: 1,
      state: STATE_OF[phase],
    }));

const candidateOf = ({ id, state }: Counted) => ({
  instance: id,
  condition: phaseOf(state) === 'coming' ? 'Starting' : conditionOf(state),
});

const ordersText = (orders: readonly Order[]): string => {
  const groups = Map.groupBy(orders, ({ does, version, phase }) =>
    does === 'start' ? `starts # ${version}` : `stops # ${phase} ${version}`,
  );
  return [...groups].map(([text, all]) => text.replace('#', String(all.length))).join(' and ');
};

export const tallyText = (tallies: Tallies): string => {
  const versions = Object.entries(tallies).map(([version, { live, ready, leaving, failed, unhealthy = 0, late = 0 }]) => {
    const more = [
      [leaving, 'leaving'],
      [failed, 'failed'],
      [unhealthy, 'unhealthy'],
      [late, 'late'],
    ] as const;
    return `${version} ${live} live, ${ready} ready${more.map(([count, word]) => (count > 0 ? `, ${count} ${word}` : '')).join('')}`;
  });
  return versions.join('; ') || 'nothing is there';
};
