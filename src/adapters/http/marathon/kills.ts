import type { FastifyReply, FastifyRequest } from 'fastify';
import { drainOf, graceOf } from '../../../domain/app/definition/leaving.ts';
import type { InstanceCommand } from '../../../domain/instance/instance.commands.ts';
import { INSTANCE } from '../../../domain/instance/instance.facts.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { ask } from '../ask.ts';
import { appNotFound, Problem } from '../problem.ts';
import { announce, type DeploymentResult, deploy } from './changes.ts';
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

/** Stops tasks for good: a deployment of as many fewer instances, which retires these first. */
export const scaleDown = async (
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  app: string,
  rows: readonly InstanceRow[],
  force: boolean,
): Promise<DeploymentResult> => {
  const result = await deploy(engine, request, app, force, (current) => {
    if (current === undefined) throw appNotFound(app);
    return {
      definition: { ...current.definition, instances: Math.max(0, current.definition.instances - rows.filter(isCounted).length) },
      reason: 'scale',
      mode: 'change',
      basedOn: current.target.version,
      retire: rows.map(({ id }) => id),
    };
  });
  return announce(reply, result);
};
