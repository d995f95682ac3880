import { z } from 'zod';
import { notFound, Problem } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { appPath } from './appPaths.ts';
import type { AppRoute } from './appRoute.ts';
import { appReads } from './apps.read.ts';
import { appWrites } from './apps.write.ts';

export const APP_ROUTES: readonly AppRoute[] = [...appReads, ...appWrites];

/**
 * Operations on one app. An id has any number of segments, which no router's pattern can tell from the suffix behind it, so one wildcard
 * per method finds its operation in the table.
 */
export const serveApps = (server: Server, { engine }: Surroundings): void => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    server.route({
      method,
      url: '/v2/apps/*',
      schema: { hide: true },
      handler: async (request, reply) => {
        const path = appPath((request.params as { '*': string })['*']);
        const route = APP_ROUTES.find((each) => each.method === method && each.suffix === path.suffix);
        if (route === undefined) throw new Problem(405, { message: `${method} is not possible on an app's '${path.suffix}'` });
        if (path.group && route.ofGroups !== true) throw notFound(`App '${path.id}/*' does not exist`);
        const query = route.query.safeParse(request.query);
        if (!query.success) throw badQuery(query.error);
        return route.handle({ ...path, engine, query: query.data, request, reply });
      },
    });
  }
};

export const badQuery = ({ issues }: z.ZodError): Problem =>
  new Problem(422, {
    message: 'Object is not valid',
    details: issues.map(({ path, message }) => ({ path: `/${path.join('/')}`, errors: [message] })),
  });

/** The same table as OpenAPI paths. */
export const appPathsOfOpenApi = (): OpenApiPaths => pathsOfOpenApi('app', APP_ROUTES);

export type OpenApiPaths = Record<string, Record<string, unknown>>;
type Described = Pick<AppRoute, 'method' | 'summary' | 'query' | 'takesBody'> & { readonly suffix: string };

export const pathsOfOpenApi = (noun: string, routes: readonly Described[]): OpenApiPaths => {
  const paths: OpenApiPaths = {};
  for (const { method, suffix, summary, query, takesBody } of routes) {
    const path = `/v2/${noun}s/{id}${suffix}`;
    const { properties = {} } = z.toJSONSchema(query, { io: 'input' }) as { readonly properties?: Readonly<Record<string, unknown>> };
    const named = ['id', ...(/\{(\w+)\}$/.exec(suffix)?.slice(1) ?? [])];
    const operation = {
      summary,
      tags: [`${noun}s`],
      parameters: [
        ...named.map((name) => ({
          name,
          in: 'path',
          required: true,
          schema: { type: 'string' },
          ...(name === 'id' && { description: `The id of the ${noun}; its slashes stay slashes.` }),
        })),
        ...Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema })),
      ],
      ...(takesBody && { requestBody: { content: { 'application/json': { schema: { type: 'object' } } } } }),
      responses: { default: { description: 'As Marathon 1.11 answers.' } },
    };
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  }
  return paths;
};
