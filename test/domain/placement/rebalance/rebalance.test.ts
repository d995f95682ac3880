import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Node } from '../../../../src/domain/placement/node.ts';
import { whyNot } from '../../../../src/domain/placement/place.ts';
import type { RebalancePlan } from '../../../../src/domain/placement/rebalance/ask.ts';
import { meanLoad, unevenGroups, unevenLoad, valuesIn } from '../../../../src/domain/placement/rebalance/evenness.ts';
import { rebalance } from '../../../../src/domain/placement/rebalance/rebalance.ts';
import { needOf } from '../../../../src/domain/placement/request.ts';
import type { Goal } from '../../../../src/domain/rebalance/rebalance.facts.ts';
import { ids, ledgerOf, node, request } from '../support.ts';
import { type Placed, sceneOf } from './support.ts';

const plan = (
  nodes: readonly Node[],
  placed: readonly Placed[],
  goal: Goal,
  more: { nodes?: string[]; maxMoves?: number; mayLose?: number } = {},
) =>
  rebalance(
    sceneOf(nodes, placed, () => more.mayLose ?? 1),
    { goal, nodes: more.nodes ?? [], maxMoves: more.maxMoves ?? 100, seed: 1 },
  );

const ways = ({ moves }: RebalancePlan) => moves.map(({ instance, from, to }) => `${instance} ${from} ${to}`);
const on = (nodeId: string, names: readonly string[], fields: Parameters<typeof request>[0] = {}): readonly Placed[] =>
  names.map((instance) => ({ instance, node: nodeId, request: request({ app: `/${instance}`, ...fields }) }));

describe('spread', () => {
  test('a full node gives to an empty one until both are even', () => {
    const done = plan([node('a'), node('b')], on('a', ids(4)), 'spread');
    expect(done.moves).toHaveLength(2);
    expect(done.before).toMatchObject({ highestLoad: 1, lowestLoad: 0 });
    expect(done.after).toEqual({ score: 0, highestLoad: 0.5, lowestLoad: 0.5, skew: 0, nodesInUse: 2 });
  });

  test('what is even already stays as it is', () => {
    expect(plan([node('a'), node('b')], [...on('a', ['x']), ...on('b', ['y'])], 'spread').moves).toEqual([]);
  });

  test('of two that do the same good the one that costs less moves', () => {
    const [cheap, dear] = on('a', ['cheap', 'dear']) as [Placed, Placed];
    expect(ways(plan([node('a'), node('b')], [{ ...dear, cost: 3 }, cheap], 'spread'))).toEqual(['cheap a b']);
  });

  test('racks of an app that asks for GROUP_BY become even', () => {
    const racks = ['r1', 'r1', 'r2', 'r3'].map((rack, nth) => node(`n${nth}`, { attributes: { rack } }));
    const grouped = { app: '/web', instances: 6, cpus: 0.1, constraints: [['rack', 'GROUP_BY', '3']] as const };
    const placed = [...on('n0', ids(3, 'x'), grouped), ...on('n1', ids(3, 'y'), grouped)];
    const done = plan(racks, placed, 'spread', { mayLose: 3 });
    expect(done.before.skew).toBe(6);
    expect(done.after.skew).toBe(0);
    expect(new Set(done.moves.map(({ wave }) => wave)).size).toBe(done.moves.length);
  });

  test('no more moves than asked for', () => {
    expect(plan([node('a'), node('b')], on('a', ids(4)), 'spread', { maxMoves: 1 }).moves).toHaveLength(1);
  });

  test('what is on a cordoned node stays there', () => {
    const done = plan([node('a', { schedulable: false }), node('b')], on('a', ids(4)), 'spread');
    expect(done.moves).toEqual([]);
  });
});

