import type { CelInput } from '@bufbuild/cel';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { imageOf } from '../../domain/app/definition/definition.ts';
import type { Tally } from '../../domain/deployment/deployment.facts.ts';
import { phaseOf } from '../../domain/instance/instance.states.ts';
import type { AppRow, DeploymentRow, InstanceRow, NodeRow, PlanRow, Views } from '../../domain/ports/views.ts';
import { BOOL, DOUBLE, type Field, INT, listOf, mapOf, type RowType, STRING, type TableType, TIMESTAMP, type Type } from './types.ts';

type Fields<Row> = Readonly<Record<string, Omit<Field, 'read'> & { readonly read: (row: Row, views: Views) => CelInput | undefined }>>;

const rowType = <Row>(name: string, nouns: readonly string[], fields: Fields<Row>): RowType => ({ name, nouns, fields });

const int = (count: number): bigint => BigInt(Math.trunc(count));
const when = (at: number | undefined): CelInput | undefined => (at === undefined ? undefined : (timestampFromMs(at) as CelInput));

const tallied =
  (key: 'live' | 'ready' | 'leaving' | 'failed' | 'unhealthy') =>
  ({ id }: AppRow, { instances }: Views): bigint =>
    int(Object.values(instances.tallies(id)).reduce((sum, tally: Tally) => sum + (tally[key] ?? 0), 0));

const BY_INSTANCES = ['instance'];

const app = rowType<AppRow>('an app', ['app'], {
  id: { type: STRING, about: 'its path', read: ({ id }) => id },
  instances: { type: INT, about: 'how many are wanted', read: ({ target }) => int(target.instances) },
  ready: { type: INT, about: 'instances that serve', nouns: BY_INSTANCES, read: tallied('ready') },
  live: { type: INT, about: 'instances that are there or come', nouns: BY_INSTANCES, read: tallied('live') },
  leaving: { type: INT, about: 'instances that are being stopped', nouns: BY_INSTANCES, read: tallied('leaving') },
  unhealthy: { type: INT, about: 'instances that fail their checks', nouns: BY_INSTANCES, read: tallied('unhealthy') },
  failures: { type: INT, about: 'launches of present versions that failed', nouns: BY_INSTANCES, read: tallied('failed') },
  waiting: {
    type: INT,
    about: 'instances that no node takes now',
    nouns: BY_INSTANCES,
    read: ({ id }, { instances }) => int(instances.ofApp(id).filter(({ deferred }) => deferred !== undefined).length),
  },
  version: { type: STRING, about: 'the version that it is to run', read: ({ target }) => target.version },
  versions: { type: INT, about: 'how many versions it has had', read: ({ versions }) => int(versions.length) },
  image: { type: STRING, about: 'where it comes as one', read: ({ definition }) => imageOf(definition) },
  cpus: { type: DOUBLE, about: 'of one instance', read: ({ definition }) => definition.cpus },
  mem: { type: DOUBLE, about: 'of one instance, MiB', read: ({ definition }) => definition.mem },
  labels: { type: mapOf(STRING), about: 'by name', read: ({ definition }) => new Map(Object.entries(definition.labels)) },
  deploying: { type: BOOL, about: 'whether a deployment holds its lock', read: ({ deployment }) => deployment !== undefined },
  deployment: { type: STRING, about: 'the one that holds its lock', read: ({ deployment }) => deployment },
  changedAt: { type: TIMESTAMP, about: 'last change that replaces instances', read: ({ lastConfigChangeAt }) => when(lastConfigChangeAt) },
  scaledAt: { type: TIMESTAMP, about: 'last change of how many are wanted', read: ({ lastScalingAt }) => when(lastScalingAt) },
});

const instance = rowType<InstanceRow>('an instance', BY_INSTANCES, {
  id: { type: STRING, about: '', read: ({ id }) => id },
  app: { type: STRING, about: 'path of its app', read: ({ app }) => app },
  version: { type: STRING, about: 'configuration version', read: ({ version }) => version },
  slot: { type: INT, about: 'from 0', read: ({ slot }) => int(slot) },
  attempt: { type: INT, about: 'in that slot, from 1', read: ({ attempt }) => int(attempt) },
  state: { type: STRING, about: 'the chart’s', read: ({ state }) => state },
  ready: { type: BOOL, about: 'it serves', read: ({ state }) => phaseOf(state) === 'ready' },
  ended: { type: BOOL, about: '', read: ({ state }) => phaseOf(state) === 'ended' },
  waiting: { type: BOOL, about: 'no node takes it now', read: ({ deferred }) => deferred !== undefined },
  node: { type: STRING, about: 'where it was placed', read: ({ node }) => node },
  since: { type: TIMESTAMP, about: 'when it came to its state', read: ({ since }) => when(since) },
  requestedAt: { type: TIMESTAMP, about: '', read: ({ requestedAt }) => when(requestedAt) },
  startedAt: { type: TIMESTAMP, about: '', read: ({ startedAt }) => when(startedAt) },
  readyAt: { type: TIMESTAMP, about: 'first time', read: ({ readyAt }) => when(readyAt) },
  endedAt: { type: TIMESTAMP, about: '', read: ({ endedAt }) => when(endedAt) },
  exitCode: { type: INT, about: '', read: ({ exit }) => (exit?.exitCode === undefined ? undefined : int(exit.exitCode)) },
  outOfMemory: { type: BOOL, about: 'that ended it', read: ({ exit }) => exit?.oom === true },
  failure: { type: STRING, about: 'why it never started or was lost', read: ({ failure }) => failure?.message },
  stopReason: { type: STRING, about: 'why it was asked to stop', read: ({ stopReason }) => stopReason },
});

