import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from './support/sources.ts';

const DEMO_MAX_MS = 120_000;

test('the demo deploys, rolls without a failed request, kills, heals, survives a crash of the engine, and tells the story', {
  timeout: DEMO_MAX_MS,
}, async () => {
  // Native processes alone: an engine of Docker is the Docker suites' affair.
  const env = { ...process.env, DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  const child = spawn('npm', ['run', '--silent', 'demo', '--', '--once'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGINT'));
  const [[code], said] = await Promise.all([once(child, 'exit'), text(child.stdout)]);
  const claims = said.split('\n').flatMap((line) => /✓ (.*)$/.exec(line)?.[1] ?? []);
  expect(claims).toEqual([
    'the deployment of /demo/web succeeded',
    expect.stringMatching(/^\/demo\/web: [1-9]\d* requests answered by release 1, 0 failed$/),
    'the deployment of /demo/web succeeded',
    expect.stringMatching(
      /^failed requests during the roll of \/demo\/web: 0 of [1-9]\d* \(release 1 answered [1-9]\d*, release 2 [1-9]\d*\)$/,
    ),
    '/demo/web: both releases served, and never fewer than 3 instances were in the list',
    expect.stringMatching(/^instance \S+ came in the place of \S+$/),
    expect.stringMatching(/^\/demo\/web: the same instances as before, pid \d+, pid \d+, pid \d+$/),
    '/demo/web: nothing was started or ended because of the crash',
    expect.stringMatching(/^the log goes on behind position \d+; what stood there stands there$/),
    expect.stringMatching(/^\/demo\/web: [1-9]\d* requests while the engine was away and came back, 0 failed$/),
    'told from the log alone',
    'the deployment of /demo/web succeeded',
    'the engine stopped in order',
  ]);
  expect(said).toMatch(/Instance \S+ was ended by SIGKILL\. {2}\[engine\]/);
  expect(said).toMatch(/done in [\d.]+ s: all of it was so\n$/);
  expect(code).toBe(0);
});
