import type { Server } from '../surroundings.ts';
import { varyBy } from './vary.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** It comes from a page of another origin that may read here. */
    crossOrigin: boolean;
  }
}

/** What a page of another origin may do: Marathon's list. It reads; what changes something is for pages of our own. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];
/** How long a browser may remember the answer to a preflight, seconds; Marathon's. */
const MAX_AGE_SECONDS = 86_400;

/**
 * Lets pages of other origins read (CORS), as Marathon's `--access_control_allow_origin` does; `*` is any origin. A preflight is answered
 * before anybody is asked for a token, as browsers send none with it.
 */
export const allowOrigins = (server: Server, origins: readonly string[]): void => {
  server.decorateRequest('crossOrigin', false);
  if (origins.length === 0) return;
  const isOpen = origins.includes('*');
  server.addHook('onRequest', async (request, reply) => {
    const { origin, 'access-control-request-method': asked, 'access-control-request-headers': headers } = request.headers;
    if (!isOpen) varyBy(reply, 'Origin');
    if (origin === undefined || !(isOpen || origins.includes(origin))) return;
    reply.header('access-control-allow-origin', isOpen ? '*' : origin);
    if (request.method === 'OPTIONS' && asked !== undefined) {
      reply.headers({
        'access-control-allow-methods': METHODS.join(', '),
        'access-control-allow-headers': headers ?? '',
        'access-control-max-age': String(MAX_AGE_SECONDS),
      });
      return reply.code(200).send();
    }
    request.crossOrigin = METHODS.includes(request.method);
  });
};
