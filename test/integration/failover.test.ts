import { once } from 'node:events';
import { appendFile, chmod, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';
import { LEASE_STREAM } from '../../src/adapters/log/esdb/client/election.ts';
import { openWire } from '../../src/adapters/log/esdb/client/wire.ts';
import { verifyFile } from '../../src/logs/verify.ts';
import { type Answer, eventually, type Json, whole } from '../support/api.ts';
import { type Engines, START_MS, startEngines } from '../support/engines.ts';
import type { Seen } from '../support/liveMember.ts';
import { endNativeProcesses, nativeProcesses } from '../support/nativeProcesses.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

/** Several engines on one store, and what becomes of a deployment when the one that leads it is gone. */

const KILLS = 3;
const SEED = Number(process.env.WHARF_SEED ?? 17);
/** A kill comes within this time after a change was asked for, ms. */
const KILL_WITHIN_MS = 900;

const folder = folderForFile();
const starts = join(folder, 'starts');
const random = seededRandom(SEED);

let engines: Engines;
beforeAll(async () => {
  await chmod(folder, 0o711);
  await appendFile(starts, '');
  engines = await startEngines(folder, 2);
  const { member } = await engines.leader();
  await member.api.ask('POST', '/v1/nodes', { id: 'n1', endpoint: { kind: 'process', root: join(folder, 'instances') } });
}, START_MS);
afterAll(async () => {
  await engines.stop();
  await endNativeProcesses(folder);
});

/** Each start of each instance writes one line; with `exec` an instance is one process. */
const appOf = (id: string, instances: number) => ({
  id,
  cmd: `echo $MESOS_TASK_ID >> ${starts}; exec sleep 100000`,
  env: { ROUND: '0' },
  instances,
  cpus: 0.01,
  mem: 16,
  portDefinitions: [],
  backoffSeconds: 0,
  taskKillGracePeriodSeconds: 1,
});

/** Once nothing is left to do: one process for each running instance, and none besides. */
const converged = async (apps: readonly string[]): Promise<Seen> => {
  const { api } = (await engines.leader()).member;
  for (const app of apps) await whole(api, app);
  return eventually(api, 'processes and instances are the same', async () => {
    const seen = await (await engines.leader()).member.look();
    const processes = (await nativeProcesses(folder)).map(({ instance }) => instance).sort();
    const live = seen.instances.filter(({ state }) => state.startsWith('running')).map(({ id }) => id);
    const onTheirWay = seen.instances.filter(({ state }) => !/^(running|cancelled|failed|exited|killed|lost)/.test(state));
    if (onTheirWay.length === 0 && live.sort().join() === processes.join()) return seen;
    throw new Error(JSON.stringify({ processes, live, onTheirWay }));
  });
};

const expectSound = async (apps: readonly string[]): Promise<void> => {
  const { quarantined, instances } = await converged(apps);
  expect(quarantined).toEqual([]);
  const slots = instances.filter(({ state }) => state.startsWith('running')).map(({ app, slot }) => `${app} ${slot}`);
  expect(new Set(slots).size).toBe(slots.length);
  // Every start there ever was: one for each instance.
  const started = (await readFile(starts, 'utf8')).trim().split('\n');
  expect(new Set(started).size).toBe(started.length);
};

/** Whoever writes while nobody leads asks again. */
const written = async (method: string, path: string, body: Json): Promise<Answer> => {
  const { api } = await engines.standby();
  return eventually(api, `${method} ${path} is taken`, async () => {
    const answer = await api.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  });
};

test(`${KILLS} kills of the leader during a deployment: its successor ends it, nothing runs twice, nothing is lost (seed ${SEED})`, async () => {
  const apps = ['/web', '/worker'];
  for (const app of apps) await written('POST', '/v2/apps', appOf(app, 3));
  await expectSound(apps);
  for (let round = 1; round <= KILLS; round++) {
    const before = await engines.leader();
    const app = apps[round % apps.length] as string;
    const { body } = await written('PUT', `/v2/apps${app}`, { env: { ROUND: String(round) } });
    const delay = random() * KILL_WITHIN_MS;
    await pause(delay);
    await before.member.kill();
    const after = await engines.leader(engines.members.filter((each) => each !== before.member));
    expect(after.term, `killed after ${delay} ms`).toBeGreaterThan(before.term);
    await engines.restart(before.nth);
    await expectSound(apps);
    const { outcome, state } = await after.member.api.get(`/v1/deployments/${body.deploymentId}`);
    expect({ outcome, state }, `killed after ${delay} ms`).toMatchObject({ outcome: 'succeeded' });
    expect((await after.member.api.get(`/v2/apps${app}`)).app.env).toEqual({ ROUND: String(round) });
  }
  for (const nth of engines.members.keys())
    expect(await verifyFile(engines.mirrorOf(nth))).toMatchObject({ faults: [], faultCount: 0, void: 0 });
}, 120_000);

test('an engine that stands by answers with how far it has read and how old that is, and shows what was written through it at once', async () => {
  const { api } = await engines.standby();
  const answer = await api.call('PUT', '/v2/apps/web', { labels: { written: 'here' } });
  expect(answer.status).toBe(200);
  const read = await api.call('GET', '/v2/apps/web');
  expect(read.body.app.labels).toEqual({ written: 'here' });
  expect(Number(read.headers.get('x-wharf-position'))).toBeGreaterThanOrEqual(Number(answer.headers.get('x-wharf-position')));
  expect(read.headers.get('x-wharf-age')).toMatch(/^\d+$/);
  expect(Date.parse(read.headers.get('x-wharf-at') ?? '')).not.toBeNaN();
  await whole(api, '/web');
});

/** Says yes on the paths that are open. */
const startDoors = async () => {
  const open = new Set<string>();
  const server = createServer(({ url = '' }, response) => response.writeHead(open.has(url) ? 200 : 503).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { open, port: (server.address() as AddressInfo).port };
};

test('each engine is ended and started again in turn while a deployment runs: it goes on, and nobody waits for a lease', async () => {
  const doors = await startDoors();
  const check = { protocol: 'HTTP', port: doors.port, gracePeriodSeconds: 300, intervalSeconds: 1, timeoutSeconds: 1 };
  const at = (path: string) => ({ healthChecks: [{ ...check, path, maxConsecutiveFailures: 3 }] });
  doors.open.add('/0');
  await written('POST', '/v2/apps', { ...appOf('/slow', 2), ...at('/0') });
  await expectSound(['/slow', '/web', '/worker']);
  const startedBefore = (await readFile(starts, 'utf8')).trim().split('\n').length;
  const { body } = await written('PUT', '/v2/apps/slow', { env: { ROUND: '1' }, ...at('/1') });
  const wire = openWire(engines.store.connection);
  const [before] = await wire.readStream(LEASE_STREAM, 'end', 1);

  for (const nth of engines.members.keys()) {
    expect(await engines.members[nth]?.stop()).toBe(0);
    const { member } = await engines.leader(engines.members.filter((_, each) => each !== nth));
    const deployments = await member.api.get('/v2/deployments');
    expect(deployments.map(({ id }: Json) => id)).toEqual([body.deploymentId]);
    await engines.restart(nth);
  }
  const leases = (await wire.readStream(LEASE_STREAM, (before?.revision ?? 0) + 1, 1_000)).map(({ type }) => type);
  await wire.close();
  const changes = leases.filter((type) => type !== 'LeaseRenewed');
  expect(changes.length).toBeGreaterThanOrEqual(2);
  expect(changes).toEqual(changes.map((_, nth) => (nth % 2 === 0 ? 'LeaseReleased' : 'LeaseClaimed')));

  doors.open.add('/1');
  const { api } = await engines.standby();
  // The app may look whole, seen from an engine that stands by, before the deployment knows that it is over.
  const outcome = await eventually(
    api,
    'the deployment has an outcome',
    async () => (await api.get(`/v1/deployments/${body.deploymentId}`)).outcome,
  );
  expect(outcome).toBe('succeeded');
  await expectSound(['/slow', '/web', '/worker']);
  expect((await readFile(starts, 'utf8')).trim().split('\n').length).toBe(startedBefore + 2);
}, 60_000);
