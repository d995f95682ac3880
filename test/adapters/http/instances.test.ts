import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import type { HostRuntime, LogLine, LogOptions } from '../../../src/domain/ports/hosts.ts';
import { world } from './world.ts';

const lines: readonly LogLine[] = [
  { stream: 'stdout', at: 1_893_456_000_000, text: 'one' },
  { stream: 'stderr', text: 'two' },
];

const instance = async (host: Partial<HostRuntime>) => {
  const made = await world();
  await made.actors.addNode('n1');
  await made.steady({ id: '/web', cmd: 'serve' });
  const id = await made.actors.launch('/web', 'n1');
  made.engine.hosts.set('n1', host as HostRuntime);
  return { ...made, id };
};

describe('output', () => {
  test('is text, with the options handed to the host', async () => {
    const asked: unknown[] = [];
    const { call, id } = await instance({
      logs: async function* (name, { signal: _, ...options }) {
        asked.push(name, options);
        yield* lines;
      },
    });
    const { status, text, headers } = await call(
      'GET',
      `/v1/instances/web.instance-${id}._app.1/logs?tail=5&since=2030-01-01T00:00:00Z&timestamps`,
    );
    expect([status, text, headers['content-type']]).toEqual([200, '2030-01-01T00:00:00.000Z one\ntwo\n', 'text/plain; charset=utf-8']);
    expect(asked).toEqual([id, { follow: false, tail: 5, since: 1_893_456_000_000 }]);
    expect((await call('GET', `/v1/instances/${id}/logs?since=soon`)).status).toBe(422);
  });

  test('of a pod tells whose each line is, or is that of one container', async () => {
    const asked: unknown[] = [];
    const { call, id } = await instance({
      logs: async function* (_name, { container }) {
        asked.push(container);
        yield { stream: 'stdout', at: 1_893_456_000_000, text: 'up', container: container ?? 'web' };
      },
    });
    expect((await call('GET', `/v1/instances/${id}/logs?timestamps`)).text).toBe('2030-01-01T00:00:00.000Z web | up\n');
    expect((await call('GET', `/v1/instances/${id}/logs?container=db`)).text).toBe('up\n');
    expect(asked).toEqual([undefined, 'db']);
  });

  test('that a host cannot give is an answer, not half a stream', async () => {
    const { call, id } = await instance({
      // biome-ignore lint/correctness/useYield: it fails before the first line.
      logs: async function* () {
        throw new Error('down', { cause: { _tag: 'HostUnreachable', message: 'no route' } });
      },
    });
    const { status, body } = await call('GET', `/v1/instances/${id}/logs`);
    expect([status, body]).toEqual([502, { message: 'HostUnreachable: no route', fault: 'HostUnreachable' }]);
  });

  test('that is followed ends when the server closes', async () => {
    const { promise: follows, resolve: following } = Promise.withResolvers<void>();
    const { http, call, id } = await instance({
      logs: async function* (_: string, { signal }: LogOptions) {
        yield { stream: 'stdout', text: 'first' };
        following();
        await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      },
    });
    const answer = call('GET', `/v1/instances/${id}/logs?follow=true`);
    await follows;
    await http.close();
    expect((await answer).text).toBe('first\n');
  });
});

describe('exec and stats', () => {
  test('run on the host of the instance', async () => {
    const { call, id } = await instance({
      exec:
        (name, argv, { timeoutMs }) =>
        async () =>
          E.right({ exitCode: 3, stdout: [name, ...argv, timeoutMs].join(' '), stderr: '' }),
      stats: () => async () => E.right({ cpuSeconds: 1.5, memoryBytes: 2048 }),
    });
    const { body } = await call('POST', `/v1/instances/${id}/exec`, { body: { argv: ['ls', '-l'], timeoutMs: 50 } });
    expect(body).toEqual({ exitCode: 3, stdout: `${id} ls -l 50`, stderr: '' });
    expect((await call('GET', `/v1/instances/${id}/stats`)).body).toEqual({ cpuSeconds: 1.5, memoryBytes: 2048 });
    expect((await call('POST', `/v1/instances/${id}/exec`, { body: { argv: [] } })).status).toBe(422);
  });

  test('are for one container of a pod where it is named', async () => {
    const { call, id } = await instance({
      exec:
        (_name, _argv, { container }) =>
        async () =>
          E.right({ exitCode: 0, stdout: container ?? 'first', stderr: '' }),
      stats:
        (_name, { container } = {}) =>
        async () =>
          E.right({ cpuSeconds: container === 'db' ? 1 : 3, memoryBytes: 1 }),
    });
    const exec = (more: object) => call('POST', `/v1/instances/${id}/exec`, { body: { argv: ['ls'], ...more } });
    expect([(await exec({})).body.stdout, (await exec({ container: 'db' })).body.stdout]).toEqual(['first', 'db']);
    const stats = async (query: string) => (await call('GET', `/v1/instances/${id}/stats${query}`)).body.cpuSeconds;
    expect([await stats(''), await stats('?container=db')]).toEqual([3, 1]);
  });

  test('a fault of the host is told', async () => {
    const { call, id } = await instance({
      exec: () => async () => E.left({ _tag: 'CommandNotFound', command: 'ls', message: 'no ls' }),
      stats: () => async () => E.left({ _tag: 'Transient', message: 'busy' }),
    });
    expect(await call('POST', `/v1/instances/${id}/exec`, { body: { argv: ['ls'] } })).toMatchObject({
      status: 422,
      body: { message: 'CommandNotFound: no ls' },
    });
    expect(await call('GET', `/v1/instances/${id}/stats`)).toMatchObject({ status: 502, body: { fault: 'Transient' } });
  });

  test('need an instance with a host that is there', async () => {
    const { call, engine, actors, id } = await instance({});
    engine.hosts.clear();
    expect((await call('GET', `/v1/instances/${id}/stats`)).body.message).toBe("Node 'n1' is not connected.");
    const waiting = await actors.request('/web', 1);
    expect((await call('GET', `/v1/instances/${waiting}/stats`)).status).toBe(409);
    expect((await call('GET', '/v1/instances/none/stats')).status).toBe(404);
  });
});
