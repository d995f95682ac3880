import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../../support/sources.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { sleeper } from './terminal.ts';

const WHARF = join(ROOT, 'bin/wharf');

const start = (argv: readonly string[]) => {
  const child = spawn(WHARF, [...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(([[code], out, err]) => ({
    code,
    out,
    err,
  }));
  return { child, ended };
};
const wharf = (...argv: readonly string[]) => start(argv).ended;

/** Resolves once it has printed this. */
const said = (child: ReturnType<typeof start>['child'], words: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let soFar = '';
    child.stdout.on('data', (chunk) => {
      soFar += chunk;
      if (soFar.includes(words)) resolve();
    });
    child.once('exit', () => reject(new Error(`it ended without '${words}': ${soFar}`)));
  });

const serving = async (...argv: readonly string[]) => {
  const { child, ended } = start(['serve', '--listen', '127.0.0.1:0', '--no-docker', ...argv]);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (said.includes('token in')) resolve();
    });
    child.once('exit', () => reject(new Error(`it ended: ${said}`)));
  });
  return { child, ended, url: /serves on (\S+)/.exec(said)?.[1] ?? '' };
};

test('serve that cannot listen says why and ends: no engine stays behind', async () => {
  const { url } = await serving('--data-dir', temporaryFolder(), '--no-local-node');
  const second = await wharf('serve', '--data-dir', temporaryFolder(), '--listen', new URL(url).host, '--no-docker', '--no-local-node');
  expect(second.code).toBe(1);
  expect(second.err).toContain('is taken; --listen names another place');
});

test('serve says where it listens, is found by its data directory, and stops in order at SIGTERM', async () => {
  const dataDir = temporaryFolder();
  const { child, ended, url } = await serving('--data-dir', dataDir);
  const listed = await wharf('node', 'list', '--json', '--data-dir', dataDir);
  expect(listed).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(listed.out).nodes).toMatchObject([{ id: 'local', endpoint: { kind: 'process' } }]);
  expect((await fetch(`${url}/v2/apps`)).status).toBe(401);

  const second = await wharf('serve', '--data-dir', dataDir, '--listen', '127.0.0.1:0', '--no-docker');
  expect(second).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^wharf: the engine did not start: /) });

  child.kill('SIGTERM');
  const { code, out } = await ended;
  expect(code).toBe(0);
  expect(out).toContain(`socket    ${dataDir}/wharf.sock\n  token in  ${dataDir}/token\n`);
  expect(out).toMatch(/SIGTERM: the engine stops; what runs goes on\. .*\nstopped\n$/);
  expect(await wharf('app', 'list', '--data-dir', dataDir)).toMatchObject({ code: 3 });
});

test('whoever waits for a deployment waits through a crash of the engine, and Ctrl-C leaves it running', { timeout: 60_000 }, async () => {
  const dataDir = temporaryFolder();
  const first = await serving('--data-dir', dataDir);
  const file = join(dataDir, 'app.json');
  const goes = join(dataDir, 'go');
  // Ready only once the file is there.
  const check = {
    protocol: 'COMMAND',
    command: { value: `test -e ${goes}` },
    gracePeriodSeconds: 300,
    intervalSeconds: 1,
    delaySeconds: 0,
  };
  await writeFile(file, sleeper('/slow', { instances: 1, cmd: 'exec sleep 120', healthChecks: [check] }));

  const interrupted = start(['app', 'deploy', file, '--wait', '--data-dir', dataDir]);
  await said(interrupted.child, '0 of 1 ready');
  interrupted.child.kill('SIGINT');
  const left = await interrupted.ended;
  expect(left).toMatchObject({ code: 130, err: expect.stringContaining('no longer waiting; the deployment goes on') });

  const id = /deployment watch (\S+)/.exec(left.err)?.[1] ?? '';
  const waiting = start(['deployment', 'watch', id, '--data-dir', dataDir]);
  await said(waiting.child, '0 of 1 ready');
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await serving('--data-dir', dataDir);
  await writeFile(goes, '');
  const watched = await waiting.ended;
  expect(watched).toMatchObject({ code: 0, err: '' });
  expect(watched.out.split('\n').at(-2)).toBe('/slow: succeeded');

  expect(await wharf('app', 'remove', '/slow', '--wait', '--data-dir', dataDir)).toMatchObject({ code: 0 });
  second.child.kill('SIGTERM');
  expect(await second.ended).toMatchObject({ code: 0 });
});

