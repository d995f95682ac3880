import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../../support/sources.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';
import { type RealEngine, realEngine } from '../terminal.ts';
import { fakeMarathon, group, holding, of111 } from './fakeMarathon.ts';

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
});
afterAll(() => engine.end());

/** Two of these are more than one request may hold. */
const BULK = 'x'.repeat(3 * 1024 * 1024);

test('an import that is killed in the middle goes on where it was when it is run again', { timeout: 60_000 }, async () => {
  const go = join(temporaryFolder(), 'go');
  const whenThere = {
    protocol: 'COMMAND',
    command: { value: `test -e ${go}` },
    intervalSeconds: 1,
    gracePeriodSeconds: 300,
    delaySeconds: 0,
  };
  const root = group('/', {
    apps: [
      of111('/base', { healthChecks: [whenThere], labels: { bulk: BULK }, portDefinitions: [] }),
      of111('/top', { dependencies: ['/base'], labels: { bulk: BULK }, portDefinitions: [] }),
    ],
  });
  const { url } = await fakeMarathon({ answers: holding(root) });
  const wharf = ['--data-dir', engine.dataDir, 'import', 'marathon', url, '--yes'];
  const first = spawn(join(ROOT, 'bin/wharf'), wharf, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of first.stdout) {
    said += chunk;
    if (said.includes('0 of 1 ready')) break;
  }
  expect(said).toContain('1/2  app /base\n');
  const exit = once(first, 'exit');
  first.kill('SIGKILL');
  await exit;

  const between = await engine.wharf(['import', 'marathon', url, '--dry-run', '--json']);
  expect(between.json).toMatchObject({ new: [{ id: '/top' }], equal: [{ id: '/base' }], changed: [] });
  writeFileSync(go, '');
  const second = await engine.wharf(['import', 'marathon', url, '--yes', '--json']);
  expect(second).toMatchObject({ code: 0, err: '' });
  const { apps } = (await engine.wharf(['app', 'list', '--json'])).json;
  expect(apps.map(({ id, tasksRunning }: { id: string; tasksRunning: number }) => [id, tasksRunning])).toEqual([
    ['/base', 1],
    ['/top', 1],
  ]);
});

test('Ctrl-C leaves what was begun, and says how to go on', { timeout: 30_000 }, async () => {
  const never = { protocol: 'COMMAND', command: { value: 'false' }, intervalSeconds: 1, gracePeriodSeconds: 300, delaySeconds: 0 };
  const root = group('/', { apps: [of111('/never', { healthChecks: [never], portDefinitions: [] })] });
  const { url } = await fakeMarathon({ answers: holding(root) });
  const interruption = new AbortController();
  const left = await engine.wharf(['import', 'marathon', url, '--yes', '--only', '/never'], {
    interrupted: interruption.signal,
    onOut: (out) => {
      if (out.includes('0 of 1 ready')) interruption.abort();
    },
  });
  expect(left).toMatchObject({ code: 130, err: expect.stringContaining('no longer waiting; the deployment goes on') });
});
