import { expect, test } from 'vitest';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import { FLAPPING_LOSSES, FLAPPING_STEADY_MS } from '../../../src/domain/node/flapping.ts';
import type { SimulatedWorld } from '../../simulation/world.ts';
import { cluster, comesToRest, deploy, ready, viewsOf } from '../../support/stories.ts';

/* A host that comes and goes. */

const web = {
  id: '/web',
  cmd: 'serve',
  cpus: 0.5,
  mem: 64,
  instances: 6,
  unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
};
const stateOf = (world: SimulatedWorld, node: string) => viewsOf(world).nodes.get(node)?.state;
const placedOn = (world: SimulatedWorld, node: string): number =>
  world.log.facts.filter(
    ({ stream, type, data }) => stream.startsWith('instance-') && type === 'InstancePlaced.v1' && data.includes(`"${node}"`),
  ).length;
const flap = async (world: SimulatedWorld, nodes: readonly string[]): Promise<void> => {
  for (const node of nodes) world.controls(node).partition();
  await world.pass(20_000);
  for (const node of nodes) world.controls(node).heal();
  await world.pass(20_000);
};

test('it takes nothing new after the third loss, however often it comes back, until it has stayed for a while', async () => {
  const world = await cluster(4);
  await deploy(world, web);
  await world.pass(5000);
  for (let nth = 1; nth < FLAPPING_LOSSES; nth++) {
    await flap(world, ['n1']);
    expect(stateOf(world, 'n1')).toBe('attached.answering.ready');
  }
  await flap(world, ['n1']);
  expect(stateOf(world, 'n1')).toBe('attached.answering.flapping');
  expect(viewsOf(world).nodes.get('n1')?.reason).toBe('lost 3 times within 10 min');
  await comesToRest(world);
  const [placed, instances] = [placedOn(world, 'n1'), world.audit.instances.size];
  for (let nth = 0; nth < 10; nth++) await flap(world, ['n1']);
  await deploy(world, { ...web, id: '/other', instances: 3 });
  await world.pass(5000);
  expect([placedOn(world, 'n1'), world.audit.instances.size]).toEqual([placed, instances + 3]);
  expect(ready(world)).toHaveLength(6);
  await world.pass(FLAPPING_STEADY_MS);
  expect(stateOf(world, 'n1')).toBe('attached.answering.ready');
  await deploy(world, { ...web, id: '/later', instances: 1 });
  await world.pass(5000);
  expect(placedOn(world, 'n1')).toBe(placed + 1);
  await comesToRest(world);
});

test('an operator may let it take instances before', async () => {
  const world = await cluster(4);
  for (let nth = 0; nth < FLAPPING_LOSSES; nth++) await flap(world, ['n1']);
  expect(stateOf(world, 'n1')).toBe('attached.answering.flapping');
  await world.submit(streamOf('node', 'n1'), { type: 'UncordonNode' } as never);
  expect(stateOf(world, 'n1')).toBe('attached.answering.ready');
});

test('where more than a third of the pool comes and goes it is the network, and nobody is held back', async () => {
  const world = await cluster(4);
  const all = ['n1', 'n2', 'n3', 'n4'];
  for (let nth = 0; nth < FLAPPING_LOSSES + 1; nth++) await flap(world, all);
  expect(all.map((node) => stateOf(world, node))).toEqual(all.map(() => 'attached.answering.ready'));
});
