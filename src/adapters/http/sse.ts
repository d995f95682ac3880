import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Time without events after which a listener gets an empty line, ms; Jetty's, which Marathon's clients know. */
export const HEARTBEAT_MS = 10_000;
export const HEARTBEAT = '\r\n';

export type Frame = { readonly event?: string; readonly id?: string; readonly data: unknown };

/** One server-sent event with Marathon's line ends (WHATWG HTML, 9.2). JSON text holds no line end, so data is one line. */
export const frameText = ({ event, id, data }: Frame): string =>
  `${event === undefined ? '' : `event: ${event}\r\n`}${id === undefined ? '' : `id: ${id}\r\n`}data: ${JSON.stringify(data)}\r\n\r\n`;

/**
 * Answers with an endless stream of text; `frames` is asked for more only when the connection has room, and is ended with it.
 * When it throws, the connection is cut, so that the client knows that something is missing and comes back.
 */
export const sendEvents = (reply: FastifyReply, frames: AsyncGenerator<string, void>): FastifyReply => {
  reply.header('content-type', 'text/event-stream');
  reply.header('cache-control', 'no-cache');
  reply.header('connection', 'close');
  const stream = Readable.from(frames, { objectMode: false, highWaterMark: 16 * 1024 });
  // Who listens is told that it does, though the first event may be long in coming.
  reply.raw.once('pipe', () => reply.raw.flushHeaders());
  stream.on('error', (error) => reply.log.warn({ err: error.message }, 'event stream ended'));
  return reply.send(stream);
};

/** Aborts when the server closes or this connection does. */
export const whileConnected = (reply: FastifyReply, closing: AbortSignal): AbortSignal => {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return AbortSignal.any([closing, gone.signal]);
};

/** A connection as a feed sees it. */
export type Connection = { readonly signal: AbortSignal; readonly onOverflow: () => void };

export const connectionOf = (reply: FastifyReply, closing: AbortSignal): Connection => ({
  signal: whileConnected(reply, closing),
  onOverflow: () => reply.raw.destroy(),
});
