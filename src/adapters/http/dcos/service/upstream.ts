import { type ClientRequest, request as overHttp, type RequestOptions } from 'node:http';
import { request as overTls } from 'node:https';
import type { Clock } from '../../../../domain/kernel/ports.ts';
import { Problem } from '../../problem.ts';
import type { Headers } from './headers.ts';
import type { Target } from './resolve.ts';

/** Longest time that a service may take to accept a connection, ms. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** Longest time from there to the first line of its answer, ms. What comes after may take as long as it likes: it may be a stream. */
export const ANSWER_TIMEOUT_MS = 60_000;

/** Opens a request to a service, on a connection of its own; its body is still to be sent. */
export const requestTo = ({ scheme, host, port, path }: Target, method: string, headers: Headers): ClientRequest => {
  const options: RequestOptions = { host, port, path, method, headers, agent: false, setHost: false };
  // Services have certificates that nobody signed, as they had with Admin Router; whom to trust is said by placement.
  return scheme === 'http' ? overHttp(options) : overTls({ ...options, rejectUnauthorized: false });
};

/** Ends a request whose service is silent for too long; what to call when it has answered. */
export const watchSilence = (asked: ClientRequest, clock: Clock): (() => void) => {
  let cancel = clock.schedule(CONNECT_TIMEOUT_MS, () => asked.destroy(new Silence(`no connection within ${CONNECT_TIMEOUT_MS} ms`)));
  asked.once('socket', (socket) =>
    socket.once('connect', () => {
      cancel();
      cancel = clock.schedule(ANSWER_TIMEOUT_MS, () => asked.destroy(new Silence(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
    }),
  );
  asked.once('close', () => cancel());
  return () => cancel();
};

class Silence extends Error {
  override name = 'Silence';
}

/** What the client is told when a service did not answer. */
export const notAnswered = (error: Error, { host, port, prefix }: Target): Problem =>
  new Problem(error instanceof Silence ? 504 : 502, {
    message: `${prefix} at ${host}:${port} does not answer: ${error.message}`,
  });
