import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { Access } from '../../access.ts';
import { headersForClient, headersForService } from './headers.ts';
import { resolveService, type Target } from './resolve.ts';
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
  reply.raw.on('error', cut);
  // Whoever leaves first takes the other with him.
  reply.raw.once('close', () => {
    closing.removeEventListener('abort', cut);
    asked.destroy();
  });
  // Whoever sends in pieces may wait for an answer to the first.
  if (raw.headers['transfer-encoding'] !== undefined) asked.flushHeaders();
  raw.pipe(asked);
  return new Promise((resolve, reject) => {
    // Once it is answered these say nothing new: a service may answer before it has heard all, and hear no more.
    asked.on('error', (error) => reject(notAnswered(error, target)));
    asked.once('close', () => {
      reject(notAnswered(new Error('the connection was closed'), target));
      // What is still sent is read by nobody; left where it is, it would keep the connection from its next request.
      raw.unpipe(asked);
      raw.resume();
    });
    asked.once('response', (answer) => {
      answered();
      if (!isFinal(answer)) {
        reject(notAnswered(new Error(`its status is ${answer.statusCode}`), target));
        asked.destroy();
        return;
      }
      resolve(reply.hijack());
      passBack(answer, reply, target, raw.headers.host);
    });
  });
};

/** Statuses that HTTP has (RFC 9110, 15), without those that another answer follows. */
const isFinal = ({ statusCode = 0 }: IncomingMessage): boolean => statusCode >= 200 && statusCode < 600;

const passBack = (answer: IncomingMessage, { raw, log }: FastifyReply, target: Target, host: string | undefined): void => {
  answer.once('error', () => raw.destroy());
  try {
    raw.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersForClient(answer, target, host));
  } catch (error) {
    log.warn({ err: error }, `${target.prefix} answered with a head that cannot be passed on`);
    raw.destroy();
    return;
  }
  // The head at once: the first byte of a stream may be long in coming.
  raw.flushHeaders();
  answer.pipe(raw);
};
