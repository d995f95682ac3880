import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Server as NetServer } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import type { FastifyInstance } from 'fastify';

/** What listens, and how to stop it; closing the fastify instance stops it too. */
export type Listening = { readonly address: string; close(): Promise<void> };

/** @param host 127.0.0.1 unless the operator says otherwise. */
export const listenTcp = async (
  http: FastifyInstance,
  { host = '127.0.0.1', port }: { readonly host?: string; readonly port: number },
): Promise<Listening> => {
  const address = await http.listen({ host, port });
  return { address, close: () => http.close() };
};

/**
 * Serves the same API on a unix socket that only its owner may open; who comes through it needs no token.
 * A socket file that nobody listens on any more is replaced.
 * @throws Error when another process listens there, or when something else than a socket is in the way.
 */
export const listenUnix = async (http: FastifyInstance, path: string): Promise<Listening> => {
  await http.ready();
  const { isOne, accept } = http.webSockets;
  const server = createServer({ shouldUpgradeCallback: isOne }, (request, response) => http.routing(request, response));
  server.on('upgrade', accept);
  server.on('connection', (socket) => http.localSockets.add(socket));
  await bindPrivately(server, path);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      http.alsoListening.delete(close);
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  http.alsoListening.add(close);
  return { address: path, close };
};

/**
 * Listens on a socket file of mode 0600; one that nobody listens on any more is replaced.
 * @throws Error when another process listens there, or when something else than a socket is in the way.
 */
export const bindPrivately = async (server: NetServer, path: string): Promise<void> => {
  await removeStale(path);
  // A thread has no mask of its own: there the socket stands in a folder that is private already.
  const before = isMainThread ? process.umask(0o177) : undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    if (before !== undefined) process.umask(before);
  }
  chmodSync(path, 0o600);
};

const removeStale = async (path: string): Promise<void> => {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket()) throw new Error(`${path} is there and is no socket`);
  if (await answers(path)) throw new Error(`another process listens on ${path}`);
  rmSync(path);
};

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
