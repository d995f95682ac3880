import { stringify } from 'yaml';
import { z } from 'zod';
import { notFound } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** What events look like for those who read them elsewhere than here. */
export type EventDescription = {
  /** AsyncAPI 3.0 document of what goes over Kafka. */
  asyncApi(): object;
  /** Wire names of all fact versions, such as `InstancePlaced.v1`. */
  readonly schemas: readonly string[];
  /** JSON Schema (2020-12) of a fact version's data. */
  schema(wireName: string): object | undefined;
};

const SCHEMAS_PATH = '/v1/schemas';

const tags = ['events'];

export const serveEventSchemas = (server: Server, { events }: Surroundings): void => {
  if (events === undefined) return;
  const { asyncApi, schemas, schema } = events;

  server.get('/asyncapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(asyncApi())),
  );
  server.get('/asyncapi.yaml', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/yaml').send(stringify(asyncApi(), { aliasDuplicateObjects: false })),
  );

  server.route({
    method: 'GET',
    url: SCHEMAS_PATH,
    schema: { summary: 'Every version of every fact, each with the place of its JSON Schema.', tags },
    handler: async () => ({ schemas: schemas.map((name) => ({ name, path: `${SCHEMAS_PATH}/${name}` })) }),
  });

  server.route({
    method: 'GET',
    url: `${SCHEMAS_PATH}/:name`,
    schema: {
      summary: 'JSON Schema (2020-12) of the data of one version of a fact, such as `InstancePlaced.v1`.',
      tags,
      params: z.object({ name: z.string() }),
    },
    handler: async ({ params: { name } }, reply) => {
      const found = schema(name);
      if (found === undefined) throw notFound(`There is no fact version '${name}'; ${SCHEMAS_PATH} names them all`);
      return reply.type('application/schema+json').send(JSON.stringify(found));
    },
  });
};
