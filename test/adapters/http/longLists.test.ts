import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import fastify from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compressAnswers } from '../../../src/adapters/http/edge/compression.ts';
import { limitConcurrency } from '../../../src/adapters/http/edge/concurrency.ts';
import { LongList, longSize, piecesOf } from '../../../src/adapters/http/longList.ts';
import { withoutLiveOnly } from '../../../src/adapters/http/past/liveOnly.ts';
import { sliceLongLists, WHOLE_ELEMENTS } from '../../../src/adapters/http/slices.ts';
import type { Server } from '../../../src/adapters/http/surroundings.ts';
import { serving } from './streams.ts';

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);
const listOf = (count: number) => new LongList(numbers(count), (n) => [{ n, text: `"${n}" ü ✓`, absent: undefined }]);
const MANY = WHOLE_ELEMENTS * 20;

/** A server with a long list whose every element is told of, and something short beside it. */
const server = async ({ max }: { readonly max?: number } = {}) => {
  const told: number[] = [];
  const http = fastify();
  if (max !== undefined) limitConcurrency(http as unknown as Server, max);
  compressAnswers(http as unknown as Server);
  sliceLongLists(http as unknown as Server);
  const list = new LongList(numbers(MANY), (n) => {
    told.push(n);
    return [{ n, text: 'x'.repeat(1_000) }];
  });
  http.get('/long', async () => ({ before: 1, list }));
  http.get('/few', async () => ({ list: listOf(WHOLE_ELEMENTS) }));
  http.get('/broken', async () => ({
    list: new LongList(numbers(MANY), (n) => {
      if (n === MANY - 1) throw new Error('no');
      return ['x'.repeat(1_000)];
    }),
  }));
  http.get('/short', async () => ({ told: told.length }));
  const address = await serving(http);
  onTestFinished(async () => {
    http.server.closeAllConnections();
    await http.close();
  });
  return { http, address, told };
};

const open = async (url: string): Promise<IncomingMessage> => {
  const [answer] = await once(get(url, { agent: false }), 'response');
  return answer as IncomingMessage;
};

describe('a long list', () => {
  test.each<readonly [string, unknown]>([
    ['alone', listOf(3)],
    ['of none', { list: listOf(0) }],
    ['between other fields, one of them absent', { a: 1, b: undefined, list: listOf(2), c: null, d: [1, { e: 'f' }] }],
    ['in an object', { app: { id: '/web', tasks: listOf(2) }, more: {} }],
    ['in elements of another', { apps: new LongList([1, 2], (n) => [{ n, tasks: listOf(n), none: undefined }], { nested: true }) }],
    ['whose rows tell none, one or two', { list: new LongList([0, 1, 2, 0], numbers) }],
    ['where none is', { a: { b: [1] } }],
  ])('%s has in pieces the bytes of the whole', (_, answer) => {
    expect([...piecesOf(answer)].join('')).toBe(JSON.stringify(answer));
  });

  test('counts with those in its elements', () => {
    expect(longSize({ app: { tasks: listOf(5) }, list: listOf(2) })).toBe(7);
    expect(longSize({ list: new LongList([1], () => [], { nested: true, size: 9 }), text: 'x' })).toBe(9);
    expect(longSize(['x'])).toBe(0);
  });

  test('loses fields that only the present has, as an array does', () => {
    const tasks = new LongList([1], () => [{ id: 'a', healthCheckResults: [] }]);
    expect(JSON.stringify(withoutLiveOnly('/v2/tasks', { tasks }))).toBe('{"tasks":[{"id":"a"}]}');
  });
});

describe('an answer with a long list', () => {
  test('lets others be answered before it ends, and is whole in the end', async () => {
    const { address, told } = await server();
    const long = fetch(`${address}/long`).then((answer) => answer.text());
    while (told.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const { told: then } = (await (await fetch(`${address}/short`)).json()) as { told: number };
    expect(then).toBeLessThan(MANY);
    expect(await long).toBe(JSON.stringify({ before: 1, list: numbers(MANY).map((n) => ({ n, text: 'x'.repeat(1_000) })) }));
  });

  test('is made in one go where it is short', async () => {
    const { address } = await server();
    const answer = await fetch(`${address}/few`);
    expect(answer.headers.get('content-length')).not.toBeNull();
    expect(await answer.text()).toBe(JSON.stringify({ list: listOf(WHOLE_ELEMENTS) }));
  });

  test('is JSON to its headers, and gzip for who takes it', async () => {
    const { http } = await server();
    const plain = await http.inject({ url: '/long' });
    const zipped = await http.inject({ url: '/long', headers: { 'accept-encoding': 'gzip' } });
    expect([plain.headers['content-type'], plain.headers['content-encoding']]).toEqual(['application/json; charset=utf-8', undefined]);
    expect([zipped.headers['content-encoding'], zipped.headers.vary]).toEqual(['gzip', 'Accept-Encoding']);
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.payload);
  });

  test('is not made for HEAD', async () => {
    const { http, told } = await server();
    const { statusCode, payload } = await http.inject({ method: 'HEAD', url: '/long' });
    expect([statusCode, payload, told]).toEqual([200, '', []]);
  });

  test.each(['identity', 'gzip'])('ends with a client that goes away (%s)', async (encoding) => {
    const { address, told, http } = await server();
    const sockets: Socket[] = [];
    http.server.on('connection', (socket) => sockets.push(socket));
    const [answer] = (await once(get(`${address}/long`, { agent: false, headers: { 'accept-encoding': encoding } }), 'response')) as [
      IncomingMessage,
    ];
    answer.destroy();
    await Promise.all(
      sockets.map((socket) => new Promise<void>((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())))),
    );
    for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(resolve));
    const stood = told.length;
    for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
    expect(told.length).toBe(stood);
    expect(stood).toBeLessThan(MANY);
  });

  test('is cut where something breaks in the midst of it', async () => {
    const { address } = await server();
    const answer = await fetch(`${address}/broken`);
    await expect(answer.text()).rejects.toThrow();
  });

  test('takes a place among concurrent requests until it has ended', async () => {
    const { address } = await server({ max: 1 });
    const long = await open(`${address}/long`);
    expect((await fetch(`${address}/short`)).status).toBe(503);
    long.resume();
    await once(long, 'end');
    let status = 503;
    while (status === 503) status = (await fetch(`${address}/short`)).status;
    expect(status).toBe(200);
  });
});
