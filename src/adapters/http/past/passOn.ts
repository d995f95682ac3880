import { request as ask, type IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { unavailable } from '../problem.ts';

/** Hands a request, as it came, to the server that answers for the past. */
export type PassOn = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

/** Of one connection only, or ours to say (RFC 9110, 7.6.1). */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'cookie',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** @param socketPath of the server that answers for the past, as soon as it listens; undefined where it does not */
export const passOnTo =
  (socketPath: () => Promise<string | undefined>): PassOn =>
  (request, reply, done) => {
    void socketPath().then((path) => (path === undefined ? done(notNow()) : pass(path, request, reply, done)));
  };

const pass = (socketPath: string, { raw }: FastifyRequest, reply: FastifyReply, done: (error: Error) => void): void => {
  const headers = Object.fromEntries(Object.entries(raw.headers).filter(([name]) => !NOT_PASSED_ON.has(name)));
  const passed = ask({ socketPath, method: raw.method, path: raw.url, headers, agent: false }, (answer: IncomingMessage) => {
    reply.hijack();
    reply.raw.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(reply.raw);
    answer.on('error', () => reply.raw.destroy());
  });
  // Whoever goes away asks no more.
  reply.raw.on('close', () => passed.destroy());
  passed.on('error', () => {
    if (!reply.raw.headersSent) done(notNow());
  });
  raw.pipe(passed);
};

const notNow = () => unavailable('The past cannot be asked now: its reader is starting.');
