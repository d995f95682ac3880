import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { LoadBalancer } from '../../../../src/adapters/balancer/embedded/loadBalancer.ts';
import { pool, route } from '../../../contracts/balancer.contract.ts';
import { ask, freePort } from '../../../support/trafficServer.ts';

test('has each request answered by exactly one server while servers are drained, stop in an orderly way and are replaced', async () => {
  const seen = new Map<string, number>();
  const start = async (instance: string) => {
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      request.resume().on('end', () => {
        const id = String(request.headers['x-id']);
        seen.set(id, (seen.get(id) ?? 0) + 1);
        setImmediate(() => response.end(instance));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.closeAllConnections());
    const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
    return { stop, at: { instance, address: '127.0.0.1', port: (server.address() as AddressInfo).port, isDraining: false } };
  };
  const balancer = new LoadBalancer();
  onTestFinished(() => balancer.close());
  const port = await freePort();
  const listener = { id: 'http', address: '127.0.0.1', port, mode: 'http', acceptsProxy: false } as const;
  let running = [await start('s0'), await start('s1')];
  const apply = (drained?: string) =>
    balancer.apply({
      listeners: [listener],
      routes: [
        route({
          listeners: ['http'],
          pools: [
            pool(
              '1',
              running.map(({ at }) => ({ ...at, isDraining: at.instance === drained })),
            ),
          ],
        }),
      ],
    });
  await apply();
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  onTestFinished(() => agent.destroy());
  const wrong: string[] = [];
  let [asked, isOver] = [0, false];
  const clients = Array.from({ length: 16 }, async (_, nth) => {
    while (!isOver) {
      const id = `${asked++}`;
      const method = nth % 2 === 0 ? 'GET' : 'POST';
      const answered = await ask(port, {
        agent,
        method,
        headers: { 'x-id': id },
        ...(method === 'POST' && { body: 'x'.repeat(500) }),
      }).catch(({ message }: Error) => ({ status: message }));
      if (answered.status !== 200) wrong.push(`${method} ${answered.status}`);
    }
  });
  for (let round = 2; round < 30; round++) {
    const until = asked + 40;
    while (asked < until) await new Promise((resolve) => setImmediate(resolve));
    running = [...running, await start(`s${round}`)];
    const [leaving] = running;
    await apply(leaving?.at.instance);
    while (balancer.busyWith(leaving?.at.instance ?? '') > 0) await new Promise((resolve) => setImmediate(resolve));
    await leaving?.stop();
    running = running.slice(1);
    await apply();
  }
  isOver = true;
  await Promise.all(clients);
  expect(wrong).toEqual([]);
  expect([...seen.values()].filter((times) => times !== 1)).toEqual([]);
  expect(seen.size).toBe(asked);
});
