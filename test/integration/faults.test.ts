import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as listenAt } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eventually, historyOf, type Json, settled, whole } from '../support/api.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { noMount, testWith } from '../support/machine.ts';
import { endNativeProcesses, nativeProcesses } from '../support/nativeProcesses.ts';
import { run, tryRun } from '../support/shell.ts';
import { folderForFile, temporaryFolder } from '../support/temporaryFolder.ts';

/** What goes wrong on a host, as whoever uses the API gets to see it. */

const folder = folderForFile();
/** Of a second node; not below the first one's, which would take it for an instance of its own. */
const narrow = join(folder, 'narrow');
let engine: LiveEngine;
beforeAll(async () => {
  await chmod(folder, 0o711);
  engine = await startLiveEngine({ dataDir: folder, localNodes: true });
});
afterAll(async () => {
  await engine.stop();
  await endNativeProcesses(folder);
  await endNativeProcesses(narrow);
});

const small = { cpus: 0.01, mem: 16, portDefinitions: [] };
const deploy = (definition: Json): Promise<Json> => engine.api.ask('POST', '/v2/apps', { ...small, ...definition });
const destroy = async (app: string): Promise<void> => {
  await engine.api.ask('DELETE', `/v2/apps${app}`);
  await settled(engine.api);
};
const factsOf = async (app: string, type: string): Promise<readonly Json[]> =>
  (await historyOf(engine.api, app)).filter((fact) => fact.type === type);

/** A start that fails is seen everywhere it is looked for: as a fact of its own, in the queue, at the app, and the deployment waits on. */
const expectSeen = async (app: string, fact: string, data: Json): Promise<void> => {
  const { api } = engine;
  const [item, { app: row }] = await eventually(api, `${app} fails and waits`, async () => {
    const queued = (await api.get('/v2/queue')).queue.find((each: Json) => each.app.id === app);
    const seen = await api.get(`/v2/apps${app}`);
    return queued?.delay.timeLeftSeconds > 0 && seen.app.lastTaskFailure !== undefined ? ([queued, seen] as const) : undefined;
  });
  expect((await factsOf(app, fact))[0]).toMatchObject({ state: 'failed', data });
  expect(item.delay.overdue).toBe(false);
  expect(item.lastTaskFailure.message).toMatch(new RegExp(`^${fact}: `));
  expect(row.lastTaskFailure).toMatchObject({ appId: app, state: 'TASK_FAILED' });
  expect(row.lastTaskFailure.message).toBe(item.lastTaskFailure.message);
  expect(row.tasksRunning).toBe(0);
  const [{ id, affectedApps }] = (await api.get('/v2/deployments')).filter((each: Json) => each.affectedApps[0] === app);
  expect(affectedApps).toEqual([app]);
  const tallies = (await historyOf(api, id)).filter(({ type }) => type === 'SlotsChanged').at(-1).data.tallies;
  expect(Object.values(tallies)).toMatchObject([{ ready: 0, failed: expect.toSatisfy((failed: number) => failed >= 1) }]);
};

describe('a start that fails', () => {
  test('for a command that is not there', async () => {
    await deploy({ id: '/faults/command', args: ['no-such-program'], instances: 1 });
    await expectSeen('/faults/command', 'CommandNotFound', { command: 'no-such-program' });
    await destroy('/faults/command');
  });

  test('for a port that somebody else listens on, and goes elsewhere by itself once it is free', async () => {
    const squatter = listenAt().listen(0, '127.0.0.1');
    await new Promise((resolve) => squatter.once('listening', resolve));
    const { port } = squatter.address() as AddressInfo;
    await engine.api.ask('POST', '/v1/nodes', {
      id: 'narrow',
      endpoint: { kind: 'process', root: join(narrow, 'instances') },
      portRanges: [[port, port]],
      attributes: { narrow: 'yes' },
    });
    await deploy({
      id: '/faults/port',
      cmd: 'exec sleep 100000',
      instances: 1,
      portDefinitions: [{ port: 0 }],
      constraints: [['narrow', 'IS', 'yes']],
    });
    await expectSeen('/faults/port', 'PortTaken', { port });
    await new Promise((resolve) => squatter.close(resolve));
    await whole(engine.api, '/faults/port');
    await destroy('/faults/port');
    await engine.api.ask('DELETE', '/v1/nodes/narrow');
  });

  test('for an artifact that cannot be had', async () => {
    const uri = `file://${folder}/nothing-of-that-name.tar`;
    await deploy({ id: '/faults/artifact', cmd: 'exec sleep 100000', fetch: [{ uri }], instances: 1 });
    await expectSeen('/faults/artifact', 'ArtifactFetchFailed', { uri });
    await writeFile(join(folder, 'nothing-of-that-name.tar'), '');
    await destroy('/faults/artifact');
  });
});

