import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { LoadBalancer } from '../../../../src/adapters/balancer/embedded/loadBalancer.ts';
import type { Pool, Route } from '../../../../src/domain/traffic/table.ts';
import { pool, route } from '../../../contracts/balancer.contract.ts';
import { ask, dial, freePort, httpBackend } from '../../../support/trafficServer.ts';

const serving = async (pools: readonly Pool[], given: Partial<Route> = {}) => {
  const balancer = new LoadBalancer();
  onTestFinished(() => balancer.close());
  const port = await freePort();
  const listener = { id: 'http', address: '127.0.0.1', port, mode: 'http', acceptsProxy: false } as const;
  const apply = (next: readonly Pool[]): Promise<readonly string[]> =>
    balancer.apply({ listeners: [listener], routes: [route({ ...given, listeners: ['http'], pools: next })] });
  await apply(pools);
  return { balancer, port, apply };
};

/** A server that counts its connections and can close those that stand idle. */
const counting = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
  const sockets: Socket[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, answer).listen(0, '127.0.0.1');
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { sockets, server: { instance: 'counting', address: '127.0.0.1', port, isDraining: false } };
};

const closed = async (socket: Socket | undefined): Promise<void> => {
  if (socket !== undefined && !socket.closed) await once(socket, 'close');
};

test('uses a connection again for what only reads, and makes a new one for each POST', async () => {
  const { sockets, server } = await counting((request, response) => void request.resume().on('end', () => response.end('ok')));
  const { port } = await serving([pool('1', [server])]);
  for (let nth = 0; nth < 5; nth++) await ask(port);
  expect(sockets.length).toBe(1);
  for (let nth = 0; nth < 3; nth++) await ask(port, { method: 'POST', body: 'x' });
  expect(sockets.length).toBe(4);
});

test('asks again on a new connection where one that stood idle dies under a GET, and never for a POST', async () => {
  let asked = 0;
  const { sockets, server } = await counting((request, response) => {
    asked += 1;
    // The second request of a connection is read, and its connection dies.
    if (sockets.indexOf(request.socket) === 0 && asked === 2) request.socket.resetAndDestroy();
    else response.end('ok');
  });
  const { balancer, port } = await serving([pool('1', [server])]);
  await ask(port);
  expect((await ask(port)).body).toBe('ok');
  expect(asked).toBe(3);
  expect(balancer.counters()[0]).toMatchObject({ requests: 2, errors: 0 });
});

test('answers 502 to a GET whose connection was new, without asking again', async () => {
  let asked = 0;
  const { server } = await counting((request) => {
    asked += 1;
    request.socket.destroy();
  });
  const { port } = await serving([pool('1', [server])]);
  const { status, body, headers } = await ask(port);
  expect([status, asked, headers['content-type']]).toEqual([502, 1, 'text/plain; charset=utf-8']);
  expect(body).toBe('502 Bad Gateway: the connection broke before the server answered\n');
});

test('closes idle connections to a server that drains, and keeps those of clients', async () => {
  const { sockets, server } = await counting((_, response) => response.end('old'));
  const other = await httpBackend('new');
  const { port, apply } = await serving([pool('1', [server])]);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const made: Socket[] = [];
  const asking = async (): Promise<string> => {
    const { body } = await ask(port, { agent });
    for (const each of Object.values(agent.freeSockets).flat()) if (each !== undefined && !made.includes(each)) made.push(each);
    return body;
  };
  expect(await asking()).toBe('old');
  await apply([pool('1', [{ ...server, isDraining: true }, other])]);
  await closed(sockets[0]);
  expect(await asking()).toBe('new');
  expect(made.length).toBeLessThanOrEqual(1);
});

test('answers 504 when a server says nothing for too long', async () => {
  const { server } = await counting(() => undefined);
  const { balancer, port } = await serving([pool('1', [server])], { timeouts: { connectMs: 500, serverMs: 60 } });
  expect((await ask(port)).status).toBe(504);
  expect(balancer.busyWith('counting')).toBe(0);
  expect(balancer.counters()[0]).toMatchObject({ requests: 1, errors: 1, current: 0 });
});

