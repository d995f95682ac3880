import { z } from 'zod';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { objectBody } from '../body.ts';
import { notFound } from '../problem.ts';
import { flag } from '../queries.ts';
import { type AppRoute, appRoute } from './appRoute.ts';
import { announce, appOf, begin, changeFrom, deploy, rollbackFrom } from './changes.ts';
import { warnOfLoss } from './groupChange.ts';
import { checkKill, onHost, scaleDown, stop } from './kills.ts';
import { instanceIn, taskRows } from './taskJson.ts';
import { writing } from './written.ts';

const force = z.object({ force: flag(false) });
const update = force.extend({ partialUpdate: flag(true), ...writing });
const kill = force.extend({ scale: flag(false), wipe: flag(false), host: z.string().optional() });

export const appWrites: readonly AppRoute[] = [
  appRoute({
    method: 'PUT',
    suffix: '',
    summary: 'Changes an app, or creates it; a body of just `version` goes back to that version.',
    query: update,
    takesBody: true,
    handle: async ({ engine, id, query, request, reply }) => {
      const body = objectBody(request.body);
      const there = engine.views.apps.get(id);
      const { partialUpdate: partial, strict, restart } = query;
      const make = rollbackFrom(id, body, there, restart) ?? changeFrom(engine, id, body, { partial, strict, restart, upsert: true });
      const result = announce(reply, await deploy(engine, request, id, query.force, make));
      if (there === undefined) reply.code(201).header('location', `/v2/apps${id}`);
      return result;
    },
  }),
  appRoute({
    method: 'PATCH',
    suffix: '',
    summary: 'Changes some fields of an app.',
    query: force.extend(writing),
    takesBody: true,
    handle: async ({ engine, id, query: { force, strict, restart }, request, reply }) => {
      const body = objectBody(request.body);
      const rollback = rollbackFrom(id, body, engine.views.apps.get(id), restart);
      const make = rollback ?? changeFrom(engine, id, body, { partial: true, upsert: false, strict, restart });
      return announce(reply, await deploy(engine, request, id, force, make));
    },
  }),
  appRoute({
    method: 'DELETE',
    suffix: '',
    summary: 'Removes an app. `force` is on unless it is turned off, as in Marathon.',
    query: z.object({ force: flag(true) }),
    handle: async ({ engine, id, query, request, reply }) => {
      appOf(engine, id);
      const { force } = query;
      warnOfLoss(engine, request, id);
      return announce(reply, await begin(engine, request, id, (deployment) => ({ type: 'DestroyApp', deployment, force })));
    },
  }),
  appRoute({
    method: 'POST',
    suffix: '/restart',
    summary: 'Replaces every instance with one of the same definition.',
    query: force,
    handle: async ({ engine, id, query, request, reply }) => {
      appOf(engine, id);
      const { force } = query;
      return announce(reply, await begin(engine, request, id, (deployment) => ({ type: 'RestartApp', deployment, force })));
    },
  }),
  appRoute({
    method: 'DELETE',
    suffix: '/tasks',
    summary: 'Stops the tasks of an app, all or those of one host; with `scale` for good.',
    query: kill,
    handle: async ({ engine, id, query, request, reply }) => {
      checkKill(query);
      appOf(engine, id);
      const rows = taskRows(engine, id).filter(onHost(engine, query.host));
      if (query.scale) return scaleDown(engine, request, reply, id, rows, query.force);
      return { tasks: await stop(engine, request, rows, query.wipe) };
    },
  }),
  appRoute({
    method: 'DELETE',
    suffix: '/tasks/{taskId}',
    summary: 'Stops one task; with `scale` for good.',
    query: kill,
    handle: async ({ engine, id, leaf, query, request, reply }) => {
      checkKill(query);
      appOf(engine, id);
      const row = taskOf(engine, id, leaf);
      if (row === undefined || !onHost(engine, query.host)(row)) throw notFound(`Task '${leaf}' does not exist`);
      if (query.scale) return scaleDown(engine, request, reply, id, [row], query.force);
      const [task] = await stop(engine, request, [row], query.wipe);
      return { task };
    },
  }),
];

const taskOf = (engine: Engine, app: string, id: string): InstanceRow | undefined => {
  const instance = instanceIn(id);
  return taskRows(engine, app).find((row) => row.id === instance);
};