test('an app that ends as soon as it runs is started again ever later, and its delay can be reset', async () => {
  await deploy({ id: '/faults/loop', cmd: 'exit 7', instances: 1, backoffSeconds: 1, backoffFactor: 2, maxLaunchDelaySeconds: 60 });
  const requests = await eventually(engine.api, 'three starts', async () => {
    const found = await factsOf('/faults/loop', 'InstanceRequested');
    return found.length >= 4 ? found : undefined;
  });
  const delays = requests.map(({ data }) => data.delayMs as number);
  expect(delays[0]).toBe(0);
  expect(delays.slice(1, 4)).toEqual(delays.slice(1, 4).toSorted((a, b) => a - b));
  for (const [nth, delay] of delays.slice(1, 4).entries()) {
    expect(delay).toBeLessThanOrEqual(1000 * 2 ** nth);
    expect(delay).toBeGreaterThan(500 * 2 ** nth);
  }
  const { app } = await engine.api.get('/v2/apps/faults/loop');
  expect(app.lastTaskFailure).toMatchObject({ message: 'Exited with status 7' });
  const { status } = await engine.api.call('DELETE', '/v2/queue/faults/loop/delay');
  expect(status).toBe(204);
  await eventually(engine.api, 'it runs again at once', async () => (await factsOf('/faults/loop', 'LaunchDelayReset'))[0]);
  await destroy('/faults/loop');
});

/** Answers as it is told, to anything that asks. */
const startAnswering = async () => {
  let status = 200;
  const server = createServer((_, response) => response.writeHead(status).end());
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    answer: (next: number) => {
      status = next;
    },
  };
};

test('one whose health check fails is unhealthy, killed after as many failures as the app allows, and replaced', async () => {
  const outside = await startAnswering();
  const check = { protocol: 'HTTP', path: '/', port: outside.port, gracePeriodSeconds: 0, intervalSeconds: 1, timeoutSeconds: 1 };
  await deploy({
    id: '/faults/health',
    cmd: 'exec sleep 100000',
    instances: 1,
    healthChecks: [{ ...check, maxConsecutiveFailures: 2 }],
  });
  const { tasksHealthy } = await whole(engine.api, '/faults/health');
  expect(tasksHealthy).toBe(1);
  const [first] = (await engine.api.get('/v1/endpoints?app=/faults/health')).endpoints;

  outside.answer(503);
  const story = await eventually(engine.api, 'the first is killed', async () => {
    const history = await historyOf(engine.api, first.instance);
    return history.at(-1)?.state === 'killed' ? history : undefined;
  });
  outside.answer(200);
  const after = story.slice(story.findIndex(({ type }) => type === 'InstanceBecameReady') + 1);
  expect(after).toMatchObject([
    { type: 'InstanceBecameUnhealthy', data: { failures: 1, cause: expect.stringContaining('503') } },
    { type: 'InstanceStopRequested' },
    { type: 'ContainerExited' },
  ]);
  await whole(engine.api, '/faults/health');
  const [second] = (await engine.api.get('/v1/endpoints?app=/faults/health')).endpoints;
  expect(second.slot).toBe(first.slot);
  expect((await historyOf(engine.api, second.instance))[0]).toMatchObject({
    type: 'InstanceRequested',
    data: { replaces: first.instance },
  });
  await destroy('/faults/health');
});

