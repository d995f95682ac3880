import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type } from './terminal.ts';

const check = (...argv: readonly string[]) => type(['strategy', 'check', ...argv]);

test('a strategy that breaks no rule is said to be so, with how far it was explored', async () => {
  const ran = await check('--built-in', 'recreate', '--instances', '2');
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatch(/^recreate\.v2: explored up to 2 instances, 1 fault: [\d,]+ states \(\d+ deep\), and no rule is broken\.\n$/);
});

test('one that does ends with 1, and tells the way there in sentences and as a diagram', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'strategy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'leap.mjs');
  writeFileSync(
    file,
    `export default {
      id: 'leap.v1', description: 'Stops all of the old at once.', initial: 'leaping',
      states: { leaping: { entry: { owes: 'want', params: ({ to }) => ({ slots: { [to.configVersion]: to.instances } }) } } },
    };`,
  );
  const ran = await check(file, '--instances', '2');
  expect(ran).toMatchObject({ code: 1, err: 'wharf: the strategy breaks a rule\n' });
  expect(ran.out).toContain('1. All of the old version serve, and a deployment of the new one begins.\n2. The conductor looks');
  expect(ran.out).toContain('Broken: it stops instances that serve: 2 were ready, 0 still are, and 2 must be.');
  expect(ran.out).toContain('\nsequenceDiagram\n');
  expect((await check(file, '--instances', '2', '--json')).json).toMatchObject({
    verdict: 'violated',
    violation: { rule: 'minimum-healthy' },
  });
});

test('what was not walked to the end ends with 2, and does not pass', async () => {
  const ran = await check('--built-in', 'rolling', '--states', '50');
  expect(ran).toMatchObject({ code: 2, err: 'wharf: not every way was walked\n' });
  expect(ran.out).toContain('not exhausted: 50 states');
});

test.for([
  [[], 'name a file, or one of ours with --built-in'],
  [['--built-in', 'none'], "there is no built-in strategy 'none'; there are rolling, recreate, bluegreen, canary, ab"],
  [['--built-in', 'rolling', '--instances', '99'], 'instances must be a whole number from 1 to 8, not 99'],
  [['--built-in', 'rolling', '--parameters', '{"batchSize": 0}'], '--parameters: batchSize: '],
  [['--built-in', 'rolling', '--parameters', 'x'], '--parameters is no JSON: '],
] as const)('%j is refused with the rule', async ([argv, words]) => {
  const ran = await check(...argv);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain(words);
});
