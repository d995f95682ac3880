import type { FastifyRequest } from 'fastify';
import { either as E } from 'fp-ts';
import { z } from 'zod';
import type { RestartRule } from '../../../domain/app/definition/restarts.ts';
import { assignServicePorts } from '../../../domain/app/definition/servicePorts.ts';
import { parseInstanceId } from '../../../domain/app/definition/taskIds.ts';
import { readPod } from '../../../domain/app/pod/parse.ts';
import type { PodApp } from '../../../domain/app/pod/pod.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow, InstanceRow } from '../../../domain/ports/views.ts';
import { arrayBody, objectBody } from '../body.ts';
import { invalid, notFound, Problem, wrong } from '../problem.ts';
import { flag } from '../queries.ts';
import { announce, begin, type Change, DEPLOYMENT_HEADER, deploy, isScale } from './changes.ts';
import { warnOfLoss } from './groupChange.ts';
import { stop } from './kills.ts';
import { instanceJson, podJson, podOf } from './podJson.ts';
import { type PodRoute, podRoute } from './podRoute.ts';
import { taskRows } from './taskJson.ts';
import { rolesFor, type Written, writing } from './written.ts';

const force = z.object({ force: flag(false) });
const wipe = z.object({ wipe: flag(false) });

export type WrittenPod = Written & { readonly definition: PodApp };

/** A pod from outside, with what is to be said about it. @throws Problem for a body that is none. */
export const writtenPod = (engine: Engine, body: unknown, strict: boolean): WrittenPod => {
  const pod = objectBody(body);
  const read = readPod(pod, { strict, roles: rolesFor(engine, pod.id) });
  if (E.isLeft(read)) throw invalid(read.left);
  const { definition, advice } = read.right;
  return { definition, warnings: advice.map(({ path, text }) => `${definition.id}: ${path} ${text}`) };
};

/** A pod is always written as a whole: its fields have no meaning one by one. */
const changeTo =
  (written: WrittenPod, restart: RestartRule | undefined) =>
  (current: AppRow | undefined): Change => {
    if (current === undefined) return { ...written, reason: 'create', mode: 'create' };
    const reason = isScale(current.definition, withPortsOf(current, written.definition)) ? 'scale' : 'change';
    return { ...written, reason, mode: 'either', ...(restart !== undefined && { restart }) };
  };

/** With the service ports that it will keep, for comparing it. */
const withPortsOf = ({ definition: before }: AppRow, definition: PodApp) => {
  const assigned = assignServicePorts(definition, before, new Set());
  return E.isRight(assigned) ? assigned.right : definition;
};

export const podWrites: readonly PodRoute[] = [
  podRoute({
    method: 'PUT',
    suffix: '',
    summary: 'Replaces the definition of a pod, or creates it.',
    query: force.extend(writing),
    takesBody: true,
    handle: async ({ engine, id, query, request, reply }) => {
      const written = writtenPod(engine, request.body, query.strict);
      const { definition } = written;
      if (definition.id !== id) throw new Problem(400, { message: `'${id}' does not match definition's id ('${definition.id}')` });
      announce(reply, await deploy(engine, request, id, query.force, changeTo(written, query.restart)));
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
      const { force } = query;
      warnOfLoss(engine, request, id);
      const { deploymentId } = await begin(engine, request, id, (deployment) => ({ type: 'DestroyApp', deployment, force }));
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
