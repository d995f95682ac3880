import { z } from 'zod';
import { wrong } from '../../problem.ts';
import { minPosition } from '../../queries.ts';
import type { Server, Surroundings } from '../../surroundings.ts';
import { changeReservations, removeQuota, setWeights } from '../../tenancy.ts';
import { mesosResource, reservedByRole } from './mesosResources.ts';
import { quotaInfos, quotaRequest, setGuarantee, weightInfo, weightInfos } from './tenancyCalls.ts';

const tags = ['mesos'];
const querystring = z.object({ minPosition });

/** A form, as Mesos takes it, or the same as JSON. */
const ofSlave = z.object({ slaveId: z.string(), resources: z.union([z.string(), z.array(z.unknown())]) });

/** Mesos' endpoints for weights, quotas and reservations, from before its API v1. */
export const serveTenancy = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/mesos/weights',
    schema: { summary: 'The weights that were set.', tags, querystring },
    handler: () => weightInfos(engine),
  });
  server.route({
    method: 'PUT',
    url: '/mesos/weights',
    schema: { summary: 'Sets the weights of roles, all of them or none.', tags, body: z.array(weightInfo) },
    handler: async (request, reply) => {
      await setWeights(engine, request, request.body);
      return reply.send();
    },
  });
  server.route({
    method: 'GET',
    url: '/mesos/quota',
    schema: { summary: 'What roles are promised.', tags, querystring },
    handler: () => ({ infos: quotaInfos(engine) }),
  });
  server.route({
    method: 'POST',
    url: '/mesos/quota',
    schema: { summary: 'Promises a role so much of the pool, and no more.', tags, body: quotaRequest },
    handler: async (request, reply) => {
      await setGuarantee(engine, request, request.body);
      return reply.send();
    },
  });
  server.route({
    method: 'DELETE',
    url: '/mesos/quota/:role',
    schema: { summary: 'Removes a quota.', tags, params: z.object({ role: z.string() }) },
    handler: async (request, reply) => {
      await removeQuota(engine, request, request.params.role);
      return reply.send();
    },
  });
  for (const [name, sign, summary] of [
    ['reserve', 1, 'Keeps resources of a node for roles.'],
    ['unreserve', -1, 'Gives up what a node keeps for roles by request.'],
  ] as const)
    server.route({
      method: 'POST',
      url: `/mesos/${name}`,
      schema: { summary, tags, body: ofSlave },
      handler: async (request, reply) => {
        const { slaveId, resources } = request.body;
        await changeReservations(engine, request, slaveId, reservedByRole(listIn(resources), '/resources'), sign);
        return reply.code(202).send();
      },
    });
};

/** @throws Problem 422 */
const listIn = (resources: string | readonly unknown[]) => {
  try {
    const read = z.array(mesosResource).safeParse(typeof resources === 'string' ? JSON.parse(resources) : resources);
    if (read.success) return read.data;
  } catch {
    // What is no JSON is no list either.
  }
  throw wrong('/resources', "must be a list of resources as Mesos' clients write them");
};
