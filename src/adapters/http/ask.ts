import type { FastifyRequest } from 'fastify';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Command } from '../../domain/kernel/decider.ts';
import type { StreamName } from '../../domain/kernel/ids.ts';
import type { Refusal } from '../../domain/kernel/refusal.ts';
import type { Accepted, Engine, Request } from '../../domain/ports/engine.ts';
import { TOKEN_HOLDER } from './access.ts';
import { chosenRoot } from './onBehalf.ts';
import { refused } from './problem.ts';
import { settled } from './reading.ts';
import { VIA_HEADER } from './standby/via.ts';
import { traceparentOf } from './tracing.ts';

/** The root that a command of this HTTP request is recorded under. Each command has its own. */
export const rootOf = (engine: Engine, request: FastifyRequest): Request => {
  const traceparent = traceparentOf(request);
  return {
    id: chosenRoot(request, request.isLocal) ?? engine.ids.next(),
    by: request.principal,
    body: {
      method: request.method,
      url: request.url,
      // Sealed with the rest; the events of what it led to tell it. Nobody's through the unix socket.
      ...clientOf(request),
      ...(request.body !== undefined && { body: request.body }),
    },
    ...(traceparent !== undefined && { traceparent }),
  };
};

/** Whoever opens this API may speak for others: engines that stand by do, each naming the one before. */
const clientOf = (request: FastifyRequest): { readonly clientIp?: string } => {
  const hops = [request.headers[VIA_HEADER] ?? []].flat().flatMap((each) => each.split(',')).length;
  const named = [request.headers['x-forwarded-for'] ?? []].flat().flatMap((each) => each.split(','));
  const told = hops > 0 && request.principal === TOKEN_HOLDER ? named.at(-hops)?.trim() : undefined;
  const clientIp = told === undefined || told === '' ? request.ip : told;
  return clientIp === undefined ? {} : { clientIp };
};

/** Submits one command; answers when it is durable and the views show it. A log that cannot be written is a refusal, too. */
export const tryAsk = async (
  engine: Engine,
  request: FastifyRequest,
  stream: StreamName,
  command: Command,
  root: Request = rootOf(engine, request),
): Promise<Either<Refusal, Accepted>> => {
  const answer = await engine.submit(stream, command, root);
  if (E.isRight(answer)) await settled(engine, answer.right.position);
  return answer;
};

/** As `tryAsk`. @throws Problem for a refusal, too. */
export const ask = async (engine: Engine, request: FastifyRequest, stream: StreamName, command: Command): Promise<Accepted> => {
  const answer = await tryAsk(engine, request, stream, command);
  if (E.isLeft(answer)) throw refused(answer.left);
  return answer.right;
};
