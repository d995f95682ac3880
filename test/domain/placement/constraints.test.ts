import { describe, expect, test } from 'vitest';
import { compileConstraints } from '../../../src/domain/placement/constraints.ts';
import { fieldOf, scalarText } from '../../../src/domain/placement/node.ts';
import { place, whyNot } from '../../../src/domain/placement/place.ts';
import { ids, ledgerOf, node, request } from './support.ts';

type Constraint = readonly [string, string, string?];

/** Whether an instance may go to a node with that value, others being at the values listed. */
const allows = (constraint: Constraint, placed: readonly string[], offered: string | undefined, instances = 5, groups = 3): boolean => {
  const counts = new Map<string | undefined, number>();
  for (const value of placed) counts.set(value, (counts.get(value) ?? 0) + 1);
  return compileConstraints([constraint], instances).every((each) => each.allows(offered, counts, () => groups));
};

describe('GROUP_BY of five instances, as Marathon tests it', () => {
  const two: Constraint = ['rack', 'GROUP_BY', '2'];
  const four: Constraint = ['rack', 'GROUP_BY', '4'];
  test.each<[Constraint, readonly string[], string | undefined, boolean]>([
    [two, [], 'r1', true],
    [two, ['r1', 'r1'], 'r1', true],
    [two, ['r1', 'r1', 'r1'], 'r1', false],
    [two, ['r1'], 'r2', true],
    [two, ['r1', 'r1', 'r1', 'r2'], 'r2', true],
    [two, ['r1', 'r2'], 'r3', false],
    [four, ['r1'], 'r1', true],
    [four, ['r1', 'r1'], 'r1', false],
    [four, ['r1', 'r1', 'r2'], 'r2', false],
    [two, [], undefined, false],
    [four, [], undefined, false],
  ])('%j with %j placed, offered %s: %s', (constraint, placed, offered, answer) =>
    expect(allows(constraint, placed, offered)).toBe(answer),
  );

  test('without a number it divides by the values that the cluster has', () => {
    expect(allows(['rack', 'GROUP_BY'], ['r1', 'r1'], 'r1', 6, 3)).toBe(false);
    expect(allows(['rack', 'GROUP_BY'], ['r1', 'r1'], 'r1', 6, 2)).toBe(true);
  });
});

describe('operators', () => {
  test.each<[Constraint, readonly string[], string | undefined, boolean]>([
    [['hostname', 'UNIQUE'], ['a'], 'a', false],
    [['hostname', 'UNIQUE'], ['a'], 'b', true],
    [['rack', 'CLUSTER'], [], 'a', true],
    [['rack', 'CLUSTER'], ['a'], 'a', true],
    [['rack', 'CLUSTER'], ['a'], 'b', false],
    [['rack', 'CLUSTER', 'b'], ['a'], 'b', true],
    [['rack', 'CLUSTER', 'b'], [], 'a', false],
    [['rack', 'MAX_PER', '2'], ['a'], 'a', true],
    [['rack', 'MAX_PER', '2'], ['a', 'a'], 'a', false],
    [['rack', 'LIKE', 'a|b'], [], 'b', true],
    [['rack', 'LIKE', 'a|b'], [], 'bb', false],
    [['rack', 'LIKE', '(?i)A'], [], 'a', true],
    [['rack', 'UNLIKE', 'a'], [], 'a', false],
    [['rack', 'UNLIKE', 'a'], [], 'ab', true],
    [['rack', 'IS', '8.10'], [], '8.1', true],
    [['rack', 'IS', 'a'], [], 'b', false],
    [['rack', 'IN', '{a,1.50}'], [], '1.5', true],
    [['rack', 'IN', '{a,b}'], [], 'c', false],
  ])('%j with %j placed, offered %s: %s', (constraint, placed, offered, answer) =>
    expect(allows(constraint, placed, offered)).toBe(answer),
  );

  test('a node without the attribute satisfies UNLIKE alone', () => {
    const all: readonly Constraint[] = [
      ['x', 'UNIQUE'],
      ['x', 'CLUSTER'],
      ['x', 'GROUP_BY'],
      ['x', 'LIKE', '.*'],
      ['x', 'UNLIKE', '.*'],
      ['x', 'MAX_PER', '9'],
      ['x', 'IS', ''],
      ['x', 'IN', '{}'],
    ];
    expect(all.filter((constraint) => allows(constraint, [], undefined)).map(([, operator]) => operator)).toEqual(['UNLIKE']);
  });
});

