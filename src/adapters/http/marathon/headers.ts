import type { FastifyRequest } from 'fastify';
import type { Server } from '../surroundings.ts';

/** Where a client reached us: one engine leads, and that is this one. */
export const leaderOf = (request: FastifyRequest): string => request.headers.host ?? 'localhost';

/** What Marathon's leader sends with every answer. */
export const sendMarathonHeaders = (server: Server): void => {
  server.addHook('onSend', async (request, reply, payload) => {
    reply.headers({
      'x-marathon-leader': `${request.protocol}://${leaderOf(request)}`,
      'x-frame-options': 'DENY',
      'x-xss-protection': '1; mode=block',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      expires: '0',
    });
    return payload;
  });
};
