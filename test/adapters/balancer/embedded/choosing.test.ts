import { expect, test } from 'vitest';
import { type Asker, type Choice, Chooser } from '../../../../src/adapters/balancer/embedded/choosing.ts';
import type { Route, Server } from '../../../../src/domain/traffic/table.ts';
import { pool, route } from '../../../contracts/balancer.contract.ts';

const server = (instance: string, isDraining = false): Server => ({ instance, address: '10.0.0.1', port: 80, isDraining });
const servers = (...names: readonly string[]): readonly Server[] => names.map((name) => server(name));
const calm = { busyWith: () => 0, isAvoided: () => false };
const on = (given: Partial<Route> & Pick<Route, 'pools'>): Route => route({ listeners: ['http'], ...given });
const NONE: ReadonlySet<string> = new Set();
const asker = (cookie?: string, address = '192.0.2.1'): Asker => ({ address, cookie });
const cookiesOf = (choice: Choice | undefined): string => (choice?.cookies ?? []).map((each) => each.split(';')[0]).join('; ');

const countsOf = (chooser: Chooser, count: number, ask: (nth: number) => Asker = () => asker()): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (let nth = 0; nth < count; nth++) {
    const name = chooser.choose(ask(nth), NONE)?.server.instance ?? 'nobody';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

test('splits exactly by weight, and evenly within a version', () => {
  const chooser = new Chooser(on({ pools: [pool('1', servers('o1', 'o2'), 95), pool('2', servers('n1'), 5)] }), calm);
  expect(countsOf(chooser, 1_000)).toEqual({ o1: 475, o2: 475, n1: 50 });
});

test('keeps to the split while servers come, go and drain', () => {
  const chooser = new Chooser(on({ pools: [pool('1', servers('o1'), 90), pool('2', servers('n1'), 10)] }), calm);
  let fresh = 0;
  for (let nth = 0; nth < 1_000; nth++) {
    chooser.update(on({ pools: [pool('1', [server('o1'), server('o2', nth % 2 === 0)], 90), pool('2', servers('n1'), 10)] }));
    if (chooser.choose(asker(), NONE)?.version === '2') fresh += 1;
  }
  expect(Math.abs(fresh - 100)).toBeLessThanOrEqual(1);
});

test('asks the least busy server, and all of them in turn when they are alike', () => {
  const busy: Record<string, number> = { a: 2, b: 1, c: 1 };
  const chooser = new Chooser(on({ balance: 'leastconn', pools: [pool('1', servers('a', 'b', 'c'))] }), {
    ...calm,
    busyWith: (instance) => busy[instance] ?? 0,
  });
  expect(countsOf(chooser, 10)).toEqual({ b: 5, c: 5 });
});

test('avoids who could not be connected to while there is somebody else', () => {
  const avoiding = { ...calm, isAvoided: (instance: string) => instance === 'a' };
  expect(countsOf(new Chooser(on({ pools: [pool('1', servers('a', 'b'))] }), avoiding), 4)).toEqual({ b: 4 });
  expect(countsOf(new Chooser(on({ pools: [pool('1', servers('a'))] }), avoiding), 4)).toEqual({ a: 4 });
});

test('asks another version when nobody of the chosen one can be connected to', () => {
  const chooser = new Chooser(on({ pools: [pool('1', servers('o1'), 0), pool('2', servers('n1'), 100)] }), calm);
  expect(chooser.choose(asker(), new Set(['n1']))?.server.instance).toBe('o1');
  expect(chooser.choose(asker(), new Set(['n1', 'o1']))).toBeUndefined();
});

test('keeps a sticky client with its server, then with its version, then anywhere', () => {
  const pools = (old: readonly Server[], fresh: readonly Server[]) => [pool('1', old, 100), pool('2', fresh, 0)];
  const chooser = new Chooser(on({ sticky: 's', pools: [pool('1', servers('o1'), 0), pool('2', servers('n1', 'n2'), 100)] }), calm);
  const first = chooser.choose(asker(), NONE);
  const cookie = cookiesOf(first);
  expect(first?.version).toBe('2');
  chooser.update(on({ sticky: 's', pools: pools(servers('o1'), servers('n1', 'n2')) }));
  const again = chooser.choose(asker(cookie), NONE);
  expect([again?.server.instance, again?.cookies]).toEqual([first?.server.instance, []]);
  const left = ['n1', 'n2'].find((name) => name !== first?.server.instance) ?? '';
  chooser.update(on({ sticky: 's', pools: pools(servers('o1'), [server(first?.server.instance ?? '', true), server(left)]) }));
  const moved = chooser.choose(asker(cookie), NONE);
  expect(moved?.server.instance).toBe(left);
  expect(cookiesOf(moved)).toMatch(/^s=/);
  chooser.update(on({ sticky: 's', pools: pools(servers('o1'), []) }));
  expect(chooser.choose(asker(cookie), NONE)?.server.instance).toBe('o1');
});

test('keeps an address with its server when others come', () => {
  const chooser = new Chooser(on({ mode: 'tcp', sticky: '', pools: [pool('1', servers('a', 'b'))] }), calm);
  const addresses = Array.from({ length: 50 }, (_, nth) => `192.0.2.${nth}`);
  const at = () => addresses.map((address) => chooser.choose(asker(undefined, address), NONE)?.server.instance);
  const before = at();
  expect(new Set(before)).toEqual(new Set(['a', 'b']));
  chooser.update(on({ mode: 'tcp', sticky: '', pools: [pool('1', servers('a', 'b', 'c', 'd'))] }));
  expect(at()).toEqual(before);
});

test('moves by source only the clients of a server that goes', () => {
  const chooser = new Chooser(on({ balance: 'source', pools: [pool('1', servers('a', 'b', 'c'))] }), calm);
  const addresses = Array.from({ length: 300 }, (_, nth) => `10.1.${nth % 7}.${nth}`);
  const at = () => addresses.map((address) => chooser.choose(asker(undefined, address), NONE)?.server.instance);
  const before = at();
  for (const name of ['a', 'b', 'c']) expect(before.filter((each) => each === name).length).toBeGreaterThan(60);
  chooser.update(on({ balance: 'source', pools: [pool('1', servers('a', 'b'))] }));
  for (const [nth, now] of at().entries()) if (before[nth] !== 'c') expect(now).toBe(before[nth]);
});

test('gives a percentage of the clients to a version, and more of them when it grows', () => {
  const pools = [pool('1', servers('o'), 100), pool('2', servers('n'), 0)];
  const ruled = (percent: number) => on({ pools, rules: [{ version: '2', when: { percent, cookie: 'trial' } }] });
  const chooser = new Chooser(ruled(20), calm);
  const clients = Array.from({ length: 1_000 }, () => chooser.choose(asker(), NONE));
  expect(Math.abs(clients.filter((each) => each?.version === '2').length - 200)).toBeLessThanOrEqual(5);
  chooser.update(ruled(60));
  const later = clients.map((each) => chooser.choose(asker(cookiesOf(each)), NONE)?.version);
  for (const [nth, each] of clients.entries()) if (each?.version === '2') expect(later[nth]).toBe('2');
  expect(Math.abs(later.filter((each) => each === '2').length - 600)).toBeLessThanOrEqual(5);
});

test('lets a rule decide before the cookie of a server of another version', () => {
  const pools = [pool('1', servers('o'), 100), pool('2', servers('n'), 0)];
  const chooser = new Chooser(on({ pools, sticky: 's', rules: [{ version: '2', when: { cookie: 'beta', equals: '1' } }] }), calm);
  const cookie = cookiesOf(chooser.choose(asker(), NONE));
  expect(chooser.choose(asker(cookie), NONE)?.server.instance).toBe('o');
  expect(chooser.choose(asker(`${cookie}; beta=1`), NONE)?.server.instance).toBe('n');
});
