import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import type { InstanceCommand } from '../../src/domain/instance/instance.commands.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { addNode, createWorld, deploy, submit, until, type World } from '../support/world.ts';

const web = (version: number, instances = 3) => ({
  id: '/web',
  cmd: `serve ${version}`,
  cpus: 0.5,
  mem: 64,
  instances,
  env: { VERSION: String(version) },
});

const readyOf = (world: World, app: string) => world.engine.views.instances.ofApp(app).filter(({ state }) => state === 'running.unchecked');
const isDone = (world: World, deployment: string) => () =>
  world.engine.views.deployments.get(deployment)?.outcome === 'succeeded' && world.engine.views.apps.get('/web')?.deployment === undefined;

const started = async () => {
  const world = await createWorld({ log: memoryLog(), clock: systemClock() });
  for (const id of ['n1', 'n2', 'n3']) await addNode(world, id);
  return world;
};

test('an app is deployed, rolled to a new version, killed and healed', async () => {
  const world = await started();
  const first = await deploy(world, web(1));
  await until(world, isDone(world, first), 'the first deployment succeeds');
  const old = readyOf(world, '/web');
  expect(old.map(({ slot }) => slot).sort()).toEqual([0, 1, 2]);
  expect(new Set(old.map(({ node }) => node)).size).toBe(3);

  const second = await deploy(world, web(2));
  await until(world, isDone(world, second), 'the second deployment succeeds');
  const fresh = readyOf(world, '/web');
  expect(fresh).toHaveLength(3);
  expect(fresh.some(({ id }) => old.some((other) => other.id === id))).toBe(false);

  const [victim] = fresh;
  if (victim?.node === undefined) throw new Error('no victim');
  const kill: InstanceCommand = { type: 'StopInstance', reason: 'killed by a test', signal: 'SIGTERM', drainMs: 0, graceMs: 0 };
  await submit(world, streamOf('instance', victim.id), kill);
  const isHealed = () => readyOf(world, '/web').some(({ slot, attempt }) => slot === victim.slot && attempt === 2);
  await until(world, isHealed, 'its slot is taken by its replacement');
  expect(readyOf(world, '/web')).toHaveLength(3);
  await world.engine.stop();
});

test('an engine that restarts goes on with the same instances', async () => {
  const world = await started();
  await until(world, isDone(world, await deploy(world, web(1))), 'deployed');
  const before = readyOf(world, '/web').map(({ id }) => id);
  await world.restart();
  expect(readyOf(world, '/web').map(({ id }) => id)).toEqual(before);
  await until(world, isDone(world, await deploy(world, web(1, 5))), 'scaled after the restart');
  expect(readyOf(world, '/web').map(({ id }) => id)).toEqual(expect.arrayContaining(before));
  expect(readyOf(world, '/web')).toHaveLength(5);
  await world.engine.stop();
});

test('a scale while a deployment runs is its new target, and no second deployment', async () => {
  const world = await createWorld({ log: memoryLog(), clock: systemClock(), profile: { startMs: 30 } });
  for (const id of ['n1', 'n2', 'n3']) await addNode(world, id);
  const deployment = await deploy(world, web(1, 3));
  await until(world, () => world.engine.views.deployments.get(deployment) !== undefined, 'the deployment began');
  await deploy(world, web(1, 6), { reason: 'scale' });
  await until(world, isDone(world, deployment), 'the one deployment succeeds');
  expect(readyOf(world, '/web')).toHaveLength(6);
  expect(world.engine.views.deployments.get(deployment)?.to?.instances).toBe(6);
  expect(world.engine.views.deployments.running()).toEqual([]);
  await world.engine.stop();
});

test('a third version is rolled from the second alone: what the first roll replaced does not come back', async () => {
  const world = await started();
  for (const version of [1, 2]) await until(world, isDone(world, await deploy(world, web(version))), `version ${version} is there`);
  const third = await deploy(world, web(3));
  await until(world, isDone(world, third), 'the third is there');
  const first = world.engine.views.apps.get('/web')?.versions[0]?.configVersion ?? '';
  expect(world.engine.views.instances.endedOf('/web').filter(({ version }) => version === first)).toHaveLength(3);
  expect(Object.keys(world.engine.views.deployments.get(third)?.from ?? {})).toHaveLength(1);
  await world.engine.stop();
});
