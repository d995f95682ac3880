import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Io } from '../src/adapters/cli/io.ts';
import { runCli } from '../src/adapters/cli/program.ts';
import { systemClock } from '../src/adapters/clock/systemClock.ts';
import { serveHosts } from '../src/adapters/hosts/simulated/apart/server.ts';
import { simulatedHosts } from '../src/adapters/hosts/simulated/simulatedHosts.ts';
import { startServer } from '../src/main.ts';
import { paceFor } from '../src/simulate/pace.ts';
import { addSimulateCommand } from '../src/simulateCommand.ts';
import { apiOf, eventually, whole } from './support/api.ts';
import { ROOT } from './support/sources.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

/** As a process of its own. */
const started = async (...argv: readonly string[]) => {
  const child = spawn(join(ROOT, 'bin/wharf'), ['simulate', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [[code], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { code: code as number | null, out, err };
};
/** In this process, which spares a start. */
const simulated = (...argv: readonly string[]) => simulatedUntil(/$^/, ...argv);
/** Interrupted, as by Ctrl-C, when it has said this. */
const simulatedUntil = async (words: RegExp, ...argv: readonly string[]) => {
  let [out, err] = ['', ''];
  const interruption = new AbortController();
  const io: Io = {
    out: (said) => {
      out += said;
      if (words.test(out)) interruption.abort();
    },
    err: (said) => {
      err += said;
    },
    stdin: async () => '',
    env: {},
    home: '/nonexistent',
    now: () => Date.now(),
    interrupted: interruption.signal,
  };
  const code = await runCli(['simulate', ...argv], io, { version: '1.2.3', more: (program) => addSimulateCommand(program, io) });
  return { code, out, err };
};
const profile = (document: unknown): string => {
  const path = join(temporaryFolder(), 'my.json');
  writeFileSync(path, JSON.stringify(document));
  return path;
};

describe('wharf simulate', { timeout: 60_000 }, () => {
  test('runs a profile’s workload on its hosts, reports, and ends', async () => {
    const { code, out } = await started(...'--hosts 50 --profile c1m --apps 5 --instances 20 --once --json --seed 3'.split(' '));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      name: 'simulate',
      profile: 'c1m',
      seed: 3,
      hosts: 50,
      registration: { hosts: 50 },
      workload: { apps: 5, instances: 100, running: 100, allRan: true, because: [], faults: {} },
    });
  });

  test('with its hosts in a second process does the same, and leaves neither process nor file', async () => {
    const { code, out } = await simulated(...'--hosts 10 --profile verizon --apps 2 --instances 30 --once --json --apart'.split(' '));
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ apart: expect.stringMatching(/^unix:.*hosts\.sock$/), workload: { running: 60, allRan: true } });
    expect(existsSync(report.apart.slice('unix:'.length))).toBe(false);
  });

  test('serves hosts alone, as many as it is told and of the profile that it is told', async () => {
    const address = `unix:${join(temporaryFolder(), 'hosts.sock')}`;
    const { code, out } = await simulatedUntil(/listen/, 'hosts', '--listen', address, '--hosts', '7', '--profile', 'chaos');
    expect({ code, out }).toEqual({ code: 0, out: `7 simulated hosts of chaos listen at ${address}\n` });
  });

  test('says where it serves, and serves until Ctrl-C', async () => {
    const { code, out } = await simulatedUntil(/until Ctrl-C/, '--hosts', '2', '--no-workload', '--port', '0');
    expect(code).toBe(0);
    expect(existsSync(/data in {3}(\S+), gone/.exec(out)?.[1] ?? '/')).toBe(false);
  });

  test('says which part of a workload did not run, and why, and fails', async () => {
    const path = profile({
      hosts: { classes: [{ name: 'tiny', cpus: 1, mem: 64 }] },
      workload: { apps: 1, instances: 3, templates: [{ definition: { cmd: 'serve', cpus: 0.1, mem: 40 } }] },
    });
    const { code, out, err } = await simulated('--profile', path, '--hosts', '2', '--once', '--patience', '1');
    expect(code).toBe(1);
    expect(out).toMatch(/2 of 3 run/);
    expect(out).toMatch(/nothing moved for 1 s, with 1 deployments under way/);
    expect(err).toContain('wharf: not all of the workload ran');
  });

  test('keeps a log that was asked for, and goes on from it', async () => {
    const data = join(temporaryFolder(), 'data');
    const argv = ['--data', data, '--hosts', '3', '--profile', 'verizon', '--apps', '1', '--instances', '4', '--once', '--json'];
    expect((await simulated(...argv)).code).toBe(0);
    const again = await simulated(...argv);
    expect(JSON.parse(again.out)).toMatchObject({ hosts: 3, registration: { hosts: 0 } });
    const other = await simulated(...argv, '--seed', '2');
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('say the same again, or name another --data') });
  });

  test.each([
    [['--profile', 'c3m'], "there is no profile 'c3m'; there are verizon, c1m"],
    [['--hosts', '0'], "'0' is no number of hosts, a whole number 1 … 100000"],
    [['--apart', '--hosts-at', 'unix:/x'], 'say one of them'],
    [['hosts', '--listen', 'tcp://10.0.0.1:1'], 'listen on loopback only'],
  ])('%j is refused in a sentence', async (argv, why) => {
    const { code, err } = await simulated(...argv);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(why);
  });

  test('names the fields of a profile that are wrong, also those of a definition in it', async () => {
    const wrong = await simulated('--profile', profile({ extends: 'c1m', hosts: { count: 'many' } }));
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('hosts.count: Invalid input: expected number') });
    const definition = { cmd: 'serve', constraints: [['rack', 'NEAR']] };
    const app = await simulated('--profile', profile({ extends: 'c1m', workload: { templates: [{ definition }] } }));
    expect(app).toMatchObject({ code: 2, err: expect.stringContaining('workload.templates[0].definition.constraints') });
  });
});

