import { expect, test } from 'vitest';
import { simulatedClock } from '../../src/adapters/clock/simulatedClock.ts';
import type { Usage } from '../../src/adapters/hosts/simulated/controls.ts';
import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import type { AppFactOf } from '../../src/domain/app/app.facts.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { PoolCounters } from '../../src/domain/ports/balancer.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { addNode, createWorld, deploy, submit, type World } from '../support/world.ts';

/* A policy at work in the whole engine: everything but hosts, clock and log is production's own. */

const START = Date.UTC(2030, 0, 1);
const SECOND = 1000;
const policy = { min: 2, max: 10, targets: [{ metric: 'cpu', target: 0.5 }], intervalSeconds: 10 };
const web = { id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 4, autoscaling: policy };

const started = async (options: Partial<Parameters<typeof createWorld>[0]> = {}) => {
  const clock = simulatedClock(START);
  const making = createWorld({ log: memoryLog(), clock, ...options });
  await clock.advanceSettling(clock.now());
  const world = await making;
  const pass = (seconds: number) => clock.advanceSettling(clock.now() + seconds * SECOND);
  for (const id of ['n1', 'n2']) await addNode(world, id);
  const uses = (share: Partial<Usage>): void => {
    for (const { id, offer } of world.engine.views.nodes.all()) world.hosts.host(id, offer).uses(share);
  };
  return { world, pass, uses };
};

const ready = (world: World): number =>
  world.engine.views.instances.ofApp('/web').filter(({ state }) => state === 'running.unchecked').length;

const factsOf = async (world: World) => {
  const stored = await world.engine.log.readStream(streamOf('app', '/web'));
  return stored.map((each) => world.engine.decode(each));
};

const decisionsOf = async (world: World): Promise<readonly string[]> =>
  (await factsOf(world)).flatMap(({ fact }) => (fact.type === 'AutoscaleDecided' ? [(fact as AppFactOf<'AutoscaleDecided'>).because] : []));

test('what is used beyond the target brings more instances, what is used below it takes them away after the cool-down', async () => {
  const { world, pass, uses } = await started();
  await deploy(world, web);
  uses({ cpu: 0.82 });
  await pass(59);
  expect(ready(world)).toBe(4);
  await pass(11);
  expect(ready(world)).toBe(7);
  const facts = (await factsOf(world)).map(({ fact }) => fact.type);
  expect(facts.slice(-4)).toEqual(['AutoscaleDecided', 'AppVersionAdded', 'DeploymentBegan', 'DeploymentEnded']);
  uses({ cpu: 0.1 });
  await pass(280);
  expect(ready(world)).toBe(7);
  await pass(20);
  expect(ready(world)).toBe(2);
  expect(await decisionsOf(world)).toEqual(['cpu 82 % of 50 % wanted: 4 → 7', 'cpu 10 % of 50 % wanted: 7 → 2']);
  expect(world.engine.views.apps.get('/web')?.versions.at(-1)?.reason).toBe('scale');
  await world.engine.stop();
});

test('a rolling deployment that runs goes on to the new number', async () => {
  const { world, pass, uses } = await started({ profile: { startMs: 100 * SECOND } });
  await deploy(world, web);
  await pass(200);
  uses({ cpu: 0.82 });
  const rolling = await deploy(world, { ...web, cmd: 'serve --new' });
  await pass(90);
  expect(world.engine.views.deployments.get(rolling)?.to?.instances).toBe(7);
  expect(world.engine.views.apps.get('/web')?.deployment).toBe(rolling);
  uses({ cpu: 0.5 });
  await pass(600);
  expect(world.engine.views.deployments.get(rolling)?.outcome).toBe('succeeded');
  expect(ready(world)).toBe(7);
  expect(await decisionsOf(world)).toHaveLength(1);
  await world.engine.stop();
});

test('an engine that is started again waits for the rest of the cool-down', async () => {
  const { world, pass, uses } = await started();
  await deploy(world, web);
  uses({ cpu: 0.82 });
  await pass(70);
  expect(ready(world)).toBe(7);
  uses({ cpu: 0.1 });
  await pass(200);
  const restarting = world.restart();
  await pass(0);
  await restarting;
  await pass(80);
  expect(ready(world)).toBe(7);
  await pass(40);
  expect(ready(world)).toBe(2);
  await world.engine.stop();
});

test('nothing is taken away while the hosts do not answer', async () => {
  const { world, pass, uses } = await started();
  await deploy(world, web);
  uses({ cpu: 0.5 });
  await pass(400);
  for (const { id, offer } of world.engine.views.nodes.all()) world.hosts.host(id, offer).partition();
  uses({ cpu: 0 });
  await pass(600);
  expect(world.engine.views.apps.get('/web')?.definition.instances).toBe(4);
  expect(await decisionsOf(world)).toEqual([]);
  await world.engine.stop();
});

test('an app that its operator suspended stays suspended', async () => {
  const { world, pass, uses } = await started();
  await deploy(world, web);
  uses({ cpu: 0.9 });
  await pass(10);
  await deploy(world, { ...web, instances: 0 });
  await pass(600);
  expect(ready(world)).toBe(0);
  expect(await decisionsOf(world)).toEqual([]);
  await world.engine.stop();
});

test('a scale by hand beyond the bounds stands for a cool-down, and is then brought back', async () => {
  const { world, pass, uses } = await started();
  await deploy(world, web);
  uses({ cpu: 0.5 });
  await pass(10);
  await deploy(world, { ...web, instances: 12 });
  await pass(290);
  expect(ready(world)).toBe(12);
  await pass(30);
  expect(ready(world)).toBe(10);
  expect(await decisionsOf(world)).toEqual(['at most 10: 12 → 10']);
  await world.engine.stop();
});

test('a number that a removal stands in the way of is told of once, and never taken', async () => {
  const { world, pass } = await started({ profile: { stopMs: 1e9 } });
  await deploy(world, { ...web, instances: 12, taskKillGracePeriodSeconds: 900 });
  await pass(30);
  const deployment = world.ids.next();
  const removal: AppCommand = { type: 'DestroyApp', deployment, force: false };
  await submit(world, streamOf('app', '/web'), removal);
  await pass(600);
  const told = (await factsOf(world)).flatMap(({ fact }) => (fact.type.startsWith('Autoscale') ? [fact] : []));
  expect(told).toEqual([{ type: 'AutoscaleDeferred', from: 12, to: 10, because: 'at most 10: 12 → 10', deployment }]);
  await world.engine.stop();
});

test('requests are counted by the balancers, over all versions of the app', async () => {
  let requests = 0;
  const pool = (app: string, version: string): PoolCounters => ({
    route: 'web',
    app,
    version,
    requests,
    errors: 0,
    retries: 0,
    bytesIn: 0,
    bytesOut: 0,
    responseTimeMs: { mean: 20 },
    current: 0,
  });
  const { world, pass } = await started({ counters: async () => [pool('/web', 'v1'), pool('/web', 'v2'), pool('/other', 'v1')] });
  const targets = [
    { metric: 'requests', target: 10 },
    { metric: 'latency', target: 100 },
  ];
  await deploy(world, { ...web, autoscaling: { ...policy, targets } });
  await pass(55);
  requests += 300; // twice in ten seconds: 60/s, 15/s each
  await pass(10);
  expect(await decisionsOf(world)).toEqual(['requests 15/s of 10/s wanted: 4 → 6']);
  await world.engine.stop();
});
