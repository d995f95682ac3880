import { renderApp } from '../../../domain/app/definition/definition.ts';
import { taskIdOf } from '../../../domain/app/definition/taskIds.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow, AppVersionRow, InstanceRow } from '../../../domain/ports/views.ts';
import { LongList } from '../longList.ts';
import { taskHealth } from './health.ts';
import { hostOf, taskRows, tasksJson } from './taskJson.ts';
import { marathonState } from './taskStates.ts';
import { taskStats } from './taskStats.ts';

export type Embed = 'tasks' | 'deployments' | 'readiness' | 'lastTaskFailure' | 'counts' | 'taskStats';
type Json = Readonly<Record<string, unknown>>;

const FAILURES: readonly Embed[] = ['tasks', 'lastTaskFailure', 'deployments'];
const EMBEDS: Readonly<Record<string, readonly Embed[]>> = {
  tasks: ['tasks', 'deployments'],
  failures: FAILURES,
  deployments: ['deployments'],
  readiness: ['readiness'],
  lastTaskFailure: ['lastTaskFailure'],
  counts: ['counts'],
  taskStats: ['taskStats'],
};

/** What `embed` asks for besides `always`, with or without Marathon's prefixes; an unknown value asks for nothing. */
export const embeds = (asked: readonly string[], always: readonly Embed[]): ReadonlySet<Embed> =>
  new Set([...always, ...asked.flatMap((name) => EMBEDS[name.replace(/^(?:group\.apps|apps|app)\./, '')] ?? [])]);

/** A definition of one version, as `versions/{v}` answers it. */
export const versionJson = (
  { definition, version, configVersion }: Pick<AppVersionRow, 'definition' | 'version' | 'configVersion'>,
  lastScalingAt = version,
): Json => ({
  ...renderApp(definition),
  version,
  versionInfo: { lastScalingAt, lastConfigChangeAt: configVersion },
});

/** An app of the list, or alone: definition, versions, and what was asked to be embedded. */
export const appJson = (engine: Engine, row: AppRow, embed: ReadonlySet<Embed>): Json => {
  const { id, definition, target, deployment } = row;
  const rows = (): readonly InstanceRow[] => taskRows(engine, id);
  const last = embed.has('lastTaskFailure') ? lastTaskFailure(engine, row) : undefined;
  const stats = embed.has('taskStats') ? taskStats(engine, row, rows()) : undefined;
  return {
    ...versionJson({ definition, version: target.version, configVersion: target.configVersion }, isoInstant(row.lastScalingAt)),
    ...(embed.has('counts') && appCounts(engine, id)),
    ...(embed.has('deployments') && { deployments: deployment === undefined ? [] : [{ id: knownAs(engine, deployment) }] }),
    ...(embed.has('tasks') && { tasks: new LongList(rows(), (each) => tasksJson(engine, each)) }),
    ...(embed.has('readiness') && { readinessCheckResults: readinessJson(engine, row) }),
    ...(last !== undefined && { lastTaskFailure: last }),
    // Marathon's own key since 1.5, and the one that its documentation and older clients use.
    ...(stats !== undefined && { tasksStats: stats, taskStats: stats }),
  };
};

/** Many apps; with their tasks they are as long as those. */
export const appList = (engine: Engine, rows: readonly AppRow[], embed: ReadonlySet<Embed>): LongList<AppRow> => {
  const tasks = embed.has('tasks') ? rows.reduce((sum, { id }) => sum + liveCount(engine, id), 0) : 0;
  return new LongList(rows, (row) => [appJson(engine, row, embed)], { nested: true, size: rows.length + tasks });
};

const liveCount = ({ views: { instances } }: Engine, id: string): number => {
  let count = 0;
  for (const states of instances.statesOf(id).values()) for (const each of states.values()) count += each;
  return count;
};

/** Clients know what is part of a plan by the plan's id. */
export const knownAs = ({ views }: Engine, deployment: string): string => views.deployments.get(deployment)?.partOf ?? deployment;

/** Counts of an app whose instances nobody probes need no look at each of them. */
const appCounts = (engine: Engine, id: string) => {
  const { apps, instances } = engine.views;
  const counts = { tasksStaged: 0, tasksRunning: 0, tasksHealthy: 0, tasksUnhealthy: 0 };
  for (const [version, states] of instances.statesOf(id)) {
    if ((apps.definition(id, version)?.healthChecks.length ?? 0) > 0) return countsJson(engine, taskRows(engine, id));
    for (const [state, count] of states) {
      const task = state === 'expunged' ? undefined : marathonState(state).task;
      if (task === 'TASK_STAGING') counts.tasksStaged += count;
      if (task === 'TASK_RUNNING') counts.tasksRunning += count;
    }
  }
  return counts;
};

export const countsJson = (engine: Engine, rows: readonly InstanceRow[]) => {
  const health = rows.map((row) => taskHealth(engine, row));
  const of = (...states: readonly string[]): number => rows.filter(({ state }) => states.includes(marathonState(state).task ?? '')).length;
  return {
    tasksStaged: of('TASK_STAGING'),
    tasksRunning: of('TASK_RUNNING'),
    tasksHealthy: health.filter((each) => each === 'healthy').length,
    tasksUnhealthy: health.filter((each) => each === 'unhealthy').length,
  };
};

/** Readiness while it is deployed, of the instances that it is to have then: of no others and at no other time, as Marathon has it. */
export const readinessJson = (engine: Engine, { id, definition, deployment, target }: AppRow): readonly Json[] => {
  if (deployment === undefined || definition.readinessChecks.length === 0) return [];
  const fresh = taskRows(engine, id).filter(({ version }) => version === target.configVersion);
  return fresh.flatMap((row) => engine.readinessOf(row.id).map((result) => ({ ...result, taskId: taskIdOf(id, row.id) })));
};

/** The newest end of an instance that nobody asked for. */
export const lastTaskFailure = (engine: Engine, { id }: Pick<AppRow, 'id'>): Json | undefined => {
  const row = engine.views.instances.endedOf(id).findLast(({ state }) => state === 'failed' || state === 'exited' || state === 'lost');
  if (row === undefined) return undefined;
  return {
    appId: id,
    host: hostOf(engine, row),
    message: messageOf(row),
    state: marathonState(row.state, row.exit).task,
    taskId: taskIdOf(id, row.id),
    timestamp: isoInstant(row.endedAt ?? row.requestedAt),
    version: row.version,
    ...(row.node !== undefined && { slaveId: row.node }),
  };
};

export const messageOf = ({ failure, exit }: InstanceRow): string => {
  if (failure !== undefined) return `${failure.type}: ${failure.message}`;
  if (exit?.oom === true) return 'Killed by the kernel: out of memory';
  if (exit?.signal !== undefined) return `Ended by ${exit.signal}`;
  return exit?.exitCode === undefined ? 'Ended' : `Exited with status ${exit.exitCode}`;
};
