import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../support/sources.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

/** A workload on hosts in another process that is killed while it goes. */

const start = (...argv: readonly string[]): ChildProcess => {
  const child = spawn(join(ROOT, 'bin/wharf'), ['simulate', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
};
const said = (child: ChildProcess, stream: 'stdout' | 'stderr', words: RegExp): Promise<void> =>
  new Promise((resolve, reject) => {
    let soFar = '';
    child[stream]?.on('data', (chunk) => {
      soFar += chunk;
      if (words.test(soFar)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${soFar}`)));
  });

test('the process of a thousand hosts is killed while 20,000 instances start: all of them run in the end', {
  timeout: 600_000,
}, async () => {
  const address = `unix:${join(temporaryFolder(), 'hosts.sock')}`;
  const profile = join(temporaryFolder(), 'profile.json');
  // A thousand containers that vanish at once are no failures of their app: its next launches wait for nothing.
  const definition = { cmd: 'serve', cpus: 0.02, mem: 15, portDefinitions: [] };
  writeFileSync(profile, JSON.stringify({ extends: 'c1m', workload: { templates: [{ definition }] } }));
  const described = ['--hosts', '1000', '--profile', profile];
  const hosts = () => start('hosts', '--listen', address, ...described);
  const first = hosts();
  await said(first, 'stdout', /listen at/);
  const engine = start(...described, '--apps', '20', '--instances', '1000', '--hosts-at', address, '--once', '--patience', '120');
  const out = text(engine.stdout as NodeJS.ReadableStream & AsyncIterable<Uint8Array>);
  await said(engine, 'stderr', /running [1-9]/);
  const died = once(first, 'exit');
  first.kill('SIGKILL');
  await died;
  await said(hosts(), 'stdout', /listen at/);
  const [code] = await once(engine, 'exit');
  const report = await out;
  expect({ code, report }).toEqual({ code: 0, report: expect.stringMatching(/20,000 of 20,000 run/) });
  // What had started before was lost, and was started again.
  expect(Number(/after ([\d,]+) starts/.exec(report)?.[1]?.replaceAll(',', ''))).toBeGreaterThan(20_000);
});
