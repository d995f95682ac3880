import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http';
import { request as secureRequest } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Server } from '../../src/domain/traffic/table.ts';

/** A server behind a balancer, which says who it is. */
export type Backend = {
  readonly server: Server;
  /** Requests that it has read. */
  seen(): readonly { readonly method: string; readonly url: string; readonly headers: IncomingMessage['headers'] }[];
  /** Ends it as a crash does: every connection is reset. */
  die(): Promise<void>;
};

type Answer = (incoming: IncomingMessage, response: ServerResponse) => void;

/** Answers each request with its own name, and upgrades to an echo of bytes. */
export const httpBackend = async (instance: string, answer: Answer = (_, response) => response.end(instance)): Promise<Backend> => {
  const requests: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    requests.push({ method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers });
    answer(incoming, response);
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', ({ headers }, socket) => {
    socket.on('error', () => socket.destroy());
    // RFC 6455 §4.2.2.
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Accept: ${accept}`];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.on('data', (bytes) => socket.write(bytes));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const die = async (): Promise<void> => {
    for (const socket of sockets) socket.resetAndDestroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(die);
  return { server: serverAt(instance, (server.address() as AddressInfo).port), seen: () => requests, die };
};

/** Says who it is to each connection, then echoes; `seen` is one entry per connection, its url the first bytes that came. */
export const tcpBackend = async (instance: string): Promise<Backend> => {
  const connections: { method: string; url: string; headers: IncomingMessage['headers'] }[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    const seen = { method: '', url: '', headers: {} };
    connections.push(seen);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.write(`${instance}\n`);
    socket.on('data', (bytes) => {
      seen.url += bytes.toString('latin1');
      socket.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const die = async (): Promise<void> => {
    for (const socket of sockets) socket.resetAndDestroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(die);
  return { server: serverAt(instance, (server.address() as AddressInfo).port), seen: () => connections, die };
};

const serverAt = (instance: string, port: number): Server => ({ instance, address: '127.0.0.1', port, isDraining: false });

/** A port of loopback that nobody has at this moment. */
export const freePort = async (): Promise<number> => {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
};

export type Answered = { readonly status: number; readonly body: string; readonly headers: IncomingMessage['headers'] };

/** One request; rejects where the connection breaks before the answer is whole. */
export const ask = (port: number, options: RequestOptions & { readonly body?: string } = {}): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const by = rest.protocol === 'https:' ? secureRequest : request;
    const asked = by({ host: '127.0.0.1', port, agent: false, rejectUnauthorized: false, ...rest }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString(), headers: response.headers }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });

/** A connection whose bytes can be awaited. */
export const dial = async (port: number): Promise<{ readonly socket: Socket; until(text: string): Promise<string> }> => {
  const socket = connect(port, '127.0.0.1');
  let read = '';
  const looks = new Set<() => void>();
  const lookAll = (): void => {
    for (const look of [...looks]) look();
  };
  socket.on('data', (bytes) => {
    read += bytes.toString('latin1');
    lookAll();
  });
  socket.on('error', () => undefined);
  socket.on('close', lookAll);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const until = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!read.includes(text) && !socket.closed) return;
        looks.delete(look);
        if (read.includes(text)) resolve(read);
        else reject(new Error(`the connection ended before '${text}': ${JSON.stringify(read)}`));
      };
      looks.add(look);
      look();
    });
  return { socket, until };
};
