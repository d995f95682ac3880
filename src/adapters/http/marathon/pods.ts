import { z } from 'zod';
import { Problem } from '../problem.ts';
import { flag, minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { badQuery, type OpenApiPaths, pathsOfOpenApi } from './appRoutes.ts';
import { announce, deploy } from './changes.ts';
import { podJson, podOf, sortedPods } from './podJson.ts';
import { podPath } from './podPaths.ts';
import type { PodRoute } from './podRoute.ts';
import { podStatus } from './podStatus.ts';
import { podReads } from './pods.read.ts';
import { podWrites, writtenPod } from './pods.write.ts';
import { writing } from './written.ts';

export const POD_ROUTES: readonly PodRoute[] = [...podReads, ...podWrites];

export const podPathsOfOpenApi = (): OpenApiPaths => ({
  ...pathsOfOpenApi('pod', POD_ROUTES),
  '/v2/pods::status': {
    get: { summary: 'How all pods stand.', tags: ['pods'], responses: { default: { description: 'As Marathon 1.11 answers.' } } },
  },
});

/** Marathon's pods: the list, a new one, and through one wildcard per method the operations on one. */
export const servePods = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v2/pods',
    // A HEAD asks whether there are pods here at all.
    exposeHeadRoute: true,
    schema: { summary: 'All pods.', tags: ['pods'], querystring: z.object({ minPosition }) },
    handler: async () => sortedPods(engine).map(podJson),
  });

  server.route({
    method: 'POST',
    url: '/v2/pods',
    schema: {
      summary: 'Creates a pod.',
      tags: ['pods'],
      querystring: z.object({ force: flag(false), strict: writing.strict }),
      body: z.unknown(),
    },
    handler: async (request, reply) => {
      const written = writtenPod(engine, request.body, request.query.strict);
      const { id } = written.definition;
      announce(reply, await deploy(engine, request, id, request.query.force, () => ({ ...written, reason: 'create', mode: 'create' })));
      return reply
        .code(201)
        .header('location', `/v2/pods${id}`)
        .send(podJson(podOf(engine, id)));
    },
  });

  // The router reads a double colon as one.
  for (const url of ['/v2/pods::::status', '/v2/pods/::::status'])
    server.route({
      method: 'GET',
      url,
      schema: { hide: true, querystring: z.object({ minPosition }) },
      handler: async () => sortedPods(engine).map((row) => podStatus(engine, row)),
    });

  for (const method of ['GET', 'PUT', 'DELETE'] as const) {
    server.route({
      method,
      url: '/v2/pods/*',
      schema: { hide: true },
      handler: async (request, reply) => {
        const { id, suffix, leaf } = podPath((request.params as { '*': string })['*']);
        const route = POD_ROUTES.find((each) => each.method === method && each.suffix === suffix);
        if (route === undefined) throw new Problem(405, { message: `${method} is not possible on a pod's '${suffix ?? request.url}'` });
        const query = route.query.safeParse(request.query);
        if (!query.success) throw badQuery(query.error);
        return route.handle({ id, leaf, engine, query: query.data, request, reply });
      },
    });
  }
};
