import { expect, test } from 'vitest';
import { mayBeMissing } from '../../../src/domain/app/definition/disruptionBudget.ts';
import type { Ledger } from '../../../src/domain/placement/ledger.ts';
import { heldName, holdPlace } from '../../../src/domain/placement/nomination.ts';
import { place } from '../../../src/domain/placement/place.ts';
import { type Holder, harm, type Preemptor, sacrifices, victimsOn } from '../../../src/domain/placement/preemption.ts';
import { needOf, type PlacementRequest, reservationFor } from '../../../src/domain/placement/request.ts';
import { ledgerOf, node, request } from './support.ts';

/* Nodes have four cores. Holders are told by name, priority and cores. */

type Stand = {
  readonly cpus?: number;
  readonly priority?: number;
  readonly since?: number;
  readonly leaving?: boolean;
  readonly app?: string;
};

const stand = (
  ledger: Ledger,
  on: string,
  instance: string,
  { cpus = 1, priority = 0, since = 0, leaving = false, app = '/batch' }: Stand,
) => {
  const held = reservationFor(request({ app, cpus }), { instance, node: on, ports: [] });
  ledger.add(held);
  return { held, priority, since, leaving } satisfies Holder;
};

const preemptor = (fields: Partial<PlacementRequest> = {}, priority = 10, budget = Number.POSITIVE_INFINITY): Preemptor => ({
  need: needOf(request(fields)),
  priority,
  mayLose: () => budget,
});

const namesOf = (victims: readonly Holder[] | undefined) => victims?.map(({ held }) => held.instance);

const victims = (stands: Readonly<Record<string, Stand>>, who = preemptor({ cpus: 2 })) => {
  const ledger = ledgerOf(node('n1'));
  const holders = Object.entries(stands).map(([name, what]) => stand(ledger, 'n1', name, what));
  const before = ledger.freeOf('n1');
  const chosen = victimsOn(ledger, 0, who, holders);
  expect(ledger.freeOf('n1')).toEqual(before);
  return namesOf(chosen);
};

test('nobody leaves for what would not fit even so, or for one who is no more important', () => {
  expect(victims({ a: { cpus: 4 } }, preemptor({ cpus: 5 }))).toBeUndefined();
  expect(victims({ a: { cpus: 4 } }, preemptor({ cpus: 2 }, 0))).toBeUndefined();
  expect(victims({ a: { cpus: 4 } }, preemptor({ cpus: 2, constraints: [['rack', 'IS', 'r1']] }))).toBeUndefined();
  expect(victims({ a: { cpus: 3, priority: 10 }, b: { cpus: 1 } })).toBeUndefined();
});

test('the lowest priority goes first, then the fewest, then the youngest', () => {
  expect(victims({ a: { cpus: 2, priority: 5 }, b: { cpus: 1 }, c: { cpus: 1 } })).toEqual(['b', 'c'].toReversed().toSorted());
  expect(victims({ a: { cpus: 1 }, b: { cpus: 2 }, c: { cpus: 1 } })).toEqual(['b']);
  expect(victims({ old: { cpus: 2, since: 1 }, young: { cpus: 2, since: 2 } })).toEqual(['young']);
});

test('one who leaves anyway is no victim of ours, whatever its priority', () => {
  expect(victims({ a: { cpus: 2 }, b: { cpus: 2, priority: 99, leaving: true } })).toEqual(['b']);
  expect(victims({ a: { cpus: 3 }, b: { cpus: 1, leaving: true } }, preemptor({ cpus: 1 }))).toEqual(['b']);
});

test('no app loses more than its budget has left', () => {
  const two = { a: { cpus: 1 }, b: { cpus: 1 }, c: { cpus: 2, app: '/other' } };
  const onlyOne: Preemptor = { ...preemptor({ cpus: 2 }), mayLose: (app) => (app === '/batch' ? 1 : 0) };
  expect(victims(two, onlyOne)).toBeUndefined();
  expect(victims(two, { ...onlyOne, mayLose: (app) => (app === '/batch' ? 2 : 0) })?.toSorted()).toEqual(['a', 'b']);
  expect(mayBeMissing({ maxUnavailable: '20%' }, 6)).toBe(2);
  expect(mayBeMissing({ maxUnavailable: '0%' }, 6)).toBe(0);
  expect(mayBeMissing({ maxUnavailable: 3 }, 6)).toBe(3);
  expect(mayBeMissing(undefined, 6)).toBe(6);
});

test('a port that is asked for by number is made free by whoever holds it', () => {
  const ledger = ledgerOf(node('n1'));
  const one = stand(ledger, 'n1', 'a', { cpus: 1 });
  const held = { ...reservationFor(request({ app: '/batch', cpus: 1 }), { instance: 'b', node: 'n1', ports: [31_000] }) };
  ledger.add(held);
  const two: Holder = { held, priority: 0, since: 0, leaving: false };
  expect(namesOf(victimsOn(ledger, 0, preemptor({ hostPorts: [31_000] }), [one, two]))).toEqual(['b']);
});

test('of several nodes the one where the least harm is done comes first', () => {
  const ledger = ledgerOf(node('n1'), node('n2'), node('n3'));
  const on = new Map([
    ['n1', [stand(ledger, 'n1', 'a', { cpus: 4, priority: 5 })]],
    ['n2', [stand(ledger, 'n2', 'b', { cpus: 2 }), stand(ledger, 'n2', 'c', { cpus: 2 })]],
    ['n3', [stand(ledger, 'n3', 'd', { cpus: 4, priority: -1 })]],
  ]);
  const found = sacrifices(ledger, preemptor({ cpus: 4 }), [0, 1, 2], (row) => on.get(ledger.at(row).id) ?? []);
  expect(found.map(({ row }) => ledger.at(row).id)).toEqual(['n3', 'n2', 'n1']);
});

test('harm is told by priority before number, and by age at last', () => {
  const of = (...some: readonly (readonly [priority: number, since: number])[]): readonly Holder[] =>
    some.map(([priority, since]) => ({
      held: reservationFor(request(), { instance: 'i', node: 'n', ports: [] }),
      priority,
      since,
      leaving: false,
    }));
  expect(harm(of([5, 0]), of([0, 0], [0, 0]))).toBeGreaterThan(0);
  expect(harm(of([0, 0]), of([0, 0], [-5, 0]))).toBeLessThan(0);
  expect(harm(of([0, 9]), of([0, 1]))).toBeLessThan(0);
});

test('what is held is never more than what is free, and grows as those who leave have ended', () => {
  const ledger = ledgerOf(node('n1'));
  for (const name of ['a', 'b', 'c']) stand(ledger, 'n1', name, { cpus: 1 });
  const nomination = { instance: 'high', node: 'n1', victims: ['a', 'b'], request: request({ cpus: 3 }) };
  const held = () => ledger.reservation(heldName('high'))?.cpus;
  expect(holdPlace(nomination, ledger)).toBe(true);
  expect(held()).toBe(1);
  const cannot = place(request({ app: '/low' }), ['low'], ledger, { seed: 0 });
  expect(cannot[0]).toMatchObject({ unplaceable: { excluded: { cpus: 1 } } });
  ledger.remove('a');
  expect(holdPlace(nomination, ledger)).toBe(true);
  expect(held()).toBe(2);
  ledger.remove('b');
  expect(holdPlace(nomination, ledger)).toBe(false);
  expect(held()).toBeUndefined();
  expect(ledger.freeOf('n1')?.cpus).toBe(3);
});
