import { APP, type AppFact } from '../domain/app/app.facts.ts';
import type { Tallies, Tally } from '../domain/deployment/deployment.facts.ts';
import { appOfHook, isHookApp, namesOf } from '../domain/deployment/hookApp.ts';
import type { InstanceFact } from '../domain/instance/instance.facts.ts';
import { holdsResources, type InstancePhase, isLaunchFailure, phaseOf } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Holding, InstanceRow, InstancesView, LaunchFailures, SlotsHeld } from '../domain/ports/views.ts';
import { RETENTION, type RetentionFact } from '../domain/retention/retention.facts.ts';
import { GONE_ENDED_KEPT } from './gone.ts';
import { evolveRow, type MutableRow } from './instanceRow.ts';
import { beginLife, endLife, isOver, knows, type Lives, noLives } from './lives.ts';
import type { Projection } from './projection.ts';
import { SlotCounts } from './slotCounts.ts';

/** Ended instances that stay readable per app; older ones are in the log. */
export const ENDED_KEPT_PER_APP = 50;

export type AppInstances = {
  readonly live: Map<string, MutableRow>;
  readonly ended: MutableRow[];
  readonly tallies: Map<string, Tally>;
  /** By version. */
  readonly slots: Map<string, SlotCounts>;
  forsaken: number;
  readonly failures: Map<string, LaunchFailures>;
  /** By version, and by slot as the place in the array. */
  readonly attempts: Map<string, number[]>;
  /** version → state → instances that stand there and have not ended. */
  readonly states: Map<string, Map<string, number>>;
  /** version → node → what instances hold there. */
  readonly holdings: Map<string, Map<string, NodeHolding>>;
};

export type NodeHolding = { instances: number; ports: readonly number[] };

export type Instances = {
  readonly rows: Map<string, MutableRow>;
  readonly apps: Map<string, AppInstances>;
  readonly nodes: Map<string, Set<string>>;
  /** What bounds what is held of apps that are gone; absent where the past is looked at, of which nothing is forgotten. */
  readonly bounds?: {
    readonly lives: Lives;
    /** Ended instances of apps that are gone, oldest first. */
    readonly ended: Set<string>;
  };
};

/** Instances by app and by node, with the tallies that strategies count by. */
export const instances: Projection<Instances> = {
  name: 'instances',
  version: 7,
  initial: () => ({ rows: new Map(), apps: new Map(), nodes: new Map(), bounds: { lives: noLives(), ended: new Set() } }),
  evolve: (state, recorded) => {
    const noun = nounOf(recorded.stream);
    if (noun === 'instance') evolveInstance(state, recorded as Recorded<InstanceFact>);
    else if (noun === APP) evolveApp(state, recorded as Recorded<AppFact>);
    else if (noun === RETENTION) rememberAttempts(state, (recorded as Recorded<RetentionFact>).fact);
  },
};

const evolveApp = (state: Instances, { fact, stream }: Recorded<AppFact>): void => {
  const { bounds } = state;
  if (bounds === undefined) return;
  if (fact.type === 'AppVersionAdded') beginLife(bounds.lives, fact.app, fact.configVersion);
  if (fact.type !== 'AppDestroyed') return;
  const app = keyOf(stream);
  const forgotten = endLife(bounds.lives, app);
  for (const id of namesOf(app)) for (const row of state.apps.get(id)?.ended ?? []) bounds.ended.add(row.id);
  forgetEnded(state, bounds.ended);
  if (forgotten === undefined) return;
  for (const id of namesOf(forgotten.app)) forget(state, id, forgotten.versions);
};

/** What was counted of versions that nobody asks for any more; of one whose instances have not all ended it stays. */
const forget = (state: Instances, id: string, versions: readonly string[]): void => {
  const app = state.apps.get(id);
  if (app === undefined) return;
  for (const version of versions) {
    if (app.states.has(version)) continue;
    for (const counts of [app.tallies, app.failures, app.attempts]) counts.delete(version);
  }
  forgetApp(state, id, app);
};

