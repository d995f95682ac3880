import { chmod } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, historyOf, type Json, whole } from '../support/api.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { endNativeProcesses } from '../support/nativeProcesses.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const folder = folderForFile();
let engine: LiveEngine;
beforeAll(async () => {
  await chmod(folder, 0o711);
  engine = await startLiveEngine({ dataDir: folder, localNodes: true });
});
afterAll(async () => {
  await engine.stop();
  await endNativeProcesses(folder);
});

/** Requests per second, evenly; each to the next of the endpoints that were told last. */
const RATE = 50;

/** Follows the endpoints of an app and asks them at a steady rate, once each: whatever does not answer as it should has failed. */
const startClient = (app: string) => {
  const over = new AbortController();
  let endpoints: readonly Json[] = [];
  const heard = Promise.withResolvers<void>();
  const follow = async () => {
    for await (const told of engine.api.follow(`/v1/endpoints?app=${app}&follow=true`, over.signal)) {
      ({ endpoints } = told as { endpoints: readonly Json[] });
      if (endpoints.length > 0) heard.resolve();
    }
  };
  const following = follow().catch(() => undefined);
  const failures: string[] = [];
  const answeredBy = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const ask = async (endpoint: Json | undefined): Promise<void> => {
    if (endpoint === undefined) {
      failures.push('nobody to ask');
      return;
    }
    const { address, ports } = endpoint;
    try {
      const answer = await fetch(`http://${address}:${ports[0].port}/`, {
        signal: AbortSignal.timeout(10_000),
        headers: { connection: 'close' },
      });
      const version = await answer.text();
      if (answer.status !== 200) failures.push(`${answer.status}`);
      answeredBy.set(version, (answeredBy.get(version) ?? 0) + 1);
    } catch (error) {
      failures.push(`${endpoint.instance}: ${error instanceof Error ? (error.cause ?? error.message) : error}`);
    }
  };
  const steadily = async () => {
    await heard.promise;
    for (let nth = 0; !over.signal.aborted; nth++) {
      const asked = ask(endpoints[nth % endpoints.length]);
      underWay.add(asked);
      void asked.then(() => underWay.delete(asked));
      await pause(1000 / RATE);
    }
  };
  const asking = steadily();
  return {
    failures,
    answeredBy,
    ready: heard.promise,
    stop: async () => {
      over.abort();
      await asking;
      await Promise.all(underWay);
      await following;
    },
  };
};

/** A web server in a few lines that says its version; ready once it answers. */
const web = (version: string) => ({
  id: '/web',
  args: [
    process.execPath,
    '-e',
    `const server = require('node:http').createServer((_, r) => setTimeout(() => r.end(process.env.V), 20)).listen(process.env.PORT0, '127.0.0.1');
     process.on('SIGTERM', () => server.close(() => process.exit(0)))`,
  ],
  env: { V: version },
  instances: 3,
  // Enforced by the cgroup: enough to answer within the time of a check, and for twice as many on two cores.
  cpus: 0.3,
  mem: 64,
  portDefinitions: [{ port: 0, name: 'http' }],
  healthChecks: [{ protocol: 'HTTP', portIndex: 0, path: '/', gracePeriodSeconds: 30, intervalSeconds: 1, timeoutSeconds: 1 }],
});

test('two rolls and an instance killed by the API: of all requests to the endpoints that are told, none fails', async () => {
  const { api } = engine;
  await api.ask('PUT', '/v2/apps/web', web('one'));
  await whole(api, '/web');
  const client = startClient('/web');
  await client.ready;

  for (const version of ['two', 'three']) {
    await api.ask('PUT', '/v2/apps/web', web(version));
    await whole(api, '/web');
  }
  const [{ instance }] = (await api.get('/v1/endpoints?app=/web')).endpoints;
  await api.ask('DELETE', `/v2/apps/web/tasks/web.instance-${instance}._app.1`);
  await whole(api, '/web');
  await client.stop();

  expect(client.failures).toEqual([]);
  expect([...client.answeredBy.keys()].sort()).toEqual(['one', 'three', 'two']);
  // Replaced already, it may still be on its way out.
  const types = await eventually(api, 'the killed one has ended', async () => {
    const story = (await historyOf(api, instance)).map(({ type }) => type);
    return story.at(-1) === 'ContainerExited' ? story : undefined;
  });
  expect(types.slice(-3)).toEqual(['InstanceStopRequested', 'TimerElapsed', 'ContainerExited']);
}, 120_000);