const node = rowType<NodeRow>('a node', ['node'], {
  id: { type: STRING, about: '', read: ({ id }) => id },
  state: { type: STRING, about: 'the chart’s', read: ({ state }) => state },
  reason: { type: STRING, about: 'why it is out of sight or cordoned', read: ({ reason }) => reason },
  since: { type: TIMESTAMP, about: 'when it came to its state', read: ({ since }) => when(since) },
  instances: {
    type: INT,
    about: 'that are there or come',
    nouns: BY_INSTANCES,
    read: ({ id }, { instances }) => int(instances.onNode(id).length),
  },
  cpus: { type: DOUBLE, about: 'that it offers', read: ({ offer }) => offer.cpus },
  mem: { type: DOUBLE, about: 'that it offers, MiB', read: ({ offer }) => offer.mem },
  disk: { type: DOUBLE, about: 'that it offers, MiB', read: ({ offer }) => offer.disk },
  region: { type: STRING, about: '', read: ({ region }) => region },
  zone: { type: STRING, about: '', read: ({ zone }) => zone },
  roles: { type: listOf(STRING), about: 'whose apps it takes', read: ({ roles }) => [...roles] },
  attributes: { type: mapOf(STRING), about: 'by name', read: ({ attributes }) => new Map(Object.entries(attributes)) },
});

const deployment = rowType<DeploymentRow>('a deployment', ['deployment', 'app', 'group'], {
  id: { type: STRING, about: '', read: ({ id }) => id },
  app: { type: STRING, about: 'path of its app', read: ({ app }) => app },
  strategy: { type: STRING, about: '', read: ({ strategy }) => strategy },
  state: { type: STRING, about: 'the chart’s', read: ({ state }) => state },
  running: { type: BOOL, about: 'it has not ended', read: ({ endedAt }) => endedAt === undefined },
  paused: { type: BOOL, about: '', read: ({ paused }) => paused !== undefined },
  outcome: { type: STRING, about: 'succeeded, cancelled or failed', read: ({ outcome }) => outcome },
  reason: { type: STRING, about: 'why it goes back or did not succeed', read: ({ reason }) => reason },
  version: { type: STRING, about: 'that it moves to', read: ({ to }) => to?.version },
  startedAt: { type: TIMESTAMP, about: '', read: ({ startedAt }) => when(startedAt) },
  endedAt: { type: TIMESTAMP, about: '', read: ({ endedAt }) => when(endedAt) },
});

const plan = rowType<PlanRow>('a plan', ['plan', 'group'], {
  id: { type: STRING, about: '', read: ({ id }) => id },
  group: { type: STRING, about: 'path of the group that it moves', read: ({ group }) => group },
  state: { type: STRING, about: 'the chart’s', read: ({ state }) => state },
  running: { type: BOOL, about: 'it has not ended', read: ({ endedAt }) => endedAt === undefined },
  step: { type: INT, about: 'that is under way, from 0', read: ({ step }) => int(step) },
  steps: { type: INT, about: 'how many', read: ({ steps }) => int(steps.length) },
  outcome: { type: STRING, about: 'succeeded, cancelled or failed', read: ({ outcome }) => outcome },
  startedAt: { type: TIMESTAMP, about: '', read: ({ startedAt }) => when(startedAt) },
});

/** Those that run, and each app's last one. */
const deploymentsOf = ({ deployments, apps }: Views): readonly DeploymentRow[] => {
  const found = new Map(deployments.running().map((row) => [row.id, row]));
  for (const { lastDeployment = '' } of apps.all()) {
    const row = deployments.get(lastDeployment);
    if (row !== undefined) found.set(row.id, row);
  }
  return [...found.values()];
};

const table = <Row>(described: TableType<Row>): TableType<unknown> => described as TableType<unknown>;

/** The document that an expression is about, as of one position: tables of rows by id. */
export const TABLES: Readonly<Record<string, TableType<unknown>>> = {
  apps: table<AppRow>({ row: app, get: ({ apps }, id) => apps.get(id), all: ({ apps }) => apps.all() }),
  instances: table<InstanceRow>({
    row: instance,
    get: ({ instances }, id) => instances.get(id),
    all: ({ instances }) => Iterator.from(instances.all()).filter(({ state }) => phaseOf(state) !== 'ended'),
  }),
  ended: table<InstanceRow>({
    row: instance,
    get: ({ instances }, id) => instances.get(id),
    all: ({ instances }) => Iterator.from(instances.all()).filter(({ state }) => phaseOf(state) === 'ended'),
  }),
  nodes: table<NodeRow>({ row: node, get: ({ nodes }, id) => nodes.get(id), all: ({ nodes }) => nodes.all() }),
  deployments: table<DeploymentRow>({ row: deployment, get: ({ deployments }, id) => deployments.get(id), all: deploymentsOf }),
  plans: table<PlanRow>({ row: plan, get: ({ plans }, id) => plans.get(id), all: ({ plans }) => plans.running() }),
};

/** Besides the tables. Every fact changes them. */
export const MOMENT: Readonly<Record<string, Type>> = { now: TIMESTAMP, position: INT };