const forgetApp = ({ rows, apps, bounds }: Instances, id: string, app: AppInstances): void => {
  if (bounds === undefined || app.live.size > 0 || bounds.lives.byApp.has(baseOf(id))) return;
  apps.delete(id);
  for (const row of app.ended) {
    rows.delete(row.id);
    bounds.ended.delete(row.id);
  }
};

const baseOf = (id: string): string => (isHookApp(id) ? appOfHook(id) : id);

const forgetEnded = (state: Instances, ended: Set<string>): void => {
  for (const id of ended) {
    if (ended.size <= GONE_ENDED_KEPT) return;
    ended.delete(id);
    const row = state.rows.get(id);
    state.rows.delete(id);
    const app = row && state.apps.get(row.app);
    if (row === undefined || app === undefined) continue;
    app.ended.splice(app.ended.indexOf(row), 1);
    // One that had outlived what is known of its app was the last.
    if (app.ended.length === 0) forgetApp(state, row.app, app);
  }
};

const evolveInstance = (state: Instances, recorded: Recorded<InstanceFact>): void => {
  const { fact, meta, stream } = recorded;
  const id = keyOf(stream);
  const before = state.rows.get(id);
  if (before === undefined && fact.type !== 'InstanceRequested') return;
  const node = before?.node;
  // The row is changed where it stands.
  const was = before?.state;
  const phase = was === undefined ? undefined : phaseOf(was);
  const held = was !== undefined && node !== undefined && holdsResources(was) ? before : undefined;
  const ports = held?.hostPorts ?? [];
  const row = evolveRow(before, id, recorded);
  const app = appOf(state, row.app);
  if (before === undefined) {
    state.rows.set(id, row);
    app.live.set(id, row);
    attempted(app, row.version, row.slot, row.attempt);
  }
  count(app, row, phase, phaseOf(row.state));
  if (was !== row.state) stand(app, row, phase === 'ended' ? undefined : was);
  if (was !== row.state && (was === UNHEALTHY || row.state === UNHEALTHY)) fallIll(app, row.version, row.state === UNHEALTHY ? 1 : -1);
  if (row.node !== node) moveNode(state, id, node, row.node);
  const holds = row.node !== undefined && holdsResources(row.state);
  if (held !== undefined && !(holds && row.node === node)) letGo(app, row.version, node ?? '', ports);
  if (holds && (held === undefined || row.node !== node)) hold(app, row.version, row.node ?? '', row.hostPorts);
  if (isLaunchFailure(fact, row.state)) fail(app, row, meta.at);
  if (fact.type === 'LaunchDelayReset') app.failures.delete(row.version);
  if (phase !== 'ended' && phaseOf(row.state) === 'ended') end(state, app, row);
};

/** Numbers that were given to instances of the archive are not given again: an id is made of them. */
const rememberAttempts = (state: Instances, fact: RetentionFact): void => {
  if (fact.type !== 'StreamsArchived') return;
  for (const [id, versions] of Object.entries(fact.attempts))
    for (const [version, slots] of Object.entries(versions)) {
      // None comes again whose configuration is forgotten.
      if (state.bounds !== undefined && !knows(state.bounds.lives, baseOf(id), version)) continue;
      for (const [slot, attempt] of Object.entries(slots)) attempted(appOf(state, id), version, Number(slot), attempt);
    }
};

const attempted = ({ attempts }: AppInstances, version: string, slot: number, attempt: number): void => {
  let made = attempts.get(version);
  if (made === undefined) {
    made = [];
    attempts.set(version, made);
  }
  while (made.length <= slot) made.push(0);
  if (attempt > (made[slot] ?? 0)) made[slot] = attempt;
};

