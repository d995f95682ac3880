import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
