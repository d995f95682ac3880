import { expect, test } from 'vitest';
import { place } from '../../../src/domain/placement/place.ts';
import { ids, ledgerOf, node, request } from './support.ts';

const FOUR = node('a', { portRanges: [[31_000, 31_003]] });
const portsOf = (results: ReturnType<typeof place>) => results.map((result) => ('node' in result ? result.hostPorts : 'nowhere'));
const any = (count: number, ledger = ledgerOf(FOUR)) =>
  portsOf(place(request({ hostPorts: [0], cpus: 0.1 }), ids(count), ledger, { seed: 0 }));

test('without a port that somebody names, ports are given in a row', () => {
  expect(any(3)).toEqual([[31_000], [31_001], [31_002]]);
});

test('a port that another app names is given to nobody who takes any', () => {
  const ledger = ledgerOf(FOUR);
  ledger.fixedPorts.set('/db', [31_000, 0, 31_002]);
  expect(any(2, ledger)).toEqual([[31_001], [31_003]]);
  expect(portsOf(place(request({ app: '/db', hostPorts: [31_000, 31_002] }), ['db'], ledger, { seed: 0 }))).toEqual([[31_000, 31_002]]);
});

test('nothing else being free, it is given after all', () => {
  const ledger = ledgerOf(FOUR);
  ledger.fixedPorts.set('/db', [31_000, 31_001]);
  expect(any(5, ledger)).toEqual([[31_002], [31_003], [31_000], [31_001], 'nowhere']);
});

test('a port is spared until the last app that names it is gone or names another', () => {
  const ledger = ledgerOf(FOUR);
  ledger.fixedPorts.set('/db', [31_000]);
  ledger.fixedPorts.set('/db', [31_000]);
  ledger.fixedPorts.set('/db2', [31_000]);
  ledger.fixedPorts.set('/db', [31_003]);
  expect(ledger.fixedPorts.has(31_000)).toBe(true);
  ledger.fixedPorts.set('/db2', []);
  expect([31_000, 31_003].map((port) => ledger.fixedPorts.has(port))).toEqual([false, true]);
});
