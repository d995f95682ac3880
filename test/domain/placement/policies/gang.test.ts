import { expect, test } from 'vitest';
import { placeTogether } from '../../../../src/domain/placement/policies/gang.ts';
import { ids, ledgerOf, node, request } from '../support.ts';
import { nodesOf } from './support.ts';

const pool = () => ledgerOf(node('a'), node('b'));

test('a gang for which there is room is placed whole', () => {
  expect(nodesOf(placeTogether(request(), ids(8), pool(), { seed: 0 })).every((id) => id !== undefined)).toBe(true);
});

test('one too many and nobody is placed, nothing is held, and it is told how many would have fitted', () => {
  const ledger = pool();
  const before = [ledger.freeOf('a'), ledger.freeOf('b')];
  const outcomes = placeTogether(request({ hostPorts: [0] }), ids(9), ledger, { seed: 0 });
  expect(outcomes.map((each) => 'gang' in each && each.gang)).toEqual(ids(9).map(() => ({ size: 9, fits: 8 })));
  expect(outcomes[0]).toMatchObject({ unplaceable: { considered: 2, excluded: { cpus: 2 } } });
  expect([ledger.freeOf('a'), ledger.freeOf('b')]).toEqual(before);
  expect(ledger.reservations).toBe(0);
});

test('two gangs never hold halves: the smaller one goes while the larger waits', () => {
  const ledger = pool();
  placeTogether(request({ app: '/large' }), ids(9, 'l'), ledger, { seed: 0 });
  expect(nodesOf(placeTogether(request({ app: '/small' }), ids(8, 's'), ledger, { seed: 0 }))).not.toContain(undefined);
});
