import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { appPathsOfOpenApi } from './marathon/appRoutes.ts';
import type { Server } from './surroundings.ts';

/** Collects the schemas of the routes that are added after it; served as `/openapi.json`. */
export const describeApi = (server: Server, version: string): void => {
  server.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Wharfinger', description: "Marathon's API under /v2, our own under /v1.", version },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } } },
      security: [{ bearer: [] }, { basic: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const { openapiObject } = document;
      return { ...openapiObject, paths: { ...openapiObject.paths, ...appPathsOfOpenApi() } } as typeof openapiObject;
    },
  });
};

export const serveApiDescription = (server: Server): void => {
  server.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(server.swagger())),
  );
};
