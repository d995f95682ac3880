import { statSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { createFront, type Front, type FrontOptions } from '../../../src/adapters/http/front.ts';
import { createHttp } from '../../../src/adapters/http/http.ts';
import { sentenceOf } from '../../../src/projections/sentences.ts';
import { fakeEngine } from '../../support/fakeEngine.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { listen } from './streams.ts';
import { TOKEN } from './world.ts';

const open = (options?: FrontOptions): Front => {
  const front = createFront(options);
  onTestFinished(() => front.close());
  return front;
};

/** A server that says which one it is, after as many turns of the loop as it is asked to take. */
const naming = (name: string): FastifyInstance => {
  const app = fastify();
  app.decorate('webSockets', { isOne: () => false, accept: () => {} } as never);
  app.all('/', async ({ query }) => {
    for (let n = Number((query as { turns?: string }).turns ?? 0); n > 0; n--) await turn();
    return name;
  });
  return app;
};

type Got = { readonly status: number; readonly text: string; readonly headers: IncomingMessage['headers'] };

const get = (url: string, options: { agent?: Agent; socketPath?: string; method?: string; body?: string } = {}): Promise<Got> =>
  new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const asked = request(url, { ...rest, headers: { 'content-type': 'application/json' } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });

test('however often the server is swapped, every request is answered once, on connections that stay', async () => {
  const front = open();
  await front.serve(naming('0'));
  const { address } = await front.listenTcp({ port: 0 });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  onTestFinished(() => agent.destroy());
  let asked = 0;
  const answers: Got[] = [];
  let isOver = false;
  const client = async (n: number): Promise<void> => {
    while (!isOver) {
      asked += 1;
      const [method, body] = n % 2 === 0 ? (['GET', undefined] as const) : (['POST', '{"some":"body"}'] as const);
      answers.push(await get(`${address}/?turns=${asked % 7}`, { agent, method, ...(body !== undefined && { body }) }));
    }
  };
  const clients = Array.from({ length: 8 }, (_, n) => client(n));
  const swaps: Promise<void>[] = [];
  for (let n = 1; n <= 60; n++) {
    const before = answers.length;
    // Every third time nobody serves for a while.
    if (n % 3 === 0) swaps.push(front.serve(undefined));
    swaps.push(front.serve(naming(String(n))));
    while (answers.length < before + 10) await turn();
  }
  isOver = true;
  await Promise.all([...clients, ...swaps]);
  expect(answers).toHaveLength(asked);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(new Set(answers.map(({ text }) => text)).size).toBeGreaterThan(50);
  expect(answers.filter(({ headers }) => headers.connection === 'close')).toEqual([]);
});

test('what was asked of the one before is answered by it, and it is closed then', async () => {
  const front = open();
  const answer = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const app = naming('old');
  app.get('/slow', () => {
    begun.resolve();
    return answer.promise;
  });
  let isClosed = false;
  app.addHook('onClose', async () => {
    isClosed = true;
  });
  await front.serve(app);
  const { address } = await front.listenTcp({ port: 0 });
  const slow = get(`${address}/slow`);
  await begun.promise;
  const swapped = front.serve(naming('new'));
  expect((await get(address)).text).toBe('new');
  expect(isClosed).toBe(false);
  answer.resolve('at last');
  expect((await slow).text).toBe('at last');
  await swapped;
  expect(isClosed).toBe(true);
});

test('streams end with their server, and whoever comes back is answered by the next', async () => {
  const front = open();
  const api = async () =>
    createHttp({ engine: await fakeEngine(), sentenceOf, auth: { token: TOKEN }, version: '0.0.1', localSockets: front.localSockets });
  await front.serve(await api());
  const { address } = await front.listenTcp({ port: 0 });
  const listener = await listen(address, '/v2/events');
  const swapped = front.serve(await api());
  await Promise.all([swapped, listener.ended]);
  expect((await listen(address, '/v2/events')).status).toBe(200);
});

test('while nobody serves requests wait, and after that time or above that number they are sent away to come again', async () => {
  const front = open({ waitMs: 60_000 });
  const { address } = await front.listenTcp({ port: 0 });
  const waits = get(address);
  const gone = request(address);
  gone.on('error', () => {});
  gone.end();
  gone.destroy();
  await front.serve(naming('here'));
  expect((await waits).text).toBe('here');

  const hasty = open({ waitMs: 1 });
  const { address: elsewhere } = await hasty.listenTcp({ port: 0 });
  expect(await get(elsewhere)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
});

test('its socket is private, needs no token, and replaces a file that nobody listens on, but nothing else', async () => {
  const front = open();
  const engine = await fakeEngine();
  await front.serve(createHttp({ engine, sentenceOf, auth: { token: TOKEN }, version: '0.0.1', localSockets: front.localSockets }));
  const socketPath = join(temporaryFolder(), 'wharf.sock');
  const { address } = await front.listenTcp({ port: 0 });
  await front.listenUnix(socketPath);
  expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  expect((await get('http://localhost/v2/apps', { socketPath })).status).toBe(200);
  expect((await get(`${address}/v2/apps`)).status).toBe(401);
  await expect(open().listenUnix(socketPath)).rejects.toThrow('another process listens');
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(open().listenUnix(file)).rejects.toThrow('is no socket');
});

test('closing ends connections that rest or have not spoken yet, and frees the port', async () => {
  const front = open();
  await front.serve(naming('here'));
  const { address } = await front.listenTcp({ port: 0 });
  const port = Number(new URL(address).port);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  await get(address, { agent });
  const silent = connect({ port, host: '127.0.0.1' });
  await new Promise((resolve) => silent.once('connect', resolve));
  const cut = new Promise((resolve) => silent.once('close', resolve));
  await front.close();
  await cut;
  const next = createServer();
  await new Promise<void>((resolve, reject) => next.once('error', reject).listen(port, '127.0.0.1', resolve));
  next.close();
});