describe('pack', () => {
  test('the node that is cheapest to empty is freed, into the fullest that has room', () => {
    const placed = [...on('a', ['a0', 'a1', 'a2']), ...on('b', ['b0', 'b1']), ...on('c', ['c0'])];
    const done = plan(
      ids(3).map((_, nth) => node('abc'[nth] ?? '')),
      placed,
      'pack',
    );
    expect(ways(done)).toEqual(['c0 c a']);
    expect(done.before.score - done.after.score).toBe(1);
  });

  test('a node that can only be freed in part is left alone', () => {
    const placed = [...on('a', ['a0', 'a1', 'a2']), ...on('b', ['b0', 'b1'])];
    expect(plan([node('a'), node('b')], placed, 'pack').moves).toEqual([]);
  });

  test('a node with somebody who has to stay is not begun', () => {
    const placed = [...on('a', ['a0']), ...on('b', ['b0']).map((each) => ({ ...each, stays: 'its data is on its node' }))];
    expect(ways(plan([node('a'), node('b')], placed, 'pack'))).toEqual(['a0 a b']);
  });
});

describe('empty', () => {
  test('all leave the node, and the least loaded of the others take them', () => {
    const done = plan([node('a'), node('b'), node('c')], [...on('a', ['x', 'y']), ...on('b', ['z'], { cpus: 0.5 })], 'empty', {
      nodes: ['a'],
    });
    expect(done.moves.map(({ to }) => to).toSorted()).toEqual(['b', 'c']);
    expect([done.before.score, done.after.score]).toEqual([2, 0]);
  });

  test('who stays is told, and why', () => {
    const placed = [
      ...on('a', ['big'], { cpus: 4 }),
      ...on('a', ['data'], { cpus: 0 }).map((each) => ({ ...each, stays: 'its data is on its node' })),
      ...on('b', ['z']),
    ];
    expect(plan([node('a'), node('b')], placed, 'empty', { nodes: ['a'] }).stuck).toEqual([
      { instance: 'data', app: '/data', node: 'a', because: 'its data is on its node' },
      { instance: 'big', app: '/big', node: 'a', because: 'no other node takes it' },
    ]);
  });

  test('an app that may miss nobody keeps its instances', () => {
    const done = plan([node('a'), node('b')], on('a', ['x']), 'empty', { nodes: ['a'], mayLose: 0 });
    expect(done.stuck).toMatchObject([{ instance: 'x', because: 'its app may not miss one more instance now' }]);
  });

  test('as many of an app go together as it may miss', () => {
    const done = plan([node('a'), node('b')], on('a', ids(4), { app: '/web' }), 'empty', { nodes: ['a'], mayLose: 2 });
    expect(done.moves.map(({ wave }) => wave)).toEqual([0, 0, 1, 1]);
  });
});

test('where an app is kept apart from others, one moves after the other', () => {
  const apart = { affinity: [], antiAffinity: [{ app: '/elsewhere', field: '@hostname' }], prefer: [], gang: false };
  const done = plan([node('a'), node('b')], [...on('a', ['x', 'y']), ...on('a', ['z'], { placement: apart })], 'empty', { nodes: ['a'] });
  expect(done.moves.map(({ wave }) => wave)).toEqual([0, 1, 2]);
});

