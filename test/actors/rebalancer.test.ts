import { expect, test } from 'vitest';
import { reasonOf } from '../../src/actors/rebalancer.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import { rebalance } from '../../src/domain/placement/rebalance/rebalance.ts';
import { sceneOf } from '../../src/domain/placement/rebalance/scene.ts';
import type { RebalanceCommand } from '../../src/domain/rebalance/rebalance.commands.ts';
import type { Goal, RebalanceFact, RebalanceFactOf } from '../../src/domain/rebalance/rebalance.facts.ts';
import { addNode } from '../simulation/script.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, ready, viewsOf } from '../support/stories.ts';

/* A plan that is done while the pool lives on, in simulated time. */

const ID = 'r1';
const STREAM = streamOf('rebalance', ID);

const web = (more: Readonly<Record<string, unknown>> = {}) => ({ id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 4, ...more });

/** Four instances on one node, and another node that came later. */
const lopsided = async (more: Readonly<Record<string, unknown>> = {}) => {
  const world = await cluster(1);
  await deploy(world, web(more));
  await comesToRest(world);
  addNode(world, 'n2', 'a');
  await world.pass(100);
  return world;
};

const planOf = (world: SimulatedWorld, goal: Goal = 'spread', nodes: readonly string[] = []) =>
  rebalance(sceneOf(viewsOf(world)), { goal, nodes, maxMoves: 10, seed: 1 });

const apply = (world: SimulatedWorld, { goal, nodes, moves, cost, before, after }: ReturnType<typeof planOf>) => {
  const command: RebalanceCommand = {
    type: 'BeginRebalance',
    goal,
    nodes: [...nodes],
    moves: [...moves],
    cost,
    before: before.score,
    after: after.score,
  };
  return world.submit(STREAM, command);
};

const tell = (world: SimulatedWorld, node: string, command: NodeCommand) => world.submit(streamOf('node', node), command);
const facts = (world: SimulatedWorld) => (world.audit.streams.get(STREAM)?.facts ?? []).map(({ fact }) => fact as RebalanceFact);
const kinds = (world: SimulatedWorld) => facts(world).map(({ type }) => type);
const reasons = (world: SimulatedWorld) => facts(world).flatMap((fact) => (fact.type === 'MoveSkipped' ? [fact.because] : []));
const stateOf = (world: SimulatedWorld) => viewsOf(world).roster.get(STREAM)?.state;
const places = (world: SimulatedWorld) =>
  ready(world)
    .map(({ node }) => node)
    .sort();
/** The fewest that were ready at once. */
const fewest = async (world: SimulatedWorld, ms: number) => {
  let least = Number.POSITIVE_INFINITY;
  for (let passed = 0; passed < ms; passed += 50) {
    await world.pass(50);
    least = Math.min(least, ready(world).length);
  }
  return least;
};

test('instances go where the plan says, one of an app at a time, and are told why', async () => {
  const world = await lopsided();
  const plan = planOf(world);
  expect(plan.moves.map(({ from, to, wave }) => [from, to, wave])).toEqual([
    ['n1', 'n2', 0],
    ['n1', 'n2', 1],
  ]);
  await apply(world, plan);
  expect(await fewest(world, 10_000)).toBe(3);
  await comesToRest(world);
  expect(places(world)).toEqual(['n1', 'n1', 'n2', 'n2']);
  expect(kinds(world)).toEqual(['RebalanceBegan', 'MoveCompleted', 'MoveCompleted']);
  expect(stateOf(world)).toBe('completed');
  const [move] = plan.moves;
  const stopped = world.audit.streams
    .get(streamOf('instance', move?.instance ?? ''))
    ?.facts.find(({ fact }) => fact.type === 'InstanceStopRequested');
  expect(stopped?.fact).toMatchObject({ reason: reasonOf(ID, { from: 'n1', to: 'n2' }) });
  const began = world.audit.streams.get(STREAM)?.facts[0];
  expect(began?.meta.by).toBe('operator');
  expect(stopped?.meta.correlationId).toBe(began?.meta.correlationId);
});

test('a place that is free by the rules of the app only when the old one has left is waited for', async () => {
  const world = await cluster(2);
  await deploy(world, web({ instances: 2, constraints: [['@zone', 'MAX_PER', '2']] }));
  await comesToRest(world);
  addNode(world, 'n3', 'a');
  await world.pass(100);
  const { goal, moves, ...rest } = planOf(world, 'empty', ['n1']);
  expect(moves).toHaveLength(1);
  const [move] = moves;
  await apply(world, { goal, ...rest, moves: [{ ...(move as NonNullable<typeof move>), to: 'n3' }] });
  await comesToRest(world);
  expect(places(world)).toEqual(['n2', 'n3']);
  expect(kinds(world)).toEqual(['RebalanceBegan', 'MoveCompleted']);
});

test('a node is emptied, and what comes in its place goes elsewhere', async () => {
  const world = await lopsided({ instances: 3 });
  const plan = planOf(world, 'empty', ['n1']);
  await tell(world, 'n1', { type: 'CordonNode', reason: 'to be emptied' });
  await apply(world, plan);
  await comesToRest(world);
  expect(places(world)).toEqual(['n2', 'n2', 'n2']);
});

test('when a deployment begins on the app its moves are skipped, and said to be', async () => {
  const world = await lopsided();
  await apply(world, planOf(world));
  await deploy(world, web({ env: { V: '2' } }));
  await comesToRest(world);
  expect(stateOf(world)).toBe('completed');
  expect(reasons(world)).toEqual(['a deployment moves its app', 'a deployment moves its app']);
});

test('when the planned node is lost the moves are skipped', async () => {
  const world = await lopsided();
  const plan = planOf(world);
  await tell(world, 'n2', { type: 'RemoveNode', reason: 'sold' });
  await apply(world, plan);
  await comesToRest(world);
  expect(reasons(world)).toEqual(['n2 is not in the pool any more', 'n2 is not in the pool any more']);
  expect(places(world)).toEqual(['n1', 'n1', 'n1', 'n1']);
});

test('an abort begins no more moves', async () => {
  const world = await lopsided();
  await apply(world, planOf(world));
  await world.pass(10);
  const abort: RebalanceCommand = { type: 'AbortRebalance', reason: 'enough' };
  await world.submit(STREAM, abort);
  await comesToRest(world);
  expect(stateOf(world)).toBe('aborted');
  expect(ready(world)).toHaveLength(4);
  expect(places(world).filter((node) => node === 'n1').length).toBeGreaterThanOrEqual(3);
});

test('an engine that dies in the middle goes on where it was', async () => {
  const world = await lopsided({ instances: 6 });
  const plan = planOf(world);
  expect(plan.moves).toHaveLength(3);
  await apply(world, plan);
  await world.pass(300);
  for (let time = 0; time < 4; time++) {
    world.kill();
    void world.start();
    await world.pass(400);
  }
  await comesToRest(world);
  expect(stateOf(world)).toBe('completed');
  const done = facts(world).filter((fact): fact is RebalanceFactOf<'MoveCompleted'> => fact.type === 'MoveCompleted');
  expect(done.map(({ move }) => move).toSorted()).toEqual([0, 1, 2]);
  expect(ready(world)).toHaveLength(6);
  // Nobody was moved twice for one move.
  const stops = [...world.audit.streams.values()]
    .flatMap((stream) => stream.facts)
    .filter(({ fact }) => fact.type === 'InstanceStopRequested');
  expect(stops).toHaveLength(3);
});