test('a deployment waits until each new one says that it is ready', async () => {
  const outside = await startAnswering();
  outside.answer(404);
  const ready = (name: string) => ({
    cmd: 'exec sleep 100000',
    instances: 1,
    env: { NAME: name },
    portDefinitions: [{ port: 0, name: 'http' }],
    readinessChecks: [{ portName: 'http', path: '/', intervalSeconds: 2, timeoutSeconds: 1, preserveLastResponse: true }],
  });
  // Nobody listens on the port: it runs, but is not ready.
  await deploy({ id: '/faults/ready', ...ready('one') });
  const [deployment] = await eventually(engine.api, 'the check has said no', async () => {
    const deployments = await engine.api.get('/v2/deployments');
    return deployments[0]?.currentActions[0].readinessCheckResults[0] === undefined ? undefined : deployments;
  });
  expect(deployment.currentActions[0].readinessCheckResults).toMatchObject([{ name: 'readinessCheck', ready: false }]);
  expect((await engine.api.get('/v2/apps/faults/ready')).app).toMatchObject({ tasksRunning: 1, deployments: [{ id: deployment.id }] });
  expect((await engine.api.get('/v1/endpoints?app=/faults/ready')).endpoints).toEqual([]);

  const [task] = (await engine.api.get('/v2/apps/faults/ready/tasks')).tasks;
  const server = createServer((_, response) => response.end('yes')).listen(task.ports[0], '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await whole(engine.api, '/faults/ready');
  expect(await factsOf('/faults/ready', 'InstanceBecameReady')).toHaveLength(1);
  await destroy('/faults/ready');
});

test('a definition with wrong fields is answered with the path of each, and leaves no trace in the log', async () => {
  const { api } = engine;
  const { head } = await api.get('/v1/events?limit=0');
  const { status, body } = await api.call('POST', '/v2/apps', { id: '/faults/wrong', cmd: 'true', instances: -1, cpus: 'much' });
  expect(status).toBe(422);
  const paths = body.details.map(({ path }: Json) => path);
  expect(paths).toContain('/cpus');
  const second = await api.call('POST', '/v2/apps', { id: '/faults/wrong', cmd: 'true', args: ['x'], constraints: [['hostname', 'NEAR']] });
  expect(second.status).toBe(422);
  expect((await api.get('/v1/events?limit=0')).head).toBe(head);
  expect((await api.call('GET', '/v2/apps/faults/wrong')).status).toBe(404);
});

test('a conflicting change during a deployment is answered 409 with its name, and taken with force', async () => {
  const { api } = engine;
  const id = '/faults/busy';
  // It never becomes ready, so its deployment goes on.
  const readinessChecks = [{ portName: 'http', intervalSeconds: 2, timeoutSeconds: 1 }];
  const never = { cmd: 'exec sleep 100000', instances: 1, portDefinitions: [{ port: 0, name: 'http' }], readinessChecks };
  const { deployments } = await deploy({ id, ...never });
  const change = { env: { CHANGED: 'yes' } };
  const refused = await api.call('PUT', `/v2/apps${id}`, change);
  expect(refused.status).toBe(409);
  expect(refused.body.deployments).toEqual([{ id: deployments[0].id }]);
  expect((await api.get(`/v2/apps${id}`)).app.env).toEqual({});
  const taken = await api.ask('PUT', `/v2/apps${id}?force=true`, change);
  expect(taken.deploymentId).not.toBe(deployments[0].id);
  expect((await api.get(`/v2/apps${id}`)).app.env).toEqual({ CHANGED: 'yes' });
  await destroy(id);
});

testWith(
  noMount(),
  'a disk that is full: changes are answered 503, reads go on, what runs keeps running, and once there is room all resumes by itself',
  async () => {
    const small = join(temporaryFolder(), 'small');
    await mkdir(small);
    await run('mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', small);
    onTestFinished(() => tryRun('umount', '--lazy', small).then(() => undefined));
    const own = await startLiveEngine({ dataDir: small, localNodes: true });
    onTestFinished(async () => {
      await own.stop();
      await endNativeProcesses(small);
    });
    const { api } = own;
    const app = (id: string) => ({ id, cmd: 'exec sleep 100000', instances: 2, cpus: 0.01, mem: 16, portDefinitions: [] });
    await api.ask('POST', '/v2/apps', app('/before'));
    await whole(api, '/before');
    // A shim tells of the start a moment before the shell becomes the application.
    const running = await eventually(api, 'both run', async () => {
      const processes = await nativeProcesses(small);
      return processes.length === 2 ? processes : undefined;
    });

    const ballast = join(small, 'ballast');
    await run('dd', 'if=/dev/zero', `of=${ballast}`, 'bs=64k').catch(() => undefined);
    const refused = await eventually(api, 'a change is refused', async () => {
      const answer = await api.call('PUT', '/v2/apps/before', {
        env: { TRY: String(Math.random()) },
        labels: { long: 'x'.repeat(100_000) },
      });
      return answer.status === 503 ? answer : undefined;
    });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(refused.body.message).toMatch(/cannot be written/);
    expect((await api.get('/v2/apps')).apps).toHaveLength(1);
    // One that dies now is noticed, and mended when it can be written down.
    const [victim, survivor] = running;
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    const { status } = await api.call('POST', '/v2/apps', { ...app('/during'), labels: { long: 'x'.repeat(100_000) } });
    expect(status).toBe(503);
    expect(await nativeProcesses(small)).toContainEqual(survivor);

    await rm(ballast);
    const end = await eventually(api, 'the end is recorded', async () =>
      (await historyOf(api, victim?.instance ?? '')).find(({ type }) => type === 'ContainerExited'),
    );
    expect(end).toMatchObject({ state: 'exited', data: { signal: 'SIGKILL' } });
    await whole(api, '/before');
    await eventually(api, 'changes are taken again', async () => {
      const answer = await api.call('POST', '/v2/apps', app('/after'));
      return answer.status === 201 ? true : undefined;
    });
    await whole(api, '/after');
    const now = await nativeProcesses(small);
    expect(now).toContainEqual(survivor);
    const { verified, quarantined } = await own.look();
    expect(verified).toMatchObject({ faultCount: 0, facts: verified.head });
    expect(quarantined).toEqual([]);
  },
  60_000,
);
