import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from 'node:tls';
import type { Listener } from '../../../domain/traffic/table.ts';
import { answer } from './answers.ts';
import { Certificates } from './certificates.ts';
import { endsOf, takeProxyHeader } from './clients.ts';
import type { HttpFront } from './httpFront.ts';
import type { Ends } from './proxyHeader.ts';
import type { Serving } from './serving.ts';
import { serveTcp } from './tcpFront.ts';

/** Request line and headers together, bytes; above it 431 is answered. */
const HEAD_MAX = 16 * 1024;
/** A request whose head has not come by then is answered 408, milliseconds. */
const HEAD_MS = 10_000;
/** A client that neither sends its body on nor reads its answer for so long is cut off, milliseconds. */
const CLIENT_MS = 60_000;
/** How long a client's connection stands idle between requests, milliseconds. */
const KEEP_ALIVE_MS = 65_000;

const FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process has this port',
  EACCES: 'this user may not take this port',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** A listener that is open. What of it changes without closing it: its id and its certificates. */
export class Door {
  readonly #serving: Serving;
  readonly #front: HttpFront;
  readonly #certificates = new Certificates();
  /** Who clients are that a PROXY header spoke for, by the sockets' own addresses. */
  readonly #spokenFor = new Map<string, Ends>();
  readonly #underway = new WeakMap<Socket, { readonly request: IncomingMessage; readonly response: ServerResponse }>();
  readonly #sockets = new Set<Socket>();
  readonly #server: TcpServer;
  /** What is bound: the server, or what reads PROXY headers before it. */
  readonly #bound: TcpServer;
  #listener: Listener;
  #isClosed = false;

  constructor(listener: Listener, serving: Serving, front: HttpFront) {
    this.#listener = listener;
    this.#serving = serving;
    this.#front = front;
    this.#server = listener.mode === 'http' ? this.#httpServer() : this.#tcpServer();
    this.#bound = listener.acceptsProxy ? createTcpServer({ allowHalfOpen: true }, (socket) => void this.#spoken(socket)) : this.#server;
    this.#bound.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Two listeners of one kind are the same door. */
  static kindOf({ address, port, mode, tls, acceptsProxy }: Listener): string {
    return JSON.stringify([address, port, mode, tls !== undefined, acceptsProxy]);
  }

  /** @returns what of it can't be so; undefined where nothing can be served */
  update(listener: Listener): readonly string[] {
    this.#listener = listener;
    if (listener.tls === undefined) return [];
    const { first, warnings } = this.#certificates.update(listener.tls.certificates);
    if (first !== undefined) (this.#server as TlsServer).setSecureContext(first);
    const none = first === undefined ? ['there is no usable certificate'] : [];
    return [...warnings, ...none].map((each) => `${placeOf(listener)}: ${each}`);
  }

  /** @throws Error that names the address and port */
  async open(): Promise<void> {
    const { address, port } = this.#listener;
    this.#bound.listen({ port, ...(address !== '*' && { host: address }) });
    try {
      await once(this.#bound, 'listening');
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      throw new Error(`cannot listen on ${placeOf(this.#listener)}: ${FAULTS[code] ?? message}`);
    }
    this.#bound.on('error', () => undefined);
    // The limits of time for heads are watched from this event on, which does not come where another server is bound.
    if (this.#bound !== this.#server && this.#listener.mode === 'http') this.#server.emit('listening');
  }

  /** Takes no new connections; those that are busy end what they do. Resolves when the last one has ended. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    const closed = new Promise<void>((resolve) => this.#bound.close(() => resolve()));
    if (this.#bound !== this.#server) this.#server.close();
    this.#closeIdle();
    return closed;
  }

  /** Cuts off whoever is left. */
  destroy(): void {
    void this.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #closeIdle(): void {
    if (this.#listener.mode === 'http') (this.#server as unknown as HttpServer).closeIdleConnections();
  }

  #tls(): TlsOptions {
    return {
      SNICallback: (name, done) => done(null, this.#certificates.for(name)),
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: HEAD_MS,
    };
  }

  #httpServer(): TcpServer {
    const options: ServerOptions = {
      maxHeaderSize: HEAD_MAX,
      headersTimeout: HEAD_MS,
      // A body may take as long as it moves.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
      shouldUpgradeCallback: ({ method, headers }) => method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket',
    };
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      this.#underway.set(request.socket, { request, response });
      // Whoever comes over a connection that has outlived its listener is the last one there.
      if (this.#isClosed) response.shouldKeepAlive = false;
      response.once('close', () => {
        this.#underway.delete(request.socket);
        if (this.#isClosed) setImmediate(() => this.#closeIdle());
      });
      const handled = this.#front.handle(this.#listener, this.#endsOf(request.socket), request, response);
      handled.catch(() => answer(response, 500, 'the balancer failed'));
    };
    const server =
      this.#listener.tls === undefined ? createHttpServer(options, handle) : createHttpsServer({ ...options, ...this.#tls() }, handle);
    server.on('upgrade', (request, socket, head) => {
      this.#front.upgrade(this.#listener, this.#endsOf(request.socket), request, socket, head).catch(() => socket.destroy());
    });
    server.setTimeout(CLIENT_MS, (socket) => this.#silent(socket));
    return server;
  }

  /** A client has neither sent nor read for long. */
  #silent(socket: Socket): void {
    const underway = this.#underway.get(socket);
    if (underway === undefined || underway.response.writableLength > 0) return void socket.destroy();
    if (underway.request.complete) return void socket.setTimeout(CLIENT_MS);
    answer(underway.response, 408, `the body has not moved for ${CLIENT_MS} ms`);
    socket.destroySoon();
  }

  #tcpServer(): TcpServer {
    const serve = (socket: Socket): void => {
      const { id } = this.#listener;
      serveTcp(this.#serving, id, socket, this.#endsOf(socket)).catch(() => socket.destroy());
    };
    if (this.#listener.tls === undefined) return createTcpServer({ allowHalfOpen: true }, serve);
    const { ALPNProtocols: _, ...tls } = this.#tls();
    return createTlsServer(tls, serve).on('tlsClientError', (_error, socket) => socket.destroy());
  }

  async #spoken(socket: Socket): Promise<void> {
    const key = keyOf(socket);
    const ends = await takeProxyHeader(socket);
    if (ends === undefined) return;
    this.#spokenFor.set(key, ends);
    socket.once('close', () => this.#spokenFor.delete(key));
    this.#server.emit('connection', socket);
  }

  #endsOf(socket: Socket): Ends {
    return this.#spokenFor.get(keyOf(socket)) ?? endsOf(socket);
  }
}

const placeOf = ({ address, port }: Listener): string => `${address}:${port}`;

const keyOf = (socket: Socket): string => [socket.remoteAddress, socket.remotePort, socket.localAddress].join(' ');
