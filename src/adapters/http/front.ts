import { lookup } from 'node:dns/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { LocalSockets } from './access.ts';
import { bindPrivately, type Listening } from './listen.ts';
import { RETRY_AFTER_SECONDS } from './problem.ts';

/** Longest time that a request waits while nobody serves, ms; then it is answered 503. */
export const WAIT_FOR_APP_MS = 10_000;
/** Requests that wait while nobody serves; one more is answered 503. */
export const WAITING_MAX = 1_024;
/** How long requests whose answer has not begun keep the server that was replaced, ms. */
export const DRAIN_MAX_MS = 10_000;
/** How long answers that have begun may go on after its streams were ended, ms; then they are cut. */
export const LINGER_MAX_MS = 10_000;
/** Nothing says that an answer has begun, so it is looked for this often, ms. */
const LOOK_AGAIN_MS = 10;
/** How long a connection may rest between two requests, ms; fastify's. */
const KEEP_ALIVE_MS = 72_000;

/** The listeners of one process, which outlive the servers behind them. */
export type Front = {
  /** Connections that need no token: what is served here is created with it. */
  readonly localSockets: LocalSockets;
  /**
   * From here on this server answers; `undefined`: nobody does, and requests wait. No connection is refused or closed meanwhile. Resolves
   * when what was served before has ended: its requests were answered, its streams ended, and it is closed.
   */
  serve(app: FastifyInstance | undefined): Promise<void>;
  /** @param host 127.0.0.1 unless the operator says otherwise. */
  listenTcp(place: { readonly host?: string; readonly port: number }): Promise<Listening>;
  /** As the function `listenUnix`: of mode 0600, and who comes through it needs no token. */
  listenUnix(path: string): Promise<Listening>;
  /** Ends what is served, then the listeners. */
  close(): Promise<void>;
};

export type FrontOptions = { readonly waitMs?: number; readonly drainMs?: number; readonly lingerMs?: number };

type Served = { readonly app: FastifyInstance; readonly open: Set<ServerResponse> };
type Waiting = { readonly go: () => void; readonly refuse: () => void };

/** A process changes its role, and with it the server that answers; whoever is connected need not know. */
export const createFront = ({ waitMs = WAIT_FOR_APP_MS, drainMs = DRAIN_MAX_MS, lingerMs = LINGER_MAX_MS }: FrontOptions = {}): Front => {
  const localSockets: LocalSockets = new WeakSet();
  const servers = new Set<Server>();
  const closers = new Set<() => Promise<void>>();
  const waiting = new Set<Waiting>();
  const ending = new Set<Promise<void>>();
  let current: Served | undefined;
  let isClosing = false;

  const hand = ({ app, open }: Served, request: IncomingMessage, response: ServerResponse): void => {
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      if (isClosing) closeIdle(servers);
    });
    app.routing(request, response);
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (current !== undefined) hand(current, request, response);
    else if (isClosing || waiting.size >= WAITING_MAX) refuse(response);
    else wait(request, response);
  };
  const wait = (request: IncomingMessage, response: ServerResponse): void => {
    const settle = (): boolean => {
      clearTimeout(timer);
      response.off('close', settle);
      return waiting.delete(one);
    };
    const one: Waiting = {
      go: () => {
        if (settle() && current !== undefined) hand(current, request, response);
      },
      refuse: () => {
        if (settle()) refuse(response);
      },
    };
    const timer = setTimeout(one.refuse, waitMs);
    response.once('close', settle);
    waiting.add(one);
  };

  const open = (): Server => {
    const shouldUpgradeCallback = (request: IncomingMessage): boolean => current?.app.webSockets.isOne(request) ?? false;
    // Uploads to services may take as long as they like.
    const server = createServer({ shouldUpgradeCallback, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, answer);
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (current === undefined) socket.destroy();
      else current.app.webSockets.accept(request, socket, head);
    });
    server.on('clientError', (error, socket) => {
      if (current === undefined) socket.destroy();
      else current.app.server.emit('clientError', error, socket);
    });
    return server;
  };
  const listening = (server: Server, address: string): Listening => {
    const connections = new Set<Socket>();
    server.on('connection', (socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
    });
    servers.add(server);
    const close = (): Promise<void> => {
      closers.delete(close);
      return new Promise((resolve) => {
        server.close(() => resolve());
        // Node waits for those that have not sent a byte yet, such as a browser's in advance.
        for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
      });
    };
    closers.add(close);
    return { address, close };
  };

  const end = async ({ app, open: unanswered }: Served): Promise<void> => {
    const isBegun = (): boolean => [...unanswered].every(({ headersSent }) => headersSent);
    await until(isBegun, drainMs);
    await app.close();
    await until(() => unanswered.size === 0, lingerMs);
    for (const response of unanswered) response.destroy();
  };
  const serve = async (app: FastifyInstance | undefined): Promise<void> => {
    await app?.ready();
    const before = current;
    current = app === undefined ? undefined : { app, open: new Set() };
    if (current !== undefined) for (const { go } of [...waiting]) go();
    if (before === undefined) return;
    const ended = end(before).finally(() => ending.delete(ended));
    ending.add(ended);
    await ended;
  };

  return {
    localSockets,
    serve,
    listenTcp: async ({ host = '127.0.0.1', port }) => {
      const server = open();
      const first = listening(server, urlOf(await bind(server, host, port)));
      const bound = server.address() as AddressInfo;
      const also = host === 'localhost' ? await otherLoopbacks(bound) : [];
      for (const address of also) {
        const other = open();
        // As fastify: `localhost` is both where it can be.
        const isBound = await bind(other, address, bound.port).catch(() => undefined);
        if (isBound !== undefined) listening(other, urlOf(isBound));
      }
      return first;
    },
    listenUnix: async (path) => {
      const server = open();
      server.on('connection', (socket) => localSockets.add(socket));
      await bindPrivately(server, path);
      return listening(server, path);
    },
    close: async () => {
      isClosing = true;
      for (const { refuse: sendAway } of [...waiting]) sendAway();
      const closed = Promise.all([...closers].map((close) => close()));
      await serve(undefined);
      await Promise.all(ending);
      closeIdle(servers);
      await closed;
    },
  };
};

const refuse = (response: ServerResponse): void => {
  response.writeHead(503, {
    'content-type': 'application/json; charset=utf-8',
    'retry-after': String(RETRY_AFTER_SECONDS),
    connection: 'close',
  });
  response.end(JSON.stringify({ message: 'This engine is changing its role.' }));
};

const closeIdle = (servers: ReadonlySet<Server>): void => {
  setImmediate(() => {
    for (const server of servers) server.closeIdleConnections();
  });
};

const until = async (holds: () => boolean, withinMs: number): Promise<void> => {
  for (let waited = 0; !holds() && waited < withinMs; waited += LOOK_AGAIN_MS)
    await new Promise<void>((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
};

const bind = (server: Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });

const otherLoopbacks = async ({ address: first }: AddressInfo): Promise<readonly string[]> =>
  (await lookup('localhost', { all: true })).map(({ address }) => address).filter((address) => address !== first);

const urlOf = ({ address, family, port }: AddressInfo): string => {
  // All addresses have no name of their own; the loopback one is sure to lead here.
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
};
