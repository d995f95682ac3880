import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

type Headers = Readonly<Record<string, string>>;

const textOf = (status: number, why: string): string => `${status} ${STATUS_CODES[status]}: ${why}\n`;

/** An answer of the balancer itself. */
export const answer = (response: ServerResponse, status: number, why: string, headers: Headers = {}): void => {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { req } = response;
  const body = textOf(status, why);
  // The rest of a body that nobody reads would stand where the next request should.
  const isRead = req.complete || (req.headers['transfer-encoding'] === undefined && req.headers['content-length'] === undefined);
  response.writeHead(status, {
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...(!isRead && { connection: 'close' }),
  });
  req.unpipe();
  req.resume();
  response.end(body);
};

/** The same to a client that asked for an upgrade. */
export const answerRaw = (socket: Duplex, status: number, why: string, headers: Headers = {}): void => {
  if (!socket.writable) return void socket.destroy();
  const body = textOf(status, why);
  const lines = Object.entries({
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
};