test('thousands of hosts are looked at so often that calm costs the same', () => {
  expect(paceFor(1_000)).toMatchObject({ heartbeatMs: 2_000, inventoryMs: 30_000 });
  expect(paceFor(5_000)).toMatchObject({ heartbeatMs: 10_000, inventoryMs: 100_000 });
});

test('hosts whose process ends are unreachable, and come back with what ran there', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  const address = `unix:${join(folder, 'hosts.sock')}`;
  const hosts = simulatedHosts({ seed: 1, clock: systemClock() });
  const first = await serveHosts({ address, hosts });
  const server = await startServer({
    dataDir: folder,
    listen: { port: 0 },
    localNodes: false,
    pace: { heartbeatMs: 50, pingDeadlineMs: 500, missedMax: 2, inventoryMs: 500 },
  });
  onTestFinished(server.close);
  const api = apiOf(server.url, readFileSync(server.tokenFile, 'utf8').trim());
  await api.ask('POST', '/v1/nodes', { id: 'h1', endpoint: { kind: 'simulated', seed: 1, address } });
  await api.ask('POST', '/v2/apps', { id: '/web', cmd: 'serve', cpus: 0.1, mem: 32, instances: 2, unreachableStrategy: 'disabled' });
  await whole(api, '/web');
  const ids = async () => (await api.get('/v2/apps/web')).app.tasks.map(({ id }: { readonly id: string }) => id).sort();
  const before = await ids();
  const state = (wanted: string) =>
    eventually(api, `node ${wanted}`, async () => ((await api.get('/v1/nodes/h1')).node.state.startsWith(wanted) ? true : undefined));

  await first.close();
  await state('attached.unreachable');
  const second = await serveHosts({ address, hosts });
  onTestFinished(second.close);
  await state('attached.answering');
  await whole(api, '/web');
  expect(await ids()).toEqual(before);
});

test('a node with an address that is none is refused, by field and rule', async () => {
  const dataDir = temporaryFolder();
  const server = await startServer({ dataDir, listen: { port: 0 }, localNodes: false });
  onTestFinished(server.close);
  const api = apiOf(server.url, readFileSync(server.tokenFile, 'utf8').trim());
  const asked = await api.call('POST', '/v1/nodes', { id: 'h1', endpoint: { kind: 'simulated', seed: 1, address: 'tcp://10.0.0.9:1' } });
  expect(asked.status).toBe(422);
  expect(JSON.stringify(asked.body)).toMatch(/endpoint.*address.*must be unix:\/path or tcp:\/\/127\.0\.0\.1:port/);
});
