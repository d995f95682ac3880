import type { FastifyRequest } from 'fastify';
import { either as E } from 'fp-ts';
import { z } from 'zod';
import type { AppCommand } from '../../../domain/app/app.commands.ts';
import { APP } from '../../../domain/app/app.facts.ts';
import { parseInstanceId } from '../../../domain/app/definition/taskIds.ts';
import { parsePod } from '../../../domain/app/pod/parse.ts';
import type { PodApp } from '../../../domain/app/pod/pod.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow, InstanceRow } from '../../../domain/ports/views.ts';
import { ask } from '../ask.ts';
import { arrayBody, objectBody } from '../body.ts';
import { invalid, notFound, Problem, wrong } from '../problem.ts';
import { flag } from '../queries.ts';
import { announce, type Change, DEPLOYMENT_HEADER, deploy, isScale, resultOf } from './changes.ts';
import { stop } from './kills.ts';
import { instanceJson, podJson, podOf } from './podJson.ts';
import { type PodRoute, podRoute } from './podRoute.ts';
import { taskRows } from './taskJson.ts';
import { rolesFor } from './written.ts';

const force = z.object({ force: flag(false) });
const wipe = z.object({ wipe: flag(false) });

/** @throws Problem for a body that is no pod. */
export const podIn = (engine: Engine, body: unknown): PodApp => {
  const pod = objectBody(body);
  const parsed = parsePod(pod, { roles: rolesFor(engine, pod.id) });
  if (E.isLeft(parsed)) throw invalid(parsed.left);
  return parsed.right;
};

/** A pod is always written as a whole: its fields have no meaning one by one. */
const changeTo =
  (definition: PodApp) =>
  (current: AppRow | undefined): Change =>
    current === undefined
      ? { definition, reason: 'create', mode: 'create' }
      : { definition, reason: isScale(current.definition, definition) ? 'scale' : 'change', mode: 'either' };

export const podWrites: readonly PodRoute[] = [
  podRoute({
    method: 'PUT',
    suffix: '',
    summary: 'Replaces the definition of a pod, or creates it.',
    query: force,
    takesBody: true,
    handle: async ({ engine, id, query, request, reply }) => {
      const definition = podIn(engine, request.body);
      if (definition.id !== id) throw new Problem(400, { message: `'${id}' does not match definition's id ('${definition.id}')` });
      announce(reply, await deploy(engine, request, id, query.force, changeTo(definition)));
      return podJson(podOf(engine, id));
    },
  }),
  podRoute({
    method: 'DELETE',
    suffix: '',
    summary: 'Stops a pod and forgets its definition.',
    query: force,
    handle: async ({ engine, id, query, request, reply }) => {
      podOf(engine, id);
      const deployment = engine.ids.next();
      const command: AppCommand = { type: 'DestroyApp', deployment, force: query.force };
      const { deploymentId } = resultOf(engine, id, deployment, await ask(engine, request, streamOf(APP, id), command));
      return reply
        .code(202)
        .headers({ location: `/v2/deployments/${deploymentId}`, [DEPLOYMENT_HEADER]: deploymentId })
        .send();
    },
  }),
  podRoute({
    method: 'DELETE',
    suffix: '::instances/{instance}',
    summary: 'Stops one instance of a pod, which is then replaced.',
    query: wipe,
    handle: async ({ engine, id, leaf, query, request }) => {
      const [killed] = await kill(engine, request, id, [leaf], query.wipe);
      if (killed === undefined) throw notFound(`Task '${leaf}' does not exist`);
      return killed;
    },
  }),
  podRoute({
    method: 'DELETE',
    suffix: '::instances',
    summary: 'Stops those instances of a pod whose ids the body lists, which are then replaced.',
    query: wipe,
    takesBody: true,
    handle: async ({ engine, id, query, request }) => {
      const ids = arrayBody(request.body).map((each, index) => {
        if (typeof each !== 'string') throw wrong(`(${index})`, 'error.expected.jsstring');
        return each;
      });
      return kill(engine, request, id, ids, query.wipe);
    },
  }),
];

/** Answers the instances as they were; ids of which the pod has none are passed over. */
const kill = async (engine: Engine, request: FastifyRequest, pod: string, ids: readonly string[], withData: boolean) => {
  const uuids = new Set(ids.map(uuidOf));
  podOf(engine, pod);
  const rows = taskRows(engine, pod).filter(({ id }: InstanceRow) => uuids.has(id));
  const killed = rows.map((row) => instanceJson(engine, row));
  await stop(engine, request, rows, withData);
  return killed;
};

const uuidOf = (id: string): string => {
  const uuid = parseInstanceId(id)?.uuid;
  if (uuid === undefined) throw wrong('/', `must fully match regular expression '^(.+)\\.(instance-|marathon-)([^\\.]+)$'`);
  return uuid;
};
