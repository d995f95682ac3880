import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { Access } from '../../access.ts';
import { headersForClient, headersForService } from './headers.ts';
import { resolveService } from './resolve.ts';
import { notAnswered, requestTo, watchSilence } from './upstream.ts';

/** Passes a request on to the service that its path names, and the answer back, both as streams. @throws Problem */
export const forward = (
  engine: Engine,
  access: Access,
  closing: AbortSignal,
  { raw }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> => {
  const target = resolveService(engine, raw.url ?? '');
  const asked = requestTo(target, raw.method ?? 'GET', headersForService(raw, access));
  const answered = watchSilence(asked, engine.clock);
  const cut = (): void => {
    asked.destroy();
    reply.raw.destroy();
  };
  closing.addEventListener('abort', cut);
  // Whoever leaves first takes the other with him.
  reply.raw.once('close', () => {
    closing.removeEventListener('abort', cut);
    asked.destroy();
  });
  raw.pipe(asked);
  return new Promise((resolve, reject) => {
    asked.on('error', (error) => {
      if (reply.sent) reply.raw.destroy();
      else reject(notAnswered(error, target));
    });
    asked.once('response', (answer) => {
      answered();
      reply.hijack();
      reply.raw.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersForClient(answer, target, raw.headers.host));
      // The head at once: the first byte of a stream may be long in coming.
      reply.raw.flushHeaders();
      answer.pipe(reply.raw);
      answer.once('error', () => reply.raw.destroy());
      resolve(reply);
    });
  });
};