test('serve says which port is taken, and which Docker Engine is no node', async () => {
  const first = await serving('--data-dir', temporaryFolder(), '--no-local-node');
  const { host } = new URL(first.url);
  expect(await wharf('serve', '--data-dir', temporaryFolder(), '--listen', host, '--no-docker', '--no-local-node')).toMatchObject({
    code: 1,
    out: '',
    err: `wharf: the engine did not start: ${host} is taken; --listen names another place\n`,
  });
  first.child.kill('SIGTERM');
  await first.ended;

  const dataDir = temporaryFolder();
  const socket = join(dataDir, 'none.sock');
  const { child, ended } = start(['serve', '--listen', '127.0.0.1:0', '--data-dir', dataDir, '--docker', socket]);
  await said(child, 'wharf node add docker');
  child.kill('SIGTERM');
  expect((await ended).out).toContain(`Docker at ${socket} is no node here; to add it: wharf node add docker --docker ${socket}\n`);
});

test('serve without access says so loudly, and only on loopback', async () => {
  const dataDir = temporaryFolder();
  const { child, ended, url } = await serving('--data-dir', dataDir, '--no-auth', '--no-local-node');
  expect(await (await fetch(`${url}/v1/nodes`)).json()).toEqual({ nodes: [] });
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 0, err: expect.stringMatching(/^WARNING: --no-auth: /) });
  expect(await wharf('serve', '--data-dir', dataDir, '--no-auth', '--listen', '0.0.0.0:0')).toMatchObject({
    code: 1,
    err: 'wharf: the engine did not start: --no-auth is for loopback only, not for 0.0.0.0\n',
  });
  expect(await wharf('serve', '--listen', 'here')).toMatchObject({ code: 2, err: "wharf: 'here' is no host:port\n" });
});

test('serve succeeds itself when it is asked to abdicate: the same address, the next term, and what was recorded', async () => {
  const dataDir = temporaryFolder();
  const { child, ended, url } = await serving('--data-dir', dataDir, '--no-local-node', '--no-auth');
  const term = async () => ((await (await fetch(`${url}/config`)).json()) as { wharfinger: { term: number } }).wharfinger.term;
  expect(await term()).toBe(1);
  const again = said(child, `serves on ${url}`);
  expect(await (await fetch(`${url}/v2/leader`, { method: 'DELETE' })).json()).toEqual({ message: 'Leadership abdicated' });
  await again;
  expect(await term()).toBe(2);
  child.kill('SIGTERM');
  expect(await ended).toMatchObject({ code: 0, out: expect.stringContaining('asked to abdicate') });
});

test.each([
  ['requests', '--http-max-concurrent-requests', '0'],
  ['requests', '--http-max-concurrent-requests', 'many'],
  ['deployments', '--max-running-deployments', '0'],
])('a wrong number of %s is a wrong use: serve %s %s', async (what, ...option) => {
  const { code, err } = await wharf('serve', '--data-dir', temporaryFolder(), '--no-docker', ...option);
  expect([code, err]).toEqual([2, expect.stringContaining(`is no number of ${what}`)]);
});

test.each([
  ['is no address:port', '--dns', 'localhost:8053'],
  ['is no address:port', '--dns-upstream', '10.0.0.2:99999'],
  ['is no network', '--dns-allow', '10.0.0.0/33'],
  ['is no domain', '--dns-domain', 'my_domain'],
  ['is no number of seconds', '--dns-ttl', '-1'],
  ['is no address', '--container-dns', '172.17.0.1:53'],
])('what %s is a wrong use: serve %s %s', async (why, ...option) => {
  const { code, err } = await wharf('serve', '--data-dir', temporaryFolder(), '--no-docker', ...option);
  expect([code, err]).toEqual([2, expect.stringContaining(why)]);
});
