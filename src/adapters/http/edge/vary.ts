import type { FastifyReply } from 'fastify';

/** Says that the answer depends on this header of the request, too (RFC 9110, 12.5.5). */
export const varyBy = (reply: FastifyReply, header: string): void => {
  const before = reply.getHeader('vary');
  reply.header('vary', before === undefined ? header : `${before}, ${header}`);
};
