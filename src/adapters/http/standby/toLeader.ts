import { type ClientRequest, type IncomingMessage, request as overHttp, type RequestOptions } from 'node:http';
import { request as overTls } from 'node:https';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../../domain/kernel/ports.ts';
import type { LocalSockets } from '../access.ts';
import { endToEnd, type Headers } from '../dcos/service/headers.ts';
import { Problem, RETRY_AFTER_SECONDS } from '../problem.ts';
import { viaWith } from './via.ts';

/** Longest time that the leader may take to accept a connection, ms; Marathon's. */
export const LEADER_CONNECT_TIMEOUT_MS = 5_000;
/** Longest time from there to the first line of its answer, ms; longer than whatever the API itself waits for. */
export const LEADER_ANSWER_TIMEOUT_MS = 60_000;

export type Way = {
  /** Where the leader's API answers. */
  readonly leader: string;
  /** This engine, as `host:port`. */
  readonly self: string;
  /** What opens the API of any of the engines; undefined where nobody is asked. */
  readonly token: string | undefined;
  readonly localSockets: LocalSockets;
  readonly clock: Clock;
  readonly closing: AbortSignal;
  /** Called with the head of the answer. */
  readonly onAnswer?: (answer: IncomingMessage) => void;
};

/**
 * Hands a request to the leader as it came, and its answer back, both as streams. It is sent once at most: where the leader was not
 * reached `done` gets a Problem with status 503, so that it may be asked for again; where it was, and did not answer, 502 or 504, and whether
 * it was done is not known.
 */
export const passToLeader = (way: Way, { raw }: FastifyRequest, reply: FastifyReply, done: (error: Error) => void): void => {
  const { clock, closing } = way;
  const asked = requestTo(way, raw);
  let isSent = false;
  let isOver = false;
  let cancel = clock.schedule(LEADER_CONNECT_TIMEOUT_MS, () => asked.destroy(new Silence('no connection')));
  asked.once('socket', (socket) =>
    socket.once(way.leader.startsWith('https:') ? 'secureConnect' : 'connect', () => {
      isSent = true;
      cancel();
      cancel = clock.schedule(LEADER_ANSWER_TIMEOUT_MS, () => asked.destroy(new Silence('no answer')));
    }),
  );
  const failed = (error: Error): void => {
    cancel();
    // What the client still sends is read by nobody; left where it is, it would keep the connection from its next request.
    raw.unpipe(asked);
    raw.resume();
    if (isOver || reply.raw.destroyed) return;
    isOver = true;
    done(isSent ? notAnswered(error) : notReached(error));
  };
  const gone = (): void => {
    asked.destroy();
  };
  asked.on('error', failed);
  asked.once('close', () => failed(new Error('the connection was closed')));
  // Whoever goes away asks no more.
  reply.raw.once('close', gone);
  asked.once('response', (answer) => {
    cancel();
    isOver = true;
    way.onAnswer?.(answer);
    passBack(answer, reply, way.self);
    const cut = (): void => {
      reply.raw.destroy();
    };
    // What has no length may have no end.
    if (answer.headers['content-length'] === undefined) closing.addEventListener('abort', cut);
    reply.raw.once('close', () => closing.removeEventListener('abort', cut));
  });
  // Whoever sends in pieces may wait for an answer to the first.
  if (raw.headers['transfer-encoding'] !== undefined) asked.flushHeaders();
  raw.pipe(asked);
};

const requestTo = ({ leader, self, token, localSockets }: Way, raw: IncomingMessage): ClientRequest => {
  const { hostname, port, protocol, host } = new URL(leader);
  const { origin: _, ...headers } = endToEnd(raw);
  const client = raw.socket.remoteAddress;
  const options: RequestOptions = {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    path: raw.url,
    method: raw.method,
    // A connection of its own: one that rested may have been closed at the other end, and what was sent on it would be neither done nor refused.
    agent: false,
    setHost: false,
    headers: {
      ...headers,
      // The names that we go by were judged here, and so was the origin.
      host,
      // Whoever may open our socket needs no token.
      ...(headers.authorization === undefined &&
        token !== undefined &&
        localSockets.has(raw.socket) && { authorization: `Bearer ${token}` }),
      ...(raw.headers['transfer-encoding'] !== undefined && { 'transfer-encoding': 'chunked' }),
      ...(client !== undefined && { 'x-forwarded-for': listed(headers['x-forwarded-for'], client) }),
      ...viaWith(headers, self),
    },
  };
  return protocol === 'https:' ? overTls(options) : overHttp(options);
};

const passBack = (answer: IncomingMessage, reply: FastifyReply, self: string): void => {
  const own = reply.getHeaders();
  reply.hijack();
  const { raw } = reply;
  answer.once('error', () => raw.destroy());
  const headers: Headers = endToEnd(answer);
  // The leader was told of no origin: which may read is said here.
  for (const [name, value] of Object.entries(own))
    if (name.startsWith('access-control-') || name === 'vary')
      headers[name] = listed(name === 'vary' ? headers[name] : undefined, String(value));
  try {
    raw.writeHead(answer.statusCode ?? 502, answer.statusMessage, { ...headers, ...viaWith(headers, self) });
  } catch (error) {
    reply.log.warn({ err: error }, 'the leader answered with a head that cannot be passed on');
    raw.destroy();
    return;
  }
  // The head at once: the first byte of a stream may be long in coming.
  raw.flushHeaders();
  answer.pipe(raw);
};

const listed = (before: string | string[] | undefined, more: string): string => [before ?? [], more].flat().join(', ');

class Silence extends Error {
  override name = 'Silence';
}

const notReached = ({ message }: Error): Problem =>
  new Problem(503, { message: `The leader is not reached: ${message}. Nothing was sent.` }, { 'retry-after': String(RETRY_AFTER_SECONDS) });

const notAnswered = (error: Error): Problem =>
  new Problem(error instanceof Silence ? 504 : 502, {
    message: `The leader did not answer: ${error.message}. It was asked once; whether it has done it is not known.`,
  });
