import { chmod } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { haproxyBalancer, haproxyVersion } from '../../src/adapters/balancer/haproxy/haproxy.ts';
import { eventually, type Json } from '../support/api.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { endNativeProcesses } from '../support/nativeProcesses.ts';
import { folderForFile } from '../support/temporaryFolder.ts';
import { ask, freePort } from '../support/trafficServer.ts';

const isMissing = (await haproxyVersion()) === undefined && process.env.CI !== 'true';
const folder = folderForFile();
let engine: LiveEngine;
let port: number;
const start = () => startLiveEngine({ dataDir: folder, localNodes: true, balancer: 'haproxy', httpPort: port });
beforeAll(async () => {
  if (isMissing) return;
  await chmod(folder, 0o711);
  port = await freePort();
  engine = await start();
});
afterAll(async () => {
  if (isMissing) return;
  await engine.stop();
  await endNativeProcesses(folder);
  // It outlives its engine: who takes it over may end it.
  await (await haproxyBalancer({ dir: join(folder, 'balancer') })).close();
});

const web = (version: string) => ({
  id: '/web',
  args: [
    process.execPath,
    '-e',
    `const server = require('node:http').createServer((_, r) => setTimeout(() => r.end(process.env.V), 5)).listen(process.env.PORT0, '127.0.0.1');
     process.on('SIGTERM', () => server.close(() => process.exit(0)))`,
  ],
  env: { V: version },
  instances: 2,
  cpus: 0.5,
  mem: 128,
  routes: [{ hosts: ['web.test'] }],
  healthChecks: [{ protocol: 'MESOS_HTTP', path: '/', portIndex: 0, gracePeriodSeconds: 30, intervalSeconds: 1, timeoutSeconds: 5 }],
  upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0.5 },
});

/** Requests per second of each client; a machine of two cores has to serve them as well. */
const RATE = 50;

/** Keep-alive clients that ask at a steady rate; everything that was not answered well. */
const clients = () => {
  const failures: string[] = [];
  const versions = new Map<string, number>();
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let isOver = false;
  const done = Promise.all(
    Array.from({ length: 4 }, async (_, nth) => {
      while (!isOver) {
        await pause(1000 / RATE);
        await ask(port, { agent, method: nth % 2 === 0 ? 'GET' : 'POST', headers: { host: 'web.test' } }).then(
          ({ status, body }) => {
            if (status !== 200) failures.push(String(status));
            versions.set(body, (versions.get(body) ?? 0) + 1);
          },
          (error: Error) => failures.push(error.message),
        );
      }
    }),
  );
  return {
    failures,
    /** Awaits so many more answers of a version. */
    more: async (version: string, count: number) => {
      const until = (versions.get(version) ?? 0) + count;
      while ((versions.get(version) ?? 0) < until) await new Promise((resolve) => setImmediate(resolve));
    },
    stop: async () => {
      isOver = true;
      await done;
      agent.destroy();
    },
  };
};

const isTrue = (what: string, holds: () => boolean | Promise<boolean>, withinMs?: number): Promise<true> =>
  eventually(engine.api, what, async () => ((await holds()) ? true : undefined), withinMs);

const deployed = async (version: string): Promise<void> => {
  await engine.api.ask('PUT', '/v2/apps//web', web(version));
  await isTrue(`${version} is deployed`, async () => (await engine.api.get<Json[]>('/v2/deployments')).length === 0, 60_000);
};

test.skipIf(isMissing)(
  'HAProxy loses no request while an app rolls, and while its engine is killed and starts again',
  async () => {
    await deployed('1');
    await isTrue('it is routed', async () => (await ask(port, { headers: { host: 'web.test' } })).body === '1');
    const asking = clients();
    await deployed('2');
    const { balancers, routes } = await engine.api.get('/v1/traffic');
    expect(balancers).toMatchObject([{ isCurrent: true, reloads: 0, warnings: [] }]);
    expect(routes).toMatchObject([{ id: '/web:0', hosts: ['web.test'], pools: [{ servers: [{}, {}] }] }]);
    await engine.kill();
    await asking.more('2', 50);
    engine = await start();
    await isTrue('HAProxy is taken over', async () => (await engine.api.get('/v1/traffic')).balancers[0].isCurrent);
    await deployed('3');
    await asking.more('3', 50);
    await asking.stop();
    expect(asking.failures).toEqual([]);
  },
  120_000,
);
