import { z } from 'zod';
import { isHookApp } from '../../../domain/deployment/hookApp.ts';
import { LongList } from '../longList.ts';
import { Problem } from '../problem.ts';
import { flag, minPosition, repeated } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { sortedRows } from './apps.read.ts';
import { checkKill, scaleDownAll, stop } from './kills.ts';
import { instanceIn, type TaskJson, taskRows, tasksJson } from './taskJson.ts';
import { refuseText } from './textTasks.ts';

/** Another word is no error, as in Marathon: no task has it. */
const STATUS: Readonly<Record<string, readonly string[]>> = { running: ['TASK_RUNNING'], staging: ['TASK_STAGING', 'TASK_STARTING'] };

/** Tasks of all apps and pods, and killing some of them by their ids. */
export const serveTasks = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v2/tasks',
    schema: {
      summary: 'All tasks, those of pods among them, or those of a status.',
      tags: ['tasks'],
      querystring: z.object({ status: repeated, 'status[]': repeated, minPosition }),
    },
    handler: async (request) => {
      refuseText(request);
      const { query } = request;
      const asked = [...query.status, ...query['status[]']];
      const states = asked.flatMap((status) => STATUS[status] ?? []);
      const rows = sortedRows(engine).flatMap(({ id }) => taskRows(engine, id));
      const isAsked = ({ state }: TaskJson): boolean => asked.length === 0 || states.includes(state);
      return { tasks: new LongList(rows, (row) => tasksJson(engine, row).filter(isAsked)) };
    },
  });

  server.route({
    method: 'POST',
    url: '/v2/tasks/delete',
    schema: {
      summary: 'Stops tasks by id; with `scale` for good.',
      tags: ['tasks'],
      querystring: z.object({ scale: flag(false), force: flag(false), wipe: flag(false) }),
      body: z.object({ ids: z.array(z.string()) }),
    },
    handler: async (request, reply) => {
      const { query } = request;
      checkKill(query);
      // Two tasks of one pod are one instance.
      const rows = [...new Set(request.body.ids.map(uuidOf))].flatMap((uuid) => engine.views.instances.get(uuid) ?? []);
      const alive = rows.filter((row) => !isHookApp(row.app) && taskRows(engine, row.app).some(({ id }) => id === row.id));
      if (!query.scale) return { tasks: await stop(engine, request, alive, query.wipe) };
      return alive.length === 0 ? { tasks: [] } : scaleDownAll(engine, request, reply, alive, query.force);
    },
  });
};

const uuidOf = (id: string): string => {
  const uuid = instanceIn(id);
  if (uuid === undefined) throw new Problem(400, { message: `Invalid task id '${id}'` });
  return uuid;
};
