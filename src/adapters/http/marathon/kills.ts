import type { FastifyReply, FastifyRequest } from 'fastify';
import { drainOf, graceOf } from '../../../domain/app/definition/leaving.ts';
import type { Tree } from '../../../domain/group/update.ts';
import type { InstanceCommand } from '../../../domain/instance/instance.commands.ts';
import { INSTANCE } from '../../../domain/instance/instance.facts.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow, InstanceRow, PlanRow } from '../../../domain/ports/views.ts';
import { ask } from '../ask.ts';
import { appNotFound, Problem } from '../problem.ts';
import { announce, type DeploymentResult, deploy } from './changes.ts';
import { changeTree } from './groupChange.ts';
import { hostOf, type TaskJson, tasksJson } from './taskJson.ts';
import { marathonState } from './taskStates.ts';

export type KillOptions = { readonly scale: boolean; readonly force: boolean; readonly wipe: boolean };

export const checkKill = ({ scale, wipe }: KillOptions): void => {
  if (scale && wipe) throw new Problem(400, { message: 'You cannot use scale and wipe at the same time.' });
};

export const onHost =
  (engine: Engine, host: string | undefined) =>
  (row: InstanceRow): boolean =>
    host === undefined || host === '*' || hostOf(engine, row) === host || row.node === host;

/** Stops tasks that are then replaced. Answers them as they were when they were asked to stop. */
export const stop = async (
  engine: Engine,
  request: FastifyRequest,
  rows: readonly InstanceRow[],
  wipe: boolean,
): Promise<readonly TaskJson[]> => {
  const tasks: TaskJson[] = [];
  for (const row of rows) {
    tasks.push(...tasksJson(engine, row));
    const definition = engine.views.apps.definition(row.app, row.version);
    const command: InstanceCommand = {
      type: 'StopInstance',
      reason: wipe ? 'killed by request, with its data' : 'killed by request',
      signal: 'SIGTERM',
      // Killed, too, it leaves discovery first: nobody who follows the endpoints meets a closed door.
      drainMs: wipe ? 0 : drainOf(definition),
      graceMs: wipe ? 0 : graceOf(definition),
    };
    await ask(engine, request, streamOf(INSTANCE, row.id), command);
  }
  return tasks;
};

/** Whether it still stands for one of the app's instances: neither on its way out already nor replaced. */
const isCounted = ({ state }: InstanceRow): boolean => COUNTED.has(marathonState(state).condition);
const COUNTED: ReadonlySet<string> = new Set(['Staging', 'Running', 'Unreachable']);

/**
 * Stops tasks of an app for good: a deployment of as many fewer instances, which retires these first. Asked for again while that
 * deployment runs, it is the same one: no task is taken off twice.
 */
export const scaleDown = (
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  app: string,
  rows: readonly InstanceRow[],
  force: boolean,
): Promise<DeploymentResult> =>
  once(engine, reply, new Map([[app, rows]]), () =>
    deploy(engine, request, app, force, (current) => {
      if (current === undefined) throw appNotFound(app);
      const { instances, retire } = withoutTasks(engine, current, rows);
      const definition = { ...current.definition, instances };
      return { definition, reason: 'scale', mode: 'change', basedOn: current.target.version, retire };
    }),
  );

/** As `scaleDown`, of tasks of any apps and pods: one deployment of all of them. */
export const scaleDownAll = (
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  rows: readonly InstanceRow[],
  force: boolean,
): Promise<DeploymentResult> => {
  const byApp = Map.groupBy(rows, ({ app }) => app);
  const [[app, some] = ['', []], ...others] = byApp;
  if (others.length === 0) return scaleDown(engine, request, reply, app, some, force);
  const retire = new Map<string, readonly string[]>();
  const make = ({ groups, members }: Tree): Tree => {
    const changed = new Map(members);
    for (const [id, those] of byApp) {
      const current = engine.views.apps.get(id);
      if (current === undefined) throw appNotFound(id);
      const fewer = withoutTasks(engine, current, those);
      changed.set(id, { ...current.definition, instances: fewer.instances });
      retire.set(id, fewer.retire);
    }
    return { groups, members: changed };
  };
  return once(engine, reply, byApp, () => changeTree(engine, request, { group: '/', force, make, retire }));
};

/** How many instances an app has without some tasks, and whom it lets go for it: those that its deployment takes off already are off. */
const withoutTasks = ({ views }: Engine, { definition, deployment = '' }: AppRow, rows: readonly InstanceRow[]) => {
  const off = views.deployments.get(deployment)?.retire ?? [];
  const fresh = rows.filter((row) => isCounted(row) && !off.includes(row.id));
  const named = new Set([...off, ...rows.map(({ id }) => id)]);
  return { instances: Math.max(0, definition.instances - fresh.length), retire: [...named] };
};

type TasksByApp = ReadonlyMap<string, readonly InstanceRow[]>;

/** Whoever asks for these very tasks at the same time, or once more, is answered with what takes them off. */
const once = async (
  engine: Engine,
  reply: FastifyReply,
  byApp: TasksByApp,
  begin: () => Promise<DeploymentResult>,
): Promise<DeploymentResult> => {
  try {
    return announce(reply, underWay(engine, byApp) ?? (await begin()));
  } catch (error) {
    const others = underWay(engine, byApp);
    if (others === undefined) throw error;
    return announce(reply, others);
  }
};

const underWay = ({ views }: Engine, byApp: TasksByApp): DeploymentResult | undefined => {
  const results = [...byApp].map(([app, rows]): DeploymentResult | undefined => {
    const takesOff = (retire: readonly string[] = []): boolean => rows.length > 0 && rows.every(({ id }) => retire.includes(id));
    const isPartOf = ({ changes, supersededBy }: PlanRow): boolean =>
      supersededBy === undefined && changes.some(({ id, retire }) => id === app && takesOff(retire));
    const plan = views.plans.running().find(isPartOf);
    if (plan !== undefined) return { version: plan.version, deploymentId: plan.id };
    const { deployment = '', target } = views.apps.get(app) ?? {};
    const isOwn = takesOff(views.deployments.get(deployment)?.retire);
    return isOwn && target !== undefined ? { version: target.version, deploymentId: deployment } : undefined;
  });
  const [first] = results;
  return results.every((result) => result?.deploymentId === first?.deploymentId) ? first : undefined;
};