test('scalars are written with at most three decimals, halves to the even one', () =>
  expect(['8', '8.0', '1.0005', '1.00051', '1.5005', '0.1239', '10', 'a1.0', '1.'].map(scalarText)).toEqual([
    '8',
    '8',
    '1',
    '1.001',
    '1.5',
    '0.124',
    '10',
    'a1.0',
    '1.',
  ]));

test('fields of a node', () => {
  const here = node('a', { region: 'eu', zone: 'eu-1', attributes: { rack: 'r1', cores: '8.0' } });
  const fields = ['hostname', '@hostname', '@region', '@zone', 'rack', 'cores', 'toString'];
  expect(fields.map((field) => fieldOf(here, field))).toEqual(['a.example', 'a.example', 'eu', 'eu-1', 'r1', '8', undefined]);
});

describe('in a cluster', () => {
  const racks = () => ledgerOf(...['a', 'b', 'c', 'd', 'e', 'f'].map((id, at) => node(id, { attributes: { rack: `r${at % 3}` } })));
  const where = (constraint: Constraint, count: number) => {
    const ledger = racks();
    const results = place(request({ instances: count, constraints: [constraint] }), ids(count), ledger, { seed: 1 });
    return results.map((result) => ('node' in result ? fieldOf(ledger.node(result.node) ?? node('?'), constraint[0]) : undefined)).sort();
  };
  test('UNIQUE puts one on each node and no more', () =>
    expect(where(['hostname', 'UNIQUE'], 7).filter((value) => value === undefined).length).toBe(1));
  test('GROUP_BY divides evenly over the racks there are', () => {
    const counts = Map.groupBy(where(['rack', 'GROUP_BY'], 7), (rack) => rack);
    expect([...counts.values()].map((same) => same.length).sort()).toEqual([2, 2, 3]);
    expect([...counts.keys()].sort()).toEqual(['r0', 'r1', 'r2']);
  });
  test('CLUSTER keeps all together', () => expect(new Set(where(['rack', 'CLUSTER'], 6)).size).toBe(1));
  test('MAX_PER stops at its number', () =>
    expect(where(['rack', 'MAX_PER', '2'], 8).filter((value) => value !== undefined).length).toBe(6));
  test('instances of another cohort, such as an old version about to go, are not counted', () => {
    const ledger = ledgerOf(node('a'));
    const unique: readonly Constraint[] = [['hostname', 'UNIQUE']];
    place(request({ constraints: unique, cohort: '/web@1' }), ['old'], ledger, { seed: 0 });
    expect(place(request({ constraints: unique, cohort: '/web@1' }), ['more'], ledger, { seed: 0 })[0]).toHaveProperty('unplaceable');
    expect(place(request({ constraints: unique, cohort: '/web@2' }), ['new'], ledger, { seed: 0 })[0]).toMatchObject({ node: 'a' });
  });
  test('why a node is not possible names the constraint and what is there', () => {
    const ledger = racks();
    place(request({ constraints: [['rack', 'MAX_PER', '1']] }), ['i'], ledger, { seed: 0 });
    const taken = ledger.reservation('i')?.node ?? '';
    const rack = fieldOf(ledger.node(taken) ?? node('?'), 'rack');
    expect(whyNot(request({ constraints: [['rack', 'MAX_PER', '1']] }), ledger, taken)).toEqual([
      {
        filter: 'constraint',
        reason: 'UnfulfilledConstraint',
        because: `rack MAX_PER 1: rack is ${rack}, which holds 1 of the app's instances`,
      },
    ]);
  });
});
