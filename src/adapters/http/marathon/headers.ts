import type { Server } from '../surroundings.ts';

/** What Marathon's leader sends with every answer. */
export const sendMarathonHeaders = (server: Server): void => {
  server.addHook('onSend', async (request, reply, payload) => {
    const leader = request.server.leadership.urlOf(request);
    reply.headers({
      ...(leader !== undefined && { 'x-marathon-leader': leader }),
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