const appOf = ({ apps }: Instances, id: string): AppInstances => {
  let app = apps.get(id);
  if (app === undefined) {
    app = {
      live: new Map(),
      ended: [],
      tallies: new Map(),
      slots: new Map(),
      forsaken: 0,
      failures: new Map(),
      attempts: new Map(),
      states: new Map(),
      holdings: new Map(),
    };
    apps.set(id, app);
  }
  return app;
};

/** Up, and failing its checks. */
const UNHEALTHY = 'running.checked.unhealthy';

/** None is not counted as 0, so that a tally of an app without checks stays as short as it is. */
const fallIll = (app: AppInstances, version: string, change: number): void => {
  const { unhealthy = 0, ...tally } = app.tallies.get(version) ?? { live: 0, ready: 0, leaving: 0, failed: 0 };
  const now = unhealthy + change;
  app.tallies.set(version, now > 0 ? { ...tally, unhealthy: now } : tally);
};

type Counted = 'live' | 'ready' | 'leaving';
const NOT_COUNTED: readonly Counted[] = [];
const COUNTED: Readonly<Record<InstancePhase, readonly Counted[]>> = {
  coming: ['live'],
  ready: ['live', 'ready'],
  up: ['live'],
  leaving: ['leaving'],
  unseen: ['live'],
  forsaken: [],
  ended: [],
};

const count = (app: AppInstances, { version, slot }: MutableRow, before: InstancePhase | undefined, after: InstancePhase): void => {
  if (before === after) return;
  app.forsaken += Number(after === 'forsaken') - Number(before === 'forsaken');
  const [was, is] = [before === undefined ? NOT_COUNTED : COUNTED[before], COUNTED[after]];
  const live = Number(is.includes('live')) - Number(was.includes('live'));
  if (live !== 0) holdSlot(app, version, slot, live);
  if (was === is) return;
  const tally = { ...(app.tallies.get(version) ?? { live: 0, ready: 0, leaving: 0, failed: 0 }) };
  for (const key of was) tally[key] -= 1;
  for (const key of is) tally[key] += 1;
  app.tallies.set(version, tally);
};

/** @param was the state in which it was counted; undefined where it was not */
const stand = ({ states }: AppInstances, { version, state }: MutableRow, was: string | undefined): void => {
  const there = innerOf(states, version);
  if (was !== undefined) {
    const left = (there.get(was) ?? 0) - 1;
    if (left > 0) there.set(was, left);
    else there.delete(was);
  }
  if (phaseOf(state) !== 'ended') there.set(state, (there.get(state) ?? 0) + 1);
  if (there.size === 0) states.delete(version);
};

const innerOf = <V>(maps: Map<string, Map<string, V>>, key: string): Map<string, V> => {
  let inner = maps.get(key);
  if (inner === undefined) {
    inner = new Map();
    maps.set(key, inner);
  }
  return inner;
};

const holdSlot = ({ slots }: AppInstances, version: string, slot: number, change: number): void => {
  let held = slots.get(version);
  if (held === undefined) {
    held = new SlotCounts();
    slots.set(version, held);
  }
  held.change(slot, change);
  if (held.size === 0) slots.delete(version);
};

const fail = (app: AppInstances, row: MutableRow, at: number): void => {
  const { version } = row;
  const before = app.failures.get(version);
  const isNews = before === undefined || isSince(row, before.roundAt);
  app.failures.set(version, isNews ? { count: (before?.count ?? 0) + 1, lastAt: at, roundAt: at } : { ...before, lastAt: at });
  const tally = app.tallies.get(version);
  if (tally !== undefined) app.tallies.set(version, { ...tally, failed: tally.failed + 1 });
};

/** Whether it was launched after a moment; what takes its place is asked for at the moment itself, and placed later. */
const isSince = ({ requestedAt, placedAt = requestedAt }: MutableRow, moment: number): boolean =>
  requestedAt > moment || (requestedAt === moment && placedAt > moment);

