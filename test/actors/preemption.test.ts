import { expect, test } from 'vitest';
import { LEAVING_FOR_OTHERS_MAX } from '../../src/actors/preemption.ts';
import type { InstanceFact } from '../../src/domain/instance/instance.facts.ts';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, viewsOf } from '../support/stories.ts';

/* Nodes of six cores, in simulated time. */

const app = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({ id, cmd: 'serve', cpus: 3, mem: 64, instances: 4, ...more });
const readyOf = (world: SimulatedWorld, id: string) =>
  viewsOf(world)
    .instances.ofApp(id)
    .filter(({ state }) => phaseOf(state) === 'ready');
const factsOf = (world: SimulatedWorld, instance: string) =>
  world.audit.streams.get(streamOf('instance', instance))?.facts.map(({ fact, meta }) => ({ ...(fact as InstanceFact), meta })) ?? [];
const stopped = (world: SimulatedWorld, id: string) =>
  [...world.audit.instances.values()].filter(
    (one) => one.app === id && factsOf(world, one.id).some(({ type }) => type === 'InstanceStopRequested'),
  );

test('instances of lower priority make room, say for whom, and come back when there is room again', async () => {
  const world = await cluster(2);
  await deploy(world, app('/batch', { priority: -10 }));
  await world.pass(3000);
  expect(readyOf(world, '/batch')).toHaveLength(4);
  await deploy(world, app('/shop', { instances: 2, priority: 100 }));
  await world.pass(5000);
  expect(readyOf(world, '/shop')).toHaveLength(2);
  expect(readyOf(world, '/batch')).toHaveLength(2);
  const [high] = readyOf(world, '/shop');
  const facts = factsOf(world, high?.id ?? '');
  expect(facts.map(({ type }) => type)).toEqual([
    'InstanceRequested',
    'PlacementDeferred',
    'InstanceNominated',
    'InstancePlaced',
    'ContainerStarted',
  ]);
  const nominated = facts.find((fact) => fact.type === 'InstanceNominated');
  const victim = nominated?.victims[0]?.instance ?? '';
  const asked = factsOf(world, victim).find((fact) => fact.type === 'InstanceStopRequested');
  expect(asked?.reason).toBe(`makes room for instance ${high?.id} of /shop, which has priority 100 over -10`);
  expect(asked?.meta.causationId).toBe(world.audit.streams.get(streamOf('instance', high?.id ?? ''))?.facts[2]?.stored.id);
  await deploy(world, app('/shop', { instances: 0, priority: 100 }));
  await world.pass(10_000);
  expect(readyOf(world, '/batch')).toHaveLength(4);
  await comesToRest(world);
});

test('nobody leaves for an app of the same priority, or for one that would not fit even so', async () => {
  const world = await cluster(2);
  await deploy(world, app('/batch'));
  await world.pass(3000);
  await deploy(world, app('/same', { instances: 1 }));
  await deploy(world, app('/huge', { instances: 1, cpus: 7, priority: 1000 }));
  await deploy(world, app('/elsewhere', { instances: 1, priority: 1000, constraints: [['rack', 'IS', 'none']] }));
  await world.pass(20_000);
  expect(readyOf(world, '/batch')).toHaveLength(4);
  expect(stopped(world, '/batch')).toEqual([]);
  expect(world.violations).toEqual([]);
});

test('an app loses no more at once than its budget allows, and no more than that over time', async () => {
  const world = await cluster(2);
  await deploy(world, app('/batch', { disruptionBudget: { maxUnavailable: 1 } }));
  await world.pass(3000);
  await deploy(world, app('/shop', { instances: 3, priority: 100 }));
  await world.pass(30_000);
  // What was made to leave finds no place, so that it goes on being missing.
  expect(readyOf(world, '/batch')).toHaveLength(3);
  expect(readyOf(world, '/shop')).toHaveLength(1);
  expect(stopped(world, '/batch')).toHaveLength(1);
  expect(world.violations).toEqual([]);
});

test('a place is held through a restart of the engine, and nobody else gets it meanwhile', async () => {
  const world = await cluster(1);
  await deploy(world, app('/batch', { instances: 2, taskKillGracePeriodSeconds: 60, cmd: 'ignore TERM' }));
  await world.pass(3000);
  await deploy(world, app('/shop', { instances: 1, cpus: 6, priority: 100 }));
  await world.pass(20);
  const nominated = viewsOf(world).instances.ofApp('/shop')[0];
  expect(nominated).toMatchObject({ state: 'nominated', nominated: { node: 'n1' } });
  world.kill();
  await world.pass(50);
  await world.start();
  await world.pass(30_000);
  expect(readyOf(world, '/shop')).toHaveLength(1);
  expect(readyOf(world, '/batch')).toHaveLength(0);
  expect(world.violations).toEqual([]);
});

test('what fails to start does not make others leave again and again', async () => {
  const world = await cluster(2);
  await deploy(world, app('/batch'));
  await world.pass(3000);
  await deploy(world, app('/broken', { instances: 1, cmd: 'exit 1', priority: 100 }));
  await world.pass(120_000);
  expect(stopped(world, '/batch')).toHaveLength(1);
  expect(readyOf(world, '/batch')).toHaveLength(4);
  expect(world.violations).toEqual([]);
});

test('a nomination ends with the node: another place is found', async () => {
  const world = await cluster(2);
  await deploy(world, app('/batch', { taskKillGracePeriodSeconds: 60 }));
  await world.pass(3000);
  await deploy(world, app('/shop', { instances: 1, cpus: 6, priority: 100 }));
  await world.pass(20);
  const row = viewsOf(world).instances.ofApp('/shop')[0];
  const node = row?.nominated?.node ?? '';
  await world.submit(streamOf('node', node), { type: 'CordonNode', reason: 'works' } as NodeCommand);
  await world.pass(20_000);
  expect(factsOf(world, row?.id ?? '').map(({ type }) => type)).toContain('NominationLapsed');
  expect(readyOf(world, '/shop').map((each) => each.node)).toEqual([node === 'n1' ? 'n2' : 'n1']);
  expect(world.violations).toEqual([]);
});

test('no more than so many are on their way out for others at once', async () => {
  expect(LEAVING_FOR_OTHERS_MAX).toBe(200);
  const world = await cluster(25);
  const small = { cpus: 0.5, mem: 1 };
  await deploy(world, app('/batch', { ...small, instances: 300 }));
  await world.pass(5000);
  await deploy(world, app('/shop', { ...small, instances: 250, priority: 100 }));
  let most = 0;
  for (let turn = 0; turn < 60; turn++) {
    await world.pass(50);
    const leaving = ['/batch', '/more'].flatMap((id) =>
      viewsOf(world)
        .instances.ofApp(id)
        .filter(({ state }) => phaseOf(state) === 'leaving'),
    );
    most = Math.max(most, leaving.length);
  }
  expect(most).toBeGreaterThan(100);
  expect(most).toBeLessThanOrEqual(LEAVING_FOR_OTHERS_MAX);
  expect(readyOf(world, '/shop')).toHaveLength(250);
});
