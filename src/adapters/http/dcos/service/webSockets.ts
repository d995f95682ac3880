import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { Access } from '../../access.ts';
import { Problem } from '../../problem.ts';
import { canonicalUrl } from '../urls.ts';
import { type Headers, headersForClient, headersForService } from './headers.ts';
import { resolveService, type Target } from './resolve.ts';
import { notAnswered, requestTo, watchSilence } from './upstream.ts';

/** How a listener treats requests to change the protocol of their connection. */
export type WebSockets = {
  /** Only a WebSocket of a service is one; any other wish is passed over, as HTTP allows. */
  readonly isOne: (request: IncomingMessage) => boolean;
  readonly accept: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

export const webSocketsOf = (engine: Engine, access: Access, closing: AbortSignal): WebSockets => ({
  isOne: ({ url = '', headers }) => canonicalUrl(url).startsWith('/service/') && headers.upgrade?.toLowerCase() === 'websocket',
  accept: (request, socket, head) => {
    // Whoever goes away while nobody listens yet is no defect.
    socket.on('error', () => socket.destroy());
    try {
      access.admit({ headers: request.headers, socket: socket as Socket }, request.url ?? '');
      passOn(engine, access, closing, { request, socket, head, target: resolveService(engine, request.url ?? '') });
    } catch (error) {
      refuse(socket, error);
    }
  },
});

type Wish = { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer; readonly target: Target };

const passOn = ({ clock }: Engine, access: Access, closing: AbortSignal, { request, socket, head, target }: Wish): void => {
  const headers = { ...headersForService(request, access), connection: 'Upgrade', upgrade: request.headers.upgrade ?? 'websocket' };
  const asked = requestTo(target, request.method ?? 'GET', headers);
  const answered = watchSilence(asked, clock);
  const cut = (): void => {
    socket.destroy();
  };
  closing.addEventListener('abort', cut);
  socket.once('close', () => {
    closing.removeEventListener('abort', cut);
    asked.destroy();
  });
  asked.on('error', (error) => refuse(socket, notAnswered(error, target)));
  asked.once('upgrade', (answer, upstream, first) => {
    answered();
    socket.write(
      headText(answer, { ...headersForClient(answer, target, request.headers.host), connection: 'Upgrade', upgrade: 'websocket' }),
    );
    if (first.length > 0) socket.write(first);
    if (head.length > 0) upstream.write(head);
    upstream.on('error', cut);
    // What is under way to the client still arrives.
    upstream.once('close', () => socket.end());
    socket.once('close', () => upstream.destroy());
    // A WebSocket is never open in one direction alone.
    for (const end of [socket, upstream]) end.once('end', () => end.end());
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  // It says no, in HTTP.
  asked.once('response', (answer) => {
    answered();
    socket.write(headText(answer, { ...headersForClient(answer, target, request.headers.host), connection: 'close' }));
    answer.pipe(socket);
  });
  asked.end();
};

const headText = (
  { statusCode = 502, statusMessage = '' }: Pick<IncomingMessage, 'statusCode' | 'statusMessage'>,
  headers: Headers,
): string => {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => `${name}: ${each}`));
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`;
};

const refuse = (socket: Duplex, error: unknown): void => {
  const { status, body, headers } =
    error instanceof Problem ? error : new Problem(500, { message: 'Internal error; the log of the engine says more.' });
  const text = JSON.stringify(body);
  socket.end(
    headText(
      { statusCode: status, statusMessage: STATUS_CODES[status] ?? '' },
      {
        ...headers,
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(Buffer.byteLength(text)),
        connection: 'close',
      },
    ) + text,
  );
};
