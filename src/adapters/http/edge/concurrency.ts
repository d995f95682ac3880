import type { FastifyReply } from 'fastify';
import { Problem, RETRY_AFTER_SECONDS } from '../problem.ts';
import { isSliced } from '../slices.ts';
import type { Server } from '../surroundings.ts';

/**
 * At most so many requests are worked on at once; one more is answered 503, as with Marathon's `--http_max_concurrent_requests`.
 * A stream counts until it begins: who listens for hours takes nobody's place. A long list counts until it ends.
 */
export const limitConcurrency = (server: Server, max: number): void => {
  let underWay = 0;
  const held = new WeakSet<FastifyReply>();
  const release = (reply: FastifyReply): void => {
    if (held.delete(reply)) underWay -= 1;
  };
  server.addHook('onRequest', async (_request, reply) => {
    if (underWay >= max)
      throw new Problem(503, { message: `Too many concurrent requests! Allowed: ${max}.` }, { 'retry-after': String(RETRY_AFTER_SECONDS) });
    underWay += 1;
    held.add(reply);
    reply.raw.once('close', () => release(reply));
  });
  server.addHook('onSend', async (_request, reply, payload) => {
    if (!isSliced(payload)) release(reply);
    return payload;
  });
};
