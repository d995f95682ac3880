import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedBalancer } from '../../../../src/adapters/balancer/embedded/embedded.ts';
import { pool, route } from '../../../contracts/balancer.contract.ts';
import { ask, freePort, httpBackend } from '../../../support/trafficServer.ts';

const THREAD = new URL('../../../../src/adapters/balancer/embedded/thread.ts', import.meta.url);

const starting = async () => {
  const threads: Worker[] = [];
  const startThread = (): Worker => {
    const thread = new Worker(THREAD);
    threads.push(thread);
    return thread;
  };
  const balancer = embeddedBalancer({ startThread });
  onTestFinished(() => balancer.close());
  const listener = { id: 'http', address: '127.0.0.1', port: await freePort(), mode: 'http', acceptsProxy: false } as const;
  const table = { listeners: [listener], routes: [route({ listeners: ['http'], pools: [pool('1', [await httpBackend('a')])] })] };
  return { balancer, threads, table, port: listener.port };
};

test('begins anew with the last table when its thread is lost, and goes on counting where it was', async () => {
  const { balancer, threads, table, port } = await starting();
  await balancer.apply(table);
  for (let nth = 0; nth < 3; nth++) await ask(port);
  expect((await balancer.counters())[0]?.requests).toBe(3);
  await threads[0]?.terminate();
  expect(await balancer.busyWith('a')).toBe(0);
  await balancer.apply(table);
  expect((await ask(port)).body).toBe('a');
  expect((await balancer.counters())[0]?.requests).toBe(4);
  expect(balancer.reloads()).toBe(1);
});

test('answers what the lost thread was asked', async () => {
  const { balancer, threads, table, port } = await starting();
  const applied = balancer.apply(table);
  void threads[0]?.terminate();
  await applied;
  expect((await ask(port)).body).toBe('a');
});

test('gives up when its thread fails whenever it is started, and tries again with the next table', async () => {
  let isBroken = true;
  const failures: string[] = [];
  const startThread = (): Worker => (isBroken ? new Worker('throw new Error("no")', { eval: true }) : new Worker(THREAD));
  const balancer = embeddedBalancer({ startThread, onFailure: ({ message }) => failures.push(message) });
  onTestFinished(() => balancer.close());
  const table = { listeners: [], routes: [] };
  await expect(balancer.apply(table)).rejects.toThrow('the thread of the balancer fails whenever it is started');
  expect(new Set(failures)).toEqual(new Set(['no']));
  expect(await balancer.busyWith('a')).toBe(0);
  isBroken = false;
  await balancer.apply(table);
  expect(await balancer.counters()).toEqual([]);
});

test('takes nothing after it was closed', async () => {
  const { balancer, table, port } = await starting();
  await balancer.apply(table);
  await balancer.close();
  await balancer.close();
  await expect(balancer.apply(table)).rejects.toThrow('the balancer is closed');
  expect(await balancer.busyWith('a')).toBe(0);
  await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
});