const hold = ({ holdings }: AppInstances, version: string, node: string, ports: readonly number[]): void => {
  const nodes = innerOf(holdings, version);
  const there = nodes.get(node);
  if (there === undefined) {
    nodes.set(node, { instances: 1, ports });
    return;
  }
  there.instances += 1;
  if (ports.length > 0) there.ports = [...there.ports, ...ports];
};

const letGo = ({ holdings }: AppInstances, version: string, node: string, ports: readonly number[]): void => {
  const nodes = holdings.get(version);
  const there = nodes?.get(node);
  if (nodes === undefined || there === undefined) return;
  there.instances -= 1;
  if (there.instances > 0) {
    if (ports.length > 0) there.ports = there.ports.filter((port) => !ports.includes(port));
    return;
  }
  nodes.delete(node);
  if (nodes.size === 0) holdings.delete(version);
};

const moveNode = ({ nodes }: Instances, id: string, from: string | undefined, to: string | undefined): void => {
  if (from !== undefined) nodes.get(from)?.delete(id);
  if (to === undefined) return;
  const there = nodes.get(to);
  if (there === undefined) nodes.set(to, new Set([id]));
  else there.add(id);
};

/** An ended one leaves its node; a version without instances leaves the tallies, a slot keeps its count of attempts. */
const end = (state: Instances, app: AppInstances, row: MutableRow): void => {
  moveNode(state, row.id, row.node, undefined);
  app.live.delete(row.id);
  app.ended.push(row);
  if (app.ended.length > ENDED_KEPT_PER_APP) {
    const oldest = app.ended.shift();
    if (oldest !== undefined) {
      state.rows.delete(oldest.id);
      state.bounds?.ended.delete(oldest.id);
    }
  }
  if (state.bounds === undefined) return;
  if (!isOver(state.bounds.lives, baseOf(row.app))) return;
  state.bounds.ended.add(row.id);
  forgetEnded(state, state.bounds.ended);
};

const NO_ROWS: readonly InstanceRow[] = [];
const NO_STATES: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map();
const NO_SLOTS: SlotsHeld = new SlotCounts();

export const instancesView = ({ rows, apps, nodes }: Instances): InstancesView => ({
  get: (id) => rows.get(id),
  ofApp: (app) => [...(apps.get(app)?.live.values() ?? [])],
  endedOf: (app) => apps.get(app)?.ended ?? NO_ROWS,
  onNode: (node) => [...(nodes.get(node) ?? [])].flatMap((id) => rows.get(id) ?? []),
  all: () => rows.values(),
  live: () => rows.values().filter(({ endedAt }) => endedAt === undefined),
  tallies: (app) => talliesOf(apps.get(app)),
  slotsOf: (app, version) => apps.get(app)?.slots.get(version) ?? NO_SLOTS,
  holdings: () => holdingsIn(apps),
  statesOf: (app) => apps.get(app)?.states ?? NO_STATES,
  forsaken: (app) => apps.get(app)?.forsaken ?? 0,
  failures: (app, version) => apps.get(app)?.failures.get(version),
  attempts: (app, version, slot) => apps.get(app)?.attempts.get(version)?.[slot] ?? 0,
});

const holdingsIn = (apps: Instances['apps']): ReadonlyMap<string, readonly Holding[]> => {
  const byNode = new Map<string, Holding[]>();
  for (const [app, { holdings }] of apps)
    for (const [version, nodes] of holdings)
      for (const [node, { instances, ports }] of nodes) {
        const there = byNode.get(node);
        const holding = { app, version, instances, ports };
        if (there === undefined) byNode.set(node, [holding]);
        else there.push(holding);
      }
  return byNode;
};

const talliesOf = (app: AppInstances | undefined): Tallies => {
  const tallies: Record<string, Tally> = {};
  for (const [version, tally] of app?.tallies ?? []) if (tally.live + tally.leaving > 0 || tally.failed > 0) tallies[version] = tally;
  return tallies;
};
