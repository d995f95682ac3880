import swagger from '@fastify/swagger';
import type { FastifyContextConfig } from 'fastify';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { MOMENT_FORMS } from '../../domain/kernel/moment.ts';
import { appPathsOfOpenApi } from './marathon/appRoutes.ts';
import { fieldSchemas } from './marathon/fieldSchemas.ts';
import { podPathsOfOpenApi } from './marathon/pods.ts';
import { isAsOfRoute } from './past/liveOnly.ts';
import type { Server } from './surroundings.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How the description writes a path that ends in a wildcard. */
    documentedAs?: string;
  }
}

/** Collects the schemas of the routes that are added after it; served as `/openapi.json`. */
export const describeApi = (server: Server, version: string): void => {
  server.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Wharfinger', description: "Marathon's API under /v2, our own under /v1.", version },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, basic: { type: 'http', scheme: 'basic' } } },
      security: [{ bearer: [] }, { basic: [] }],
    },
    transform: (route) => {
      const { documentedAs } = (route.route.config ?? {}) as FastifyContextConfig;
      const { schema, url } = jsonSchemaTransform(route as Parameters<typeof jsonSchemaTransform>[0]);
      return { schema: isRead(route.route.method) && isAsOfRoute(url) ? withAt(schema) : schema, url: documentedAs ?? url };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const { openapiObject } = document;
      const schemas = { ...openapiObject.components?.schemas, ...fieldSchemas() };
      return {
        ...openapiObject,
        components: { ...openapiObject.components, schemas },
        paths: { ...openapiObject.paths, ...appPathsOfOpenApi(), ...podPathsOfOpenApi() },
      } as typeof openapiObject;
    },
  });
};

const isRead = (method: string | string[]): boolean => [method].flat().every((each) => each === 'GET' || each === 'HEAD');

const AT = {
  type: 'string',
  description: `The moment as of which this is answered: ${MOMENT_FORMS}. Fields that are live only are absent then; headers name the position, its age and those fields.`,
};

/** Every read of what is recorded takes it. */
const withAt = <S>(schema: S): S => {
  const { querystring, ...rest } = schema as { readonly querystring?: { readonly properties?: object } };
  return { ...rest, querystring: { type: 'object', ...querystring, properties: { ...querystring?.properties, at: AT } } } as S;
};

export const serveApiDescription = (server: Server): void => {
  server.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(server.swagger())),
  );
};
