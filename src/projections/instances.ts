import type { Tallies, Tally } from '../domain/deployment/deployment.facts.ts';
import type { InstanceFact } from '../domain/instance/instance.facts.ts';
import { type InstancePhase, isLaunchFailure, phaseOf } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { InstanceRow, InstancesView, LaunchFailures } from '../domain/ports/views.ts';
import { evolveRow, type MutableRow } from './instanceRow.ts';
import type { Projection } from './projection.ts';

/** Ended instances that stay readable per app; older ones are in the log. */
export const ENDED_KEPT_PER_APP = 50;

type AppInstances = {
  readonly live: Map<string, MutableRow>;
  readonly ended: MutableRow[];
  readonly tallies: Map<string, Tally>;
  readonly failures: Map<string, LaunchFailures>;
  /** `<version> <slot>` → attempts. */
  readonly attempts: Map<string, number>;
};

export type Instances = {
  readonly rows: Map<string, MutableRow>;
  readonly apps: Map<string, AppInstances>;
  readonly nodes: Map<string, Set<string>>;
};

/** Instances by app and by node, with the tallies that strategies count by. */
export const instances: Projection<Instances> = {
  name: 'instances',
  version: 1,
  initial: () => ({ rows: new Map(), apps: new Map(), nodes: new Map() }),
  evolve: (state, recorded) => {
    if (nounOf(recorded.stream) === 'instance') evolveInstance(state, recorded as Recorded<InstanceFact>);
  },
};

const evolveInstance = (state: Instances, recorded: Recorded<InstanceFact>): void => {
  const { fact, meta, stream } = recorded;
  const id = keyOf(stream);
  const before = state.rows.get(id);
  if (before === undefined && fact.type !== 'InstanceRequested') return;
  const node = before?.node;
  const phase = before === undefined ? undefined : phaseOf(before.state);
  const row = evolveRow(before, id, recorded);
  const app = appOf(state, row.app);
  if (before === undefined) {
    state.rows.set(id, row);
    app.live.set(id, row);
    const slot = `${row.version} ${row.slot}`;
    app.attempts.set(slot, Math.max(app.attempts.get(slot) ?? 0, row.attempt));
  }
  count(app, row.version, phase, phaseOf(row.state));
  if (row.node !== node) moveNode(state, id, node, row.node);
  if (isLaunchFailure(fact, row.state)) fail(app, row.version, meta.at);
  if (fact.type === 'LaunchDelayReset') app.failures.delete(row.version);
  if (phase !== 'ended' && phaseOf(row.state) === 'ended') end(state, app, row);
};

const appOf = ({ apps }: Instances, id: string): AppInstances => {
  let app = apps.get(id);
  if (app === undefined) {
    app = { live: new Map(), ended: [], tallies: new Map(), failures: new Map(), attempts: new Map() };
    apps.set(id, app);
  }
  return app;
};

const COUNTED: Readonly<Record<InstancePhase, readonly (keyof Tally)[]>> = {
  coming: ['live'],
  ready: ['live', 'ready'],
  up: ['live'],
  leaving: ['leaving'],
  unseen: ['live'],
  forsaken: [],
  ended: [],
};

const count = (app: AppInstances, version: string, before: InstancePhase | undefined, after: InstancePhase): void => {
  if (before === after) return;
  const tally = { ...(app.tallies.get(version) ?? { live: 0, ready: 0, leaving: 0, failed: 0 }) };
  for (const key of before === undefined ? [] : COUNTED[before]) tally[key] -= 1;
  for (const key of COUNTED[after]) tally[key] += 1;
  app.tallies.set(version, tally);
};

const fail = (app: AppInstances, version: string, at: number): void => {
  app.failures.set(version, { count: (app.failures.get(version)?.count ?? 0) + 1, lastAt: at });
  const tally = app.tallies.get(version);
  if (tally !== undefined) app.tallies.set(version, { ...tally, failed: tally.failed + 1 });
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
    if (oldest !== undefined) state.rows.delete(oldest.id);
  }
};

const NO_ROWS: readonly InstanceRow[] = [];

export const instancesView = ({ rows, apps, nodes }: Instances): InstancesView => ({
  get: (id) => rows.get(id),
  ofApp: (app) => [...(apps.get(app)?.live.values() ?? [])],
  endedOf: (app) => apps.get(app)?.ended ?? NO_ROWS,
  onNode: (node) => [...(nodes.get(node) ?? [])].flatMap((id) => rows.get(id) ?? []),
  all: () => rows.values(),
  tallies: (app) => talliesOf(apps.get(app)),
  failures: (app, version) => apps.get(app)?.failures.get(version),
  attempts: (app, version, slot) => apps.get(app)?.attempts.get(`${version} ${slot}`) ?? 0,
});

const talliesOf = (app: AppInstances | undefined): Tallies => {
  const tallies: Record<string, Tally> = {};
  for (const [version, tally] of app?.tallies ?? []) if (tally.live + tally.leaving > 0 || tally.failed > 0) tallies[version] = tally;
  return tallies;
};
