import { expect, test } from 'vitest';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import { addNode } from '../simulation/script.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, ofWeb, ready, viewsOf } from '../support/stories.ts';

/* An app that runs on every node, while nodes come and go, in simulated time. */

const agent = (version: number, more: Readonly<Record<string, unknown>> = {}) => ({
  id: '/web',
  cmd: 'watch',
  cpus: 1,
  mem: 64,
  perNode: true,
  env: { V: String(version) },
  ...more,
});
const tell = (world: SimulatedWorld, node: string, command: NodeCommand) => world.submit(streamOf('node', node), command);
/** The nodes of those that serve, one entry each. */
const places = (world: SimulatedWorld) =>
  ready(world)
    .map(({ node }) => node)
    .sort();
const reasons = (world: SimulatedWorld) =>
  (world.audit.streams.get('app-/web')?.facts ?? []).flatMap(({ fact }) =>
    fact.type === 'AppVersionAdded' && 'because' in fact ? [fact.because] : [],
  );
const numberOf = (world: SimulatedWorld) => viewsOf(world).apps.get('/web')?.definition.instances;

const running = async (nodes: number, more: Readonly<Record<string, unknown>> = {}) => {
  const world = await cluster(nodes, (n) => (n % 2 === 0 ? 'even' : 'odd'));
  await deploy(world, agent(1, more));
  await comesToRest(world);
  return world;
};

test('one runs on every node, and on every one that joins', async () => {
  const world = await running(3);
  expect(places(world)).toEqual(['n1', 'n2', 'n3']);
  const before = ready(world).map(({ id }) => id);
  for (const node of ['n4', 'n5']) addNode(world, node, 'odd');
  await comesToRest(world);
  expect(places(world)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
  expect(ready(world).map(({ id }) => id)).toEqual(expect.arrayContaining(before));
  // Those that join together are one change.
  expect(reasons(world)).toEqual(['3 nodes are eligible; n1, n2, n3 have none', '5 nodes are eligible; n4, n5 have none']);
});

test('of a node that is cordoned or removed that one goes, and of no other', async () => {
  const world = await running(4);
  const there = new Map(ready(world).map(({ id, node }) => [node, id]));
  await tell(world, 'n2', { type: 'CordonNode', reason: 'works' });
  await comesToRest(world);
  expect(places(world)).toEqual(['n1', 'n3', 'n4']);
  await tell(world, 'n3', { type: 'RemoveNode', reason: 'sold' });
  await comesToRest(world);
  expect(places(world)).toEqual(['n1', 'n4']);
  expect(ready(world).map(({ id }) => id)).toEqual(expect.arrayContaining([there.get('n1'), there.get('n4')]));
  await tell(world, 'n2', { type: 'UncordonNode' });
  await comesToRest(world);
  expect(places(world)).toEqual(['n1', 'n2', 'n4']);
  expect(numberOf(world)).toBe(3);
});

test('a node that is out of sight keeps its own, which is waited for', async () => {
  const world = await running(3);
  const before = ready(world).map(({ id }) => id);
  world.controls('n2').partition();
  await world.pass(3_600_000);
  expect(numberOf(world)).toBe(3);
  expect(ofWeb(world).map(({ id }) => id)).toEqual(before);
  world.controls('n2').heal();
  await comesToRest(world);
  expect(ready(world).map(({ id }) => id)).toEqual(before);
});

test('constraints say which nodes are meant', async () => {
  const world = await running(4, { constraints: [['@zone', 'IS', 'even']] });
  expect(places(world)).toEqual(['n2', 'n4']);
  addNode(world, 'n5', 'odd');
  addNode(world, 'n6', 'even');
  await comesToRest(world);
  expect(places(world)).toEqual(['n2', 'n4', 'n6']);
});

test('a new version is rolled to every node, never two of a version on one', async () => {
  const world = await running(3);
  const { deployment } = await deploy(world, { ...agent(2) });
  await comesToRest(world);
  expect(places(world)).toEqual(['n1', 'n2', 'n3']);
  expect(viewsOf(world).deployments.get(deployment)?.outcome).toBe('succeeded');
  const version = viewsOf(world).apps.get('/web')?.target.configVersion;
  expect(new Set(ready(world).map((row) => row.version))).toEqual(new Set([version]));
});

test('a node that joins while a version is rolled out is a new target of that very deployment', async () => {
  const world = await running(3);
  const { deployment } = await deploy(world, {
    ...agent(2),
    instances: 3,
    upgradeStrategy: { minimumHealthCapacity: 0.6, maximumOverCapacity: 0 },
  });
  await world.pass(300);
  addNode(world, 'n4', 'even');
  await comesToRest(world);
  const told = world.audit.streams.get(streamOf('deployment', deployment))?.facts.map(({ fact }) => fact);
  expect(told).toContainEqual({ type: 'TargetChanged', instances: 4 });
  expect(places(world)).toEqual(['n1', 'n2', 'n3', 'n4']);
});

test('a node that goes while a version is rolled out leaves one on each of the others', async () => {
  const world = await running(4);
  await deploy(world, { ...agent(2), upgradeStrategy: { minimumHealthCapacity: 0.6, maximumOverCapacity: 0 } });
  await world.pass(1500);
  await tell(world, 'n1', { type: 'CordonNode', reason: 'works' });
  await comesToRest(world);
  expect(places(world)).toEqual(['n2', 'n3', 'n4']);
});

test('an app that had a number of its own comes to stand on every node once', async () => {
  const world = await cluster(2);
  await deploy(world, { ...agent(1), perNode: false, instances: 5 });
  await comesToRest(world);
  await deploy(world, agent(1));
  await comesToRest(world);
  expect(places(world)).toEqual(['n1', 'n2']);
  await deploy(world, { ...agent(1), perNode: false, instances: 4 });
  await comesToRest(world);
  expect(ready(world)).toHaveLength(4);
});

test('a node that joins as another one goes takes its place, without a deployment', async () => {
  const world = await running(3);
  const versions = viewsOf(world).apps.get('/web')?.versions.length;
  void tell(world, 'n1', { type: 'CordonNode', reason: 'works' });
  addNode(world, 'n4', 'even');
  await comesToRest(world);
  expect(places(world)).toEqual(['n2', 'n3', 'n4']);
  expect(viewsOf(world).apps.get('/web')?.versions).toHaveLength(versions ?? 0);
});

test.each(Array.from({ length: 16 }, (_, place) => place + 1))(
  'nodes come and go while the engine dies at place %i of it, and every node has one in the end',
  async (place) => {
    const world = await running(3);
    void tell(world, 'n1', { type: 'CordonNode', reason: 'works' });
    addNode(world, 'n4', 'even');
    world.kill(place);
    await world.pass(3000);
    if (world.engine() === undefined) {
      void world.start();
      await world.pass(0);
    }
    if (viewsOf(world).nodes.get('n4') === undefined) addNode(world, 'n4', 'even');
    await tell(world, 'n1', { type: 'CordonNode', reason: 'works' });
    await comesToRest(world);
    expect(places(world)).toEqual(['n2', 'n3', 'n4']);
    expect(ofWeb(world).every(({ state }) => phaseOf(state) === 'ready')).toBe(true);
  },
);
