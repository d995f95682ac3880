import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spreadsOf } from '../../bench/harness/spread.ts';
import { chartOf } from '../../bench/report/chart.ts';
import { pageOf } from '../../bench/report/page.ts';
import { type Result, readResults } from '../../bench/report/results.ts';
import { ROOT } from '../support/sources.ts';

const results = readResults(join(ROOT, 'bench', 'results'));
const docs = (file: string): string => readFileSync(join(ROOT, 'docs', file), 'utf8');

test('the page of results says what the benches printed; `npm run bench -- report` makes it anew', () => {
  expect(docs('performance.md')).toBe(pageOf(results));
});

test('its chart shows what the benches printed', () => {
  expect(docs('performance.svg')).toBe(chartOf(results));
});

test('another result makes another page and another chart', () => {
  const verizon = results.get('verizon');
  if (verizon === undefined) throw new Error('there is no result of verizon');
  const instancesPerSecond = { min: 1, median: 123_456, max: 999_999 };
  const changed = new Map([...results, ['verizon', { ...verizon, instancesPerSecond } as Result]]);
  expect(pageOf(changed)).toContain('| 123,456 | **Wharfinger**, `verizon` |');
  expect(chartOf(changed)).toContain('>123,456</text>');
});

test('a result that lacks a figure is refused by its name', () => {
  const verizon = results.get('verizon');
  if (verizon === undefined) throw new Error('there is no result of verizon');
  expect(() => pageOf(new Map([['verizon', { ...verizon, fsyncs: undefined } as Result]]))).toThrow('verizon reports no fsyncs');
});

test('variants of a bench share one section, each with its own conditions', () => {
  const one = (value: number) => ({ min: value, median: value, max: value });
  const start = (instances: number, snapshot: unknown): Result => ({
    name: 'recover',
    machine: '2 × any',
    runs: 1,
    instances,
    hosts: 1_000,
    wallSeconds: one(instances / 100_000),
    cpuSeconds: { mainThread: one(1) },
    facts: one(7),
    peakRssBytes: one(2 ** 30),
    snapshot,
  });
  const page = pageOf(
    new Map([
      ['recover-50000', start(50_000, { bytes: one(9) })],
      ['recover-50000-zero', start(50_000, 0)],
    ]),
  );
  expect(page.match(/^## Start with a full cluster$/gm)).toHaveLength(1);
  expect(page).toContain('| 50,000 | 1,000 | a snapshot of the views | 0.5 |');
  expect(page).toContain('| 50,000 | 1,000 | the first fact of the log | 0.5 |');
  expect(page).toContain('npm run bench -- recover --runs 1 --instances 50000 --hosts 1000 --snapshot 0');
});

test('of a figure the harness tells least, median and most, of a list the medians', () => {
  const runs = [3, 1, 2].map((value) => ({ wall: value, group: { cpu: value * 10 }, tenths: [value, 5] }));
  expect(spreadsOf(runs)).toEqual({
    wall: { min: 1, median: 2, max: 3 },
    group: { cpu: { min: 10, median: 20, max: 30 } },
    tenths: [2, 5],
  });
});
