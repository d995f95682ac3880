import { z } from 'zod';
import { Problem } from '../../problem.ts';
import type { Server, Surroundings } from '../../surroundings.ts';
import { leaderOf } from '../cluster.ts';
import { READS, UNSUPPORTED } from './operatorCalls.ts';
import { snapshotOf } from './snapshot.ts';
import { subscribe } from './subscribe.ts';

/** Mesos' operator API v1, in JSON: one path, and the call in the body. */
export const serveOperatorApi = (server: Server, surroundings: Surroundings): void => {
  const { engine } = surroundings;
  server.route({
    method: 'POST',
    url: '/mesos/api/v1',
    schema: {
      summary: "Mesos' operator API: the calls that read, and SUBSCRIBE.",
      tags: ['mesos'],
      body: z.object({ type: z.string() }),
    },
    handler: async (request, reply) => {
      const { type } = request.body;
      const leader = leaderOf(request);
      if (type === 'SUBSCRIBE') return subscribe(surroundings, leader, reply);
      const read = READS[type];
      if (read !== undefined) return { type, ...read(await snapshotOf(engine, leader), engine) };
      throw UNSUPPORTED.has(type)
        ? new Problem(501, { message: `The call ${type} is not supported: only calls that read are, and SUBSCRIBE.` })
        : new Problem(400, { message: `Expecting 'type' to be a call of the operator API; '${type}' is none.` });
    },
  });
};
