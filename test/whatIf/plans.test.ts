import { describe, expect, test } from 'vitest';
import { planDrain, planLose } from '../../src/whatIf/plans.ts';
import { recordedCluster, web } from '../support/sandbox.ts';

const calm = { upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.5 } };

describe('a plan to drain a node', () => {
  test('says where each instance goes, and how long it takes; nothing is written', async () => {
    const cluster = await recordedCluster({ nodes: 3 });
    await cluster.ask('POST', '/v2/apps', web({ instances: 6, ...calm }));
    await cluster.pass(60);
    const past = cluster.past();
    const head = past.head();
    const report = await planDrain(past, 'n1');
    expect(report.moved).toHaveLength(2);
    for (const move of report.moved) expect(move).toMatchObject({ app: '/web', from: 'n1', to: expect.stringMatching(/^n[23]$/) });
    expect(report.unplaced).toEqual([]);
    expect(report.isUnfinished).toBe(false);
    // One after the other: the second one goes when the first one is replaced.
    const [one = 0, two = 0] = report.moved.map(({ afterMs = 0 }) => afterMs).sort((a, b) => a - b);
    expect(two).toBeGreaterThan(one + 1_000);
    expect(report.belowMinimum).toEqual([]);
    expect(past.head()).toBe(head);
    expect(await planDrain(past, 'n1')).toEqual(report);
  });

  test('says what would not fit and why, and who would drop below what is kept', async () => {
    const cluster = await recordedCluster({ nodes: 3 });
    await cluster.ask('POST', '/v2/apps', web({ instances: 3, constraints: [['hostname', 'UNIQUE']] }));
    await cluster.pass(60);
    const report = await planDrain(cluster.past(), 'n2');
    expect(report.moved).toEqual([]);
    expect(report.unplaced).toMatchObject([{ app: '/web', from: 'n2', excluded: { constraint: 2, maintenance: 1 } }]);
    expect(report.belowMinimum).toEqual([{ app: '/web', minimum: 3, least: 2, wanted: 3 }]);
  });

  test('of no such node is refused', async () => {
    const cluster = await recordedCluster({ nodes: 1 });
    await expect(planDrain(cluster.past(), 'n9')).rejects.toThrow("there is no node 'n9' in the pool");
  });
});

describe('a plan to lose a rack', () => {
  test('replaces what ran there, where there is room', async () => {
    const cluster = await recordedCluster({ nodes: 8, cpus: 2 });
    await cluster.ask('POST', '/v2/apps', web({ instances: 8, ...calm }));
    await cluster.pass(60);
    const past = cluster.past();
    const one = await planLose(past, 'n1');
    expect(one.nodes).toEqual(['n1']);
    expect(one.moved.length + one.unplaced.length).toBe(1);
    expect(one.moved).toHaveLength(1);
    const rack = await planLose(past, 'rack=r1', { isForGood: true });
    expect(rack.nodes).toEqual(['n1', 'n3', 'n5', 'n7']);
    expect(rack.moved).toHaveLength(4);
    expect(rack.moved.every(({ to }) => ['n2', 'n4', 'n6', 'n8'].includes(to ?? ''))).toBe(true);
    await expect(planLose(past, 'rack=r9')).rejects.toThrow('no node has rack=r9');
  });

  test('that is a third of the pool and only out of reach is waited for', async () => {
    const cluster = await recordedCluster({ nodes: 8, cpus: 2 });
    await cluster.ask('POST', '/v2/apps', web({ instances: 8, ...calm }));
    await cluster.pass(60);
    const rack = await planLose(cluster.past(), 'rack=r1', { limitMs: 1_200_000 });
    expect(rack.moved).toEqual([]);
    expect(rack.isUnfinished).toBe(true);
    expect(rack.unplaced).toHaveLength(4);
  });
});
