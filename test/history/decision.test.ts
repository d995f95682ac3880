import { describe, expect, test } from 'vitest';
import { keyOf, streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import type { Decision } from '../../src/domain/ports/whyNot.ts';
import { diceOf } from '../simulation/dice.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, deploy, ready } from '../support/stories.ts';
import { answersIn, told } from './support.ts';

/* Placements opened again after real runs of the engine: what was decided must follow from what is rebuilt. */

const decisionsIn = (world: SimulatedWorld): readonly Decision[] => {
  const { placement, past } = answersIn(world);
  return [...past.between(0, past.head())]
    .filter(({ fact }) => fact.type === 'InstancePlaced' || fact.type === 'PlacementDeferred')
    .map(({ stream, position }) => told(placement.decision(keyOf(stream), position)));
};

/** What is rebuilt counts as the fact does, and has the same node at the top. */
const agrees = (decision: Decision): void => {
  const { recorded, retraced, ranking, nodes, more } = decision;
  expect(retraced, `${JSON.stringify(decision.recorded)} ${decision.paragraph.join(' ')}`).toBeDefined();
  expect(ranking[0]?.node).toBe(recorded.node);
  expect(ranking[0]?.score).toBe(recorded.score);
  if (retraced?.how !== 'exactly') return;
  const looked = recorded.node === undefined ? nodes : nodes.filter(({ passedOver }) => !passedOver);
  const counts: Record<string, number> = {};
  for (const { failing } of looked) if (failing !== undefined) counts[failing] = (counts[failing] ?? 0) + 1;
  if (more === 0 && looked.length === recorded.considered && retraced.carried === 0) expect(counts).toEqual(recorded.excluded);
};

const register = (world: SimulatedWorld, id: string, offer: object, more: object = {}) => {
  const command = {
    type: 'RegisterNode',
    endpoint: { kind: 'simulated', seed: 1 },
    offer: { hostname: id, address: '10.0.0.1', cpus: 6, mem: 4096, disk: 10_000, gpus: 0, portRanges: [[31_000, 31_019]], ...offer },
    attributes: {},
    roles: ['*'],
    warnings: [],
    ...more,
  } as unknown as NodeCommand;
  return world.submit(streamOf('node', id), command);
};

/** A cluster of uneven nodes with apps that come, change, fail and go. */
const randomRun = async (seed: number): Promise<SimulatedWorld> => {
  const dice = diceOf(seed);
  const world = await cluster(0);
  const nodes = dice.whole(2, 24);
  for (let n = 1; n <= nodes; n++)
    await register(
      world,
      `n${n}`,
      { cpus: dice.whole(1, 8), mem: dice.whole(256, 4096) },
      { attributes: { rack: `r${dice.whole(1, 4)}` }, zone: dice.pick(['a', 'b']), roles: dice.chance(0.2) ? ['db'] : ['*'] },
    );
  await world.pass(100);
  const app = (id: string) => ({
    id,
    cmd: 'serve',
    cpus: dice.whole(1, 20) / 10,
    mem: dice.whole(16, 512),
    instances: dice.whole(1, 12),
    env: { V: String(dice.whole(1, 1_000_000)) },
    backoffSeconds: 1,
    constraints: dice.pick([[], [], [['rack', 'MAX_PER', '2']], [['rack', 'GROUP_BY']], [['hostname', 'UNIQUE']], [['rack', 'IS', 'r1']]]),
    ...(dice.chance(0.3) && { portDefinitions: [{ port: 31_003 }], requirePorts: true }),
  });
  for (let turn = 0; turn < 10; turn++) {
    const ids = ['/web', '/api', '/db'].filter(() => dice.chance(0.6));
    await Promise.all(ids.map((id) => deploy(world, app(id), { force: true })));
    await world.pass(dice.whole(0, 3000));
    const some = dice.pickAny(ready(world));
    if (some?.node !== undefined && dice.chance(0.5)) world.controls(some.node).crash(some.id);
    const node = `n${dice.whole(1, nodes)}`;
    await world.submit(
      streamOf('node', node),
      (dice.chance(0.5) ? { type: 'CordonNode', reason: 'test' } : { type: 'UncordonNode' }) as NodeCommand,
    );
    await world.pass(dice.whole(0, 2000));
  }
  return world;
};

describe('a decision that is opened again', () => {
  test('is the one that was recorded, with the others that it was compared with', async () => {
    const world = await cluster(3, (n) => (n === 3 ? 'b' : 'a'));
    await deploy(world, { id: '/api', cmd: 'serve', cpus: 5.5, mem: 64, instances: 1, constraints: [['@zone', 'IS', 'a']] });
    await world.pass(3000);
    const full = world.engine()?.views.instances.ofApp('/api')[0]?.node;
    await deploy(world, { id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 1, constraints: [['@zone', 'IS', 'a']] });
    await world.pass(3000);
    const [first] = ready(world);
    const { placement, past } = answersIn(world);
    const decision = told(placement.decision(first?.id ?? '', past.head()));
    agrees(decision);
    expect(decision.retraced?.how).toBe('exactly');
    expect(decision.recorded.node).toBe(first?.node);
    expect(decision.nodes.find(({ node }) => node === 'n3')?.verdicts).toContainEqual({
      filter: 'constraint',
      passes: false,
      says: "@zone IS a: @zone is b, which holds 0 of the app's instances",
    });
    expect(decision.nodes.find(({ node }) => node === full)?.verdicts.find(({ filter }) => filter === 'cpus')?.says).toMatch(
      /^wants 1 cpus, (0\.5|6) left of 6$/,
    );

    const without = told(placement.decision(first?.id ?? '', past.head(), { without: { constraints: ['@zone'] } }));
    expect(without.without?.ranking.map(({ node }) => node)).toContain('n3');
    const one = told(placement.decision(first?.id ?? '', past.head(), { node: 'n3' }));
    expect(one.nodes.map(({ node }) => node)).toEqual(['n3']);
    expect(placement.decision(first?.id ?? '', past.head(), { node: 'n9' })).toMatchObject({ left: { code: 'not-found' } });
  });

  test('without the constraint that kept a node away it falls on that node', async () => {
    const world = await cluster(2, (n) => (n === 2 ? 'b' : 'a'));
    await deploy(world, { id: '/api', cmd: 'serve', cpus: 3, mem: 64, instances: 1, constraints: [['@zone', 'IS', 'a']] });
    await deploy(world, { id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 1, constraints: [['@zone', 'IS', 'a']] });
    await world.pass(3000);
    const { placement, past } = answersIn(world);
    const [first] = ready(world);
    const { without, paragraph, recorded } = told(
      placement.decision(first?.id ?? '', past.head(), { without: { constraints: ['@zone'] } }),
    );
    expect(recorded.node).toBe('n1');
    expect(without).toMatchObject({ chosen: 'n2', changes: true });
    expect(paragraph).toContain('Without the constraint on @zone it would be n2 instead of n1.');
    expect(told(placement.decision(first?.id ?? '', past.head(), { without: { filters: ['constraint'] } })).without?.chosen).toBe('n2');
    expect(told(placement.decision(first?.id ?? '', past.head(), { without: { filters: ['mem'] } })).without).toMatchObject({
      chosen: 'n1',
      changes: false,
    });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('agrees with every one that was recorded in a random run (%i)', async (seed) => {
    const decisions = decisionsIn(await randomRun(seed));
    expect(decisions.length).toBeGreaterThan(10);
    for (const decision of decisions) agrees(decision);
  });

  test('a batch of equal requests is placed one after the other, and each is opened by itself', async () => {
    const world = await cluster(5);
    await deploy(world, { id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 20 });
    await world.pass(5000);
    const decisions = decisionsIn(world);
    expect(decisions).toHaveLength(20);
    for (const decision of decisions) agrees(decision);
    expect(Math.max(...decisions.map(({ together }) => together))).toBe(19);
  });

  test('of many equal nodes it says that not all were looked at', async () => {
    const world = await cluster(30);
    await deploy(world, { id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 6 });
    await world.pass(5000);
    for (const decision of decisionsIn(world)) {
      agrees(decision);
      expect(decision.retraced?.how).toBe('sampled');
      expect(decision.recorded.considered).toBe(14);
    }
  });

  test('what is no instance, or was never placed, has no decision', async () => {
    const world = await cluster(1);
    await deploy(world, { id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 1 });
    await world.pass(3000);
    const { placement, past } = answersIn(world);
    expect(placement.decision('/web', past.head())).toMatchObject({ left: { code: 'invalid' } });
    const requested = [...past.between(0, past.head())].find(({ fact }) => fact.type === 'InstanceRequested');
    expect(placement.decision(keyOf(requested?.stream ?? ''), requested?.position ?? 0)).toMatchObject({ left: { code: 'not-found' } });
  });
});
