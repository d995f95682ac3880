import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closingLine } from '../../scripts/ci/closingLine.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const repository = join(import.meta.dirname, '../..');

/** Lets vitest run these files as if they were a repository's tests, with our configuration, and reads its report. */
const closingLineOf = (files: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder();
  const result = join(folder, 'result.json');
  mkdirSync(join(folder, 'test'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'test', name), text);
  const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
  const options = ['run', '--globals', '--root', folder, '--config', join(repository, 'vitest.config.ts')];
  const env = { ...process.env, WHARF_TEST_RESULT: result };
  const { status } = spawnSync(process.execPath, [vitest, ...options], { cwd: repository, env, stdio: 'pipe' });
  return closingLine(JSON.parse(readFileSync(result, 'utf8')), status ?? 1);
};

test('passed, failed and skipped tests are counted', () => {
  const some = `test('a', () => {}); test('b', () => {}); test('c', () => { throw new Error('c'); }); test.skip('d', () => {}); test.todo('e');`;
  expect(closingLineOf({ 'some.test.ts': some })).toBe('test: 2 passed, 1 failed, 2 skipped');
});

test('a file that does not load is a failure', () => {
  expect(closingLineOf({ 'well.test.ts': `test('a', () => {});`, 'broken.test.ts': `throw new Error('at load');` })).toBe(
    'test: 1 passed, 1 failed, 0 skipped',
  );
});

test('an error that nobody caught is a failure', () => {
  const stray = `test('a', async () => { void Promise.reject(new Error('stray')); await new Promise((done) => setImmediate(done)); });`;
  expect(closingLineOf({ 'stray.test.ts': stray })).toBe('test: 1 passed, 1 failed, 0 skipped');
});
