import { expect, test } from 'vitest';
import { place } from '../../../../src/domain/placement/place.ts';
import { ids, ledgerOf, node, request } from '../support.ts';
import { nodesOf } from './support.ts';

const pool = () => ledgerOf(node('a'), node('b'));

test('a gang for which there is room is placed whole', () => {
  expect(nodesOf(place(request(), ids(8), pool(), { seed: 0, allOrNone: true })).every((id) => id !== undefined)).toBe(true);
});

test('one too many and nobody is placed, nothing is held, and it is told how many would have fitted', () => {
  const ledger = pool();
  const before = [ledger.freeOf('a'), ledger.freeOf('b')];
  const outcomes = place(request({ hostPorts: [0] }), ids(9), ledger, { seed: 0, allOrNone: true });
  for (const each of outcomes) expect(each).toMatchObject({ unplaceable: { considered: 2, excluded: { cpus: 2 }, fitting: 8 } });
  expect([ledger.freeOf('a'), ledger.freeOf('b')]).toEqual(before);
  expect(ledger.reservations).toBe(0);
});

test('two gangs never hold halves: the smaller one goes while the larger waits', () => {
  const ledger = pool();
  place(request({ app: '/large' }), ids(9, 'l'), ledger, { seed: 0, allOrNone: true });
  expect(nodesOf(place(request({ app: '/small' }), ids(8, 's'), ledger, { seed: 0, allOrNone: true }))).not.toContain(undefined);
});
