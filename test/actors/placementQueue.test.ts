import { expect, test } from 'vitest';
import type { Debt } from '../../src/actors/performer.ts';
import { PlacementClass, PlacementQueue } from '../../src/actors/placementQueue.ts';
import { Ledger } from '../../src/domain/placement/ledger.ts';
import { Search } from '../../src/domain/placement/search.ts';
import { request } from '../domain/placement/support.ts';

const ledger = new Ledger();
const definitions = new Map<string, object>();
const queueOf = (next?: ConstructorParameters<typeof PlacementQueue>[1]) =>
  new PlacementQueue((app, version, _gang, known) => {
    const definition = definitions.get(app) ?? ledger;
    if (known?.definition === definition) return known;
    return app === '/unknown' ? undefined : new PlacementClass(app, version, definition as never, new Search(ledger, request({ app })));
  }, next);

const debt = (app: string, nth = 0): Debt => ({ stream: `instance-${app}-${nth}`, params: { app, version: 'v1' } }) as unknown as Debt;
const names = (queue: PlacementQueue, turns: number) =>
  Array.from({ length: turns }, () => {
    const each = queue.next();
    if (each !== undefined) queue.served(each, false);
    return each?.app;
  });

test('classes are served in turn', () => {
  const queue = queueOf();
  for (const each of [debt('/a', 1), debt('/a', 2), debt('/b'), debt('/c')]) queue.add(each);
  expect(names(queue, 5)).toEqual(['/a', '/b', '/c', '/a', '/b']);
});

test('or as somebody else says', () => {
  const queue = queueOf((active) => [...active].find(({ app }) => app === '/b') ?? [...active][0]);
  queue.add(debt('/a'));
  queue.add(debt('/b'));
  expect(names(queue, 3)).toEqual(['/b', '/b', '/b']);
});

test('one without a place sleeps once all of it know, and wakes before the others when that may be over', () => {
  const queue = queueOf();
  const [first, second] = [debt('/a', 1), debt('/a', 2)];
  queue.add(first);
  queue.add(second);
  const a = queue.next() as PlacementClass;
  queue.deferred(a, first);
  queue.served(a, true);
  expect([queue.next(), queue.sleeping]).toEqual([a, 0]);
  queue.deferred(a, second);
  queue.served(a, true);
  expect([queue.next(), queue.sleeping, queue.size]).toEqual([undefined, 1, 2]);
  queue.add(debt('/b'));
  queue.wake(() => false);
  expect(queue.next()?.app).toBe('/b');
  queue.wake(() => true);
  expect([queue.next(), queue.sleeping]).toEqual([a, 0]);
});

test('of those that wait for the same one is woken, and each that finds a place wakes the next', () => {
  const queue = queueOf();
  const classes = ['/a', '/b', '/c'].map((app) => {
    queue.add(debt(app));
    const each = queue.next() as PlacementClass;
    queue.deferred(each, debt(app));
    queue.served(each, true);
    return each;
  });
  expect(queue.sleeping).toBe(3);
  queue.wake(() => true);
  expect(queue.sleeping).toBe(2);
  const [a, b] = classes as [PlacementClass, PlacementClass];
  expect(queue.next()).toBe(a);
  queue.placed(a, debt('/a').stream);
  queue.served(a, false);
  expect([queue.next(), queue.sleeping]).toEqual([b, 1]);
  queue.served(b, true);
  expect([queue.next(), queue.sleeping]).toEqual([undefined, 2]);
  queue.wake(() => true, true);
  expect(queue.sleeping).toBe(0);
});

test('one that was woken and is released before its turn leaves the place to the next', () => {
  const queue = queueOf();
  for (const app of ['/a', '/b']) {
    queue.add(debt(app));
    const each = queue.next() as PlacementClass;
    queue.deferred(each, debt(app));
    queue.served(each, true);
  }
  queue.wake(({ app }) => app === '/a');
  queue.remove(debt('/a'));
  expect([queue.next()?.app, queue.sleeping]).toEqual(['/b', 0]);
});

test('one that waits for something of its own is asked for itself', () => {
  const queue = queueOf();
  for (const [app, isAlone] of [
    ['/a', true],
    ['/b', false],
  ] as const) {
    queue.add(debt(app));
    const each = queue.next() as PlacementClass;
    queue.deferred(each, debt(app));
    queue.served(each, true, isAlone);
  }
  queue.wake(({ app }) => app === '/b');
  expect([queue.next()?.app, queue.sleeping]).toEqual(['/b', 1]);
});

test('who has a place or is released is not counted any more, and a class without any has no turn', () => {
  const queue = queueOf();
  const [first, second] = [debt('/a', 1), debt('/a', 2)];
  queue.add(first);
  queue.add(second);
  queue.add(second);
  expect(queue.size).toBe(2);
  const a = queue.next() as PlacementClass;
  queue.placed(a, first.stream);
  queue.served(a, false);
  expect(queue.size).toBe(1);
  queue.remove(second);
  queue.remove(second);
  expect([queue.size, queue.next()]).toEqual([0, undefined]);
});

test('what a class asks for is looked up before each turn, and those who wait stay in it', () => {
  const queue = queueOf();
  queue.add(debt('/a', 1));
  const before = queue.next();
  definitions.set('/a', {});
  const after = queue.next();
  expect(after).not.toBe(before);
  expect([after?.pending, queue.next()]).toEqual([1, after]);
  queue.remove(debt('/a', 1));
  expect(queue.size).toBe(0);
});

test('of whom nobody knows what it is made of, nothing is asked', () => {
  const queue = queueOf();
  queue.add(debt('/unknown'));
  expect([queue.size, queue.next()]).toEqual([0, undefined]);
});
