import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { addNode, createWorld, deploy, until, type World } from '../support/world.ts';

const db = { id: '/db', cmd: 'db', cpus: 0.1, mem: 16, instances: 0, portDefinitions: [{ port: 31_000 }], requirePorts: true };
const web = { id: '/web', cmd: 'web', cpus: 0.1, mem: 16, instances: 2, portDefinitions: [{ port: 0 }] };

const done = async (world: World, definition: Readonly<Record<string, unknown>>) => {
  const deployment = await deploy(world, definition);
  await until(world, () => world.engine.views.deployments.get(deployment)?.outcome === 'succeeded', `${definition.id} deployed`);
};
const portsOf = (world: World, app: string) => world.engine.views.instances.ofApp(app).flatMap(({ hostPorts }) => hostPorts);

test.each([
  ['while the engine runs', async () => {}],
  ['before the engine was restarted', (world: World) => world.restart()],
])('an app that takes any port does not take the one that an app named %s', async (_, between) => {
  const world = await createWorld({ log: memoryLog(), clock: systemClock() });
  await addNode(world, 'n1');
  await done(world, db);
  await between(world);
  await done(world, web);
  expect(portsOf(world, '/web')).toEqual([31_001, 31_002]);
  await done(world, { ...db, instances: 1 });
  expect(portsOf(world, '/db')).toEqual([31_000]);
  await world.engine.stop();
});

test('those for whom there is no room are told so once each, wait while nothing comes that is large enough, and are placed when it does', async () => {
  const log = memoryLog();
  const world = await createWorld({ log, clock: systemClock() });
  await addNode(world, 'n1', { cpus: 4 });
  const deployment = await deploy(world, { ...web, id: '/large', cpus: 50, instances: 3 });
  const { views, scheduler } = world.engine;
  const large = () => views.instances.ofApp('/large');
  await until(world, () => large().length === 3 && large().every((row) => row.deferred !== undefined), 'all told that there is no room');
  await addNode(world, 'n2', { cpus: 8 });
  await done(world, { ...web, id: '/small', instances: 2 });
  expect(scheduler.waiting()).toBe(3);
  await addNode(world, 'n3', { cpus: 160 });
  await until(world, () => views.deployments.get(deployment)?.outcome === 'succeeded', 'all of /large deployed');
  expect(large().map(({ node }) => node)).toEqual(['n3', 'n3', 'n3']);
  const told = (await log.readAll({ after: 0, max: 1_000_000 })).filter(({ type }) => type === 'PlacementDeferred.v1');
  expect(told.map(({ data }) => JSON.parse(data))).toEqual(Array.from({ length: 3 }, () => ({ considered: 1, excluded: { cpus: 1 } })));
  await world.engine.stop();
});
