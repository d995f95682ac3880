import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Instant, isoInstant } from '../../../domain/kernel/units.ts';
import type { Election } from '../../../domain/ports/election.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { Auth, LocalSockets } from '../access.ts';
import { placeIn } from '../leadership.ts';
import { REQUEST_ID_HEADER } from '../onBehalf.ts';
import { AGE_HEADER, AT_HEADER, LIVE_ONLY_HEADER } from '../past/asOf.ts';
import { Problem, unavailable } from '../problem.ts';
import { POSITION_HEADER, settled } from '../reading.ts';
import type { Server } from '../surroundings.ts';
import { type Kind, kindOf } from './kinds.ts';
import { notKnownHere, withoutUnknown } from './notKnown.ts';
import { passToLeader } from './toLeader.ts';
import { VIA_HEADER, wentThrough } from './via.ts';

/** How an engine stands by. */
export type Standing = {
  readonly election: Pick<Election, 'leader'>;
  /** Where its own API answers, as it would stand for election. */
  readonly self: string;
  /** What the leader alone can answer is asked of it, or the client is told where it is (307). */
  readonly mode: 'proxy' | 'redirect';
  /** As of when the views are known to show all that was recorded. */
  readonly freshAt: () => Instant;
};

type Surroundings = Standing & {
  readonly engine: Engine;
  readonly auth: Auth;
  readonly localSockets: LocalSockets;
  readonly closing: AbortSignal;
};

/** Answers reads from the views of an engine that leads not, and leads whoever asks for anything else to the one that does. */
export const standBy = (server: Server, surroundings: Surroundings): void => {
  const { engine, election, self, mode, auth, localSockets, closing, freshAt } = surroundings;
  const place = placeIn(self);
  /** Position of the last write that went through here: who wrote sees it in what is read here next. */
  let written = 0;

  /** @throws Problem where nobody can be led anywhere */
  const leaderFor = (request: FastifyRequest): string => {
    if (wentThrough(request.headers[VIA_HEADER], place)) throw new Problem(502, { message: 'Detected proxying loop.' });
    const leader = election.leader()?.url;
    if (leader === undefined) throw new Problem(502, { message: 'Could not determine the current leader' });
    // Who chose the id has looked for it here: the next to lead must not take it for another.
    if (request.headers[REQUEST_ID_HEADER] !== undefined && localSockets.has(request.raw.socket))
      throw unavailable('This engine does not lead; a request with an id of its own is for the one that does.');
    if (placeIn(leader) === place) throw unavailable('This engine has been elected and is about to lead.');
    return leader;
  };
  const note = ({ headers, statusCode = 0 }: IncomingMessage): void => {
    const position = Number(headers[POSITION_HEADER]);
    if (statusCode < 300 && Number.isSafeInteger(position)) written = Math.max(written, position);
  };
  const token = auth === 'none' ? undefined : auth.token;
  const lead = (kind: Kind, request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const leader = leaderFor(request);
    // Who may open the socket may have no token to show elsewhere.
    const isLocal = localSockets.has(request.raw.socket);
    if (kind === 'events' || (mode === 'redirect' && !isLocal))
      reply.redirect(`${leader.replace(/\/$/, '')}${request.raw.url ?? '/'}`, kind === 'events' ? 302 : 307);
    else {
      const way = { leader, self: place, token, localSockets, clock: engine.clock, closing };
      passToLeader(kind === 'write' ? { ...way, onAnswer: note } : way, request, reply, done);
    }
  };

  server.addHook('onRequest', (request, reply, done) => {
    const kind = kindOf(request.method, request.routeOptions.url);
    if (kind !== 'write' && kind !== 'live' && kind !== 'events') return done();
    try {
      lead(kind, request, reply, done);
    } catch (error) {
      done(error as Error);
    }
  });
  const isRead = ({ method, routeOptions }: FastifyRequest): boolean => kindOf(method, routeOptions.url) === 'read';
  server.addHook('preValidation', async (request) => {
    if (!isRead(request) || engine.views.position() >= written) return;
    // Better late than never: how old it is stands beside the answer.
    await settled(engine, written).catch(() => undefined);
  });
  server.addHook('preSerialization', async (request, _reply, payload) =>
    isRead(request) ? withoutUnknown(request.routeOptions.url ?? '', payload) : payload,
  );
  server.addHook('onSend', async (request, reply, payload) => {
    if (!isRead(request)) return payload;
    const at = freshAt();
    reply.header(AT_HEADER, isoInstant(at));
    reply.header(AGE_HEADER, String(Math.max(0, Math.floor((engine.clock.now() - at) / 1000))));
    const absent = notKnownHere(request.routeOptions.url ?? '');
    if (absent.length > 0) reply.header(LIVE_ONLY_HEADER, absent.join(', '));
    return payload;
  });
};
