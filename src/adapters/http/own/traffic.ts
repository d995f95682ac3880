import { z } from 'zod';
import type { PoolCounters } from '../../../domain/ports/balancer.ts';
import { minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** What the load balancers do: listeners, routes with their pools, and what each pool has counted. All of it live only. */
export const serveTraffic = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/traffic',
    schema: {
      summary: 'Listeners, routes, pools with weights, servers and counters, and how the load balancers do.',
      tags: ['discovery'],
      querystring: z.object({ app: z.string().min(1).optional().describe('Routes of one app only.'), minPosition }),
    },
    handler: async ({ query: { app } }) => {
      const { traffic } = engine;
      if (traffic === undefined) return { balancers: [], warnings: [], listeners: [], routes: [] };
      const { listeners, routes } = traffic.table();
      const counters = await traffic.counters();
      return {
        balancers: traffic.balancers(),
        warnings: traffic.warnings(),
        // Keys and certificates stay where they are; passwords too.
        listeners: listeners.map(({ tls, ...listener }) => ({
          ...listener,
          ...(tls !== undefined && { tls: { certificates: tls.certificates.map(({ hosts }) => ({ hosts })) } }),
        })),
        routes: routes
          .filter((route) => app === undefined || route.app === app)
          .map(({ auth, pools, ...route }) => ({
            ...route,
            ...(auth !== undefined && { auth: { realm: auth.realm, users: Object.keys(auth.users) } }),
            pools: pools.map((pool) => ({
              ...pool,
              counters: counters.filter((each) => each.route === route.id && each.version === pool.version).map(countersJson),
            })),
          })),
      };
    },
  });
};

const countersJson = ({ route: _, app: __, version: ___, ...counters }: PoolCounters & { readonly balancer: string }) => counters;