test('answers 431 to a head that is too large', async () => {
  const { port } = await serving([pool('1', [await httpBackend('a')])]);
  expect((await ask(port, { headers: { cookie: 'x'.repeat(17_000) } })).status).toBe(431);
});

test('reads no faster from a server than the client does', async () => {
  let written = 0;
  const { server } = await counting((_, response) => {
    const part = Buffer.alloc(64 * 1024);
    const write = (): void => {
      while (written < 64 * 1024 * 1024) {
        written += part.length;
        if (!response.write(part)) return void response.once('drain', write);
      }
      response.end();
    };
    write();
  });
  const { port } = await serving([pool('1', [server])]);
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  client.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  await once(client, 'readable');
  // What stands still for fifty turns is held by the buffers between.
  for (let before = -1, turns = 0; turns < 50; turns++) {
    if (before !== written) turns = 0;
    before = written;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(written).toBeLessThan(32 * 1024 * 1024);
  let read = 0;
  for await (const part of client) read += (part as Buffer).length;
  expect(read).toBeGreaterThan(64 * 1024 * 1024);
});

test('passes a body on as it comes, and the answer before the body has ended', async () => {
  const { server } = await counting((request, response) => {
    response.writeHead(200);
    request.on('data', (part: Buffer) => response.write(part));
    request.on('end', () => response.end());
  });
  const { port } = await serving([pool('1', [server])]);
  const { socket, until } = await dial(port);
  socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n');
  await until('one');
  socket.write('3\r\ntwo\r\n0\r\n\r\n');
  await until('two');
});

test('keeps the connection of a client whose server closes its own, and closes it when the client asks', async () => {
  const { server } = await counting((_, response) => response.setHeader('connection', 'close').end('ok'));
  const { port } = await serving([pool('1', [server])]);
  const { socket, until } = await dial(port);
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  expect((await until('ok')).toLowerCase()).toContain('connection: keep-alive');
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  await once(socket, 'close');
});

test('hands a server no headers that Connection names, and no way to hide where a body ends', async () => {
  const backend = await httpBackend('a');
  const { port } = await serving([pool('1', [backend])]);
  const { socket, until } = await dial(port);
  socket.write('POST / HTTP/1.1\r\nhost: a\r\nx-secret: 1\r\nconnection: x-secret, content-length\r\ncontent-length: 2\r\n\r\nhi');
  await until('200 OK');
  expect(backend.seen()[0]?.headers).toMatchObject({ 'content-length': '2' });
  expect(backend.seen()[0]?.headers).not.toHaveProperty('x-secret');
});

test('says why a WebSocket could not be made', async () => {
  const { server } = await counting((request) => request.socket.destroy());
  const { port } = await serving([pool('1', [server])]);
  const { socket, until } = await dial(port);
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n');
  await until('HTTP/1.1 502 Bad Gateway');
});

test('counts a WebSocket as busy until it is closed, and closes it on both sides', async () => {
  const backend = await httpBackend('a');
  const { balancer, port } = await serving([pool('1', [backend])]);
  const { socket, until } = await dial(port);
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: eA==\r\n\r\n');
  await until('101');
  expect(balancer.busyWith('a')).toBe(1);
  socket.resetAndDestroy();
  while (balancer.busyWith('a') > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(balancer.counters()[0]).toMatchObject({ current: 0 });
});

test('tells of hashes that it can not check', async () => {
  const auth = { realm: 'r', users: { ann: '$2y$10$abcdefghijklmnopqrstuuOQ7Y0h8kTnmLKv9yH4VRlhKJ8B5sD1e' } };
  const { port, apply } = await serving([pool('1', [await httpBackend('a')])], { auth });
  expect((await apply([pool('1', [await httpBackend('a')])])).join()).toMatch(/user ann of \/web:0 can't log in: bcrypt is not supported/);
  expect((await ask(port, { auth: 'ann:x' })).status).toBe(401);
});