const RACKS = ['r1', 'r2', 'r3'];
const CONSTRAINTS = [[], [['rack', 'GROUP_BY']], [['hostname', 'UNIQUE']], [['rack', 'MAX_PER', '3']], [['rack', 'UNLIKE', 'r1']]] as const;
const pools = fc.record({
  nodes: fc.array(fc.record({ cpus: fc.integer({ min: 2, max: 8 }), rack: fc.constantFrom(...RACKS), schedulable: fc.boolean() }), {
    minLength: 2,
    maxLength: 9,
  }),
  apps: fc.array(
    fc.record({
      cpus: fc.integer({ min: 1, max: 8 }),
      constraint: fc.nat(CONSTRAINTS.length - 1),
      port: fc.boolean(),
      mayLose: fc.nat(2),
      on: fc.array(fc.nat(8), { maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  goal: fc.constantFrom<Goal>('spread', 'pack', 'empty'),
  maxMoves: fc.nat(12),
  seed: fc.nat(5),
});

test('after each move of any plan every rule holds, no budget is broken, and the score is no worse', () => {
  let moved = 0;
  fc.assert(
    fc.property(pools, ({ nodes, apps, goal, maxMoves, seed }) => {
      const pool = nodes.map(({ cpus, rack, schedulable }, nth) =>
        node(`n${nth}`, { attributes: { rack }, schedulable, capacity: { cpus, mem: 4096, disk: 0, gpus: 0 } }),
      );
      const check = ledgerOf(...pool);
      const placed: Placed[] = [];
      apps.forEach(({ cpus, constraint, port, on: places }, nth) => {
        const wanted = request({
          app: `/a${nth}`,
          instances: Math.max(1, places.length),
          cpus: cpus / 4,
          constraints: CONSTRAINTS[constraint] ?? [],
          hostPorts: port ? [31_000 + nth] : [],
        });
        places.forEach((place, which) => {
          const there = `n${place % pool.length}`;
          // Rules may be broken by what is there already, capacity and ports never are.
          if (whyNot({ ...wanted, constraints: [] }, check, there)?.some(({ filter }) => filter !== 'maintenance') !== false) return;
          const one = { instance: `a${nth}-${which}`, node: there, request: wanted, ports: wanted.hostPorts };
          check.add({ ...one, ...wanted });
          placed.push(one);
        });
      });
      const mayLose = (app: string): number => apps[Number(app.slice(2))]?.mayLose ?? 0;
      const emptied = goal === 'empty' ? ['n0'] : [];
      const make = () => rebalance(sceneOf(pool, placed, mayLose), { goal, nodes: emptied, maxMoves, seed });
      const { moves, before, after } = make();
      expect(make().moves).toEqual(moves);
      expect(moves.length).toBeLessThanOrEqual(maxMoves);
      expect(new Set(moves.map(({ instance }) => instance)).size).toBe(moves.length);
      for (const id of emptied) check.setSchedulable(id, false);

      const rows = [...check.rows()].filter((row) => check.at(row).schedulable);
      const [wanted, values] = [meanLoad(check, rows), valuesIn(check)];
      const needs = apps.flatMap((_, nth) => {
        const one = placed.find((each) => each.request.app === `/a${nth}`);
        return one === undefined ? [] : [needOf(one.request)];
      });
      const scoreNow = (): number => {
        if (goal === 'empty') return check.heldOn('n0').length;
        if (goal === 'pack') return rows.filter((row) => check.heldOnRow(row).length > 0).length;
        return unevenLoad(check, rows, wanted) + needs.reduce((sum, need) => sum + unevenGroups(check, need, values), 0);
      };
      let score = scoreNow();
      for (const [nth, { instance, app, from, to, wave }] of moves.entries()) {
        const one = placed.find((each) => each.instance === instance) as Placed;
        expect(one.node).toBe(from);
        check.remove(instance);
        expect(whyNot(one.request, check, to)).toEqual([]);
        check.add({ instance, node: to, ports: one.ports ?? [], ...one.request });
        expect(check.overcommitted()).toEqual([]);
        const now = scoreNow();
        expect(now).toBeLessThanOrEqual(score + 1e-9);
        score = now;
        const together = moves.filter((each) => each.wave === wave);
        expect(together.filter((each) => each.app === app).length).toBeLessThanOrEqual(mayLose(app));
        expect(moves.slice(0, nth).some((each) => each.wave === wave && each.from === to)).toBe(false);
        expect(wave).toBeGreaterThanOrEqual(moves[nth - 1]?.wave ?? 0);
      }
      expect(after.score).toBeLessThanOrEqual(before.score);
      moved += moves.length;
    }),
    { numRuns: 300, seed: 7 },
  );
  expect(moved).toBeGreaterThan(100);
});
