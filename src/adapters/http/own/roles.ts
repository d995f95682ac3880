import { z } from 'zod';
import { roleStandings } from '../../../domain/placement/standing.ts';
import { roleAmounts, WEIGHT_MAX } from '../../../domain/role/role.facts.ts';
import { notFound } from '../problem.ts';
import { minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { checkRole, removeQuota, setQuotas, setWeights } from '../tenancy.ts';

const params = z.object({ role: z.string().min(1) });
const tags = ['roles'];

/** `/v1/roles`: who shares the pool, by what weight, and what each is promised and allowed. */
export const serveRoles = (server: Server, { engine }: Surroundings): void => {
  const roleOf = (name: string) => {
    const role = roleStandings(engine.views).find((each) => each.role === name);
    if (role === undefined) throw notFound(`Role '${name}' does not exist`);
    return role;
  };
  server.route({
    method: 'GET',
    url: '/v1/roles',
    schema: { summary: 'All roles with what they hold of the pool.', tags, querystring: z.object({ minPosition }) },
    handler: () => ({ roles: roleStandings(engine.views) }),
  });
  server.route({
    method: 'GET',
    url: '/v1/roles/:role',
    schema: { summary: 'One role.', tags, params, querystring: z.object({ minPosition }) },
    handler: ({ params: { role } }) => ({ role: roleOf(role) }),
  });
  server.route({
    method: 'PUT',
    url: '/v1/roles/:role/weight',
    schema: {
      summary: 'How much of what is short a role gets beside the others; 1 where nothing is said.',
      tags,
      params,
      body: z.strictObject({ weight: z.number().positive().max(WEIGHT_MAX) }),
    },
    handler: async (request) => {
      const { role } = request.params;
      const { position } = await setWeights(engine, request, [{ role, weight: request.body.weight }]);
      return { role: roleOf(role), position };
    },
  });
  server.route({
    method: 'PUT',
    url: '/v1/roles/:role/quota',
    schema: {
      summary: 'What of the pool is promised to a role, and what it may hold at most; what is not named is neither.',
      tags,
      params,
      body: z.strictObject({ guarantee: roleAmounts.default({}), limit: roleAmounts.default({}), force: z.boolean().default(false) }),
    },
    handler: async (request) => {
      const { role } = request.params;
      const { guarantee, limit, force } = request.body;
      const { position } = await setQuotas(engine, request, [{ role, guarantee, limit }], force);
      return { role: roleOf(role), position };
    },
  });
  server.route({
    method: 'DELETE',
    url: '/v1/roles/:role/quota',
    schema: { summary: 'Promises the role nothing any more, and limits it no more.', tags, params },
    handler: async (request) => {
      const role = checkRole(request.params.role);
      const { position } = await removeQuota(engine, request, role);
      return { role, position };
    },
  });
};
