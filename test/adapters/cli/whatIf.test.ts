import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { web } from '../../support/sandbox.ts';
import { openSimulatedServer } from '../../support/simulatedServer.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { type } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'wharf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const wharf = (...argv: readonly string[]) => type(['--data-dir', folder, ...argv]);
const logBytes = (): string => readFileSync(join(folder, 'log.sqlite')).toString('base64');
const written = (name: string, text: string): string => {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  return file;
};

beforeAll(async () => {
  const server = await openSimulatedServer({ nodes: 3, dataDir: folder });
  await server.api.ask('POST', '/v2/apps', web({ healthChecks: [] }));
  await server.atRest();
  await server.api.ask('PUT', '/v2/apps//web', { instances: 6 });
  await server.atRest();
  await server.api.ask('PUT', '/v2/apps//web', { cmd: 'exec serve --two' });
  await server.atRest();
  await server.close();
}, 30_000);

describe('wharf what-if', () => {
  test('replays a log file as it was and changed, and says what comes out otherwise', async () => {
    const before = logBytes();
    const policy = written('pack.ts', "export default { weights: { pack: 1 }, filter: (node) => node.id !== 'berth-3' };");
    const ran = await wharf('what-if', '--from', '1', '--with', policy, '--json');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.json).toMatchObject({ changed: ['placement by pack'], closeness: { notReplayed: {}, otherwise: [] } });
    expect(ran.json.requests).toBeGreaterThanOrEqual(3);
    expect(ran.json.placements.moved.length).toBeGreaterThan(0);
    const same = await wharf('what-if', '--from', '1', '--with', policy, '--json');
    expect({ ...same.json, speed: 0 }).toEqual({ ...ran.json, speed: 0 });
    expect(logBytes()).toBe(before);
  });

  test('tells people in words', async () => {
    const ran = await wharf('what-if', '--from', '1', '--without-node', 'berth-2', '--add-node', 'id=spare,like=berth-1');
    expect(ran.code, ran.err).toBe(1);
    expect(ran.err).toContain("there was no node 'berth-1'");
    const later = await wharf('what-if', '--from', '-1h', '--with', 'recreate');
    expect(later.code, later.err).toBe(0);
    expect(later.out).toContain('deployments by recreate');
    expect(later.out).toMatch(/The replay with nothing changed puts \d+ of \d+ placements/);
    expect(later.out).toContain('times real time');
  });

  test.each([
    [['--from', 'yesterday'], "--from: 'yesterday' is no moment"],
    [['--from', '1', '--to', '1'], '--to must lie behind --from'],
    [['--from', '1', '--add-node', 'n7'], "--add-node: 'n7' is neither like nor id"],
    [['--from', '1', '--with', './none.ts'], "--with: there is no file './none.ts'"],
    [['--from', '999999'], '--from: the log ends at position'],
  ])('%j is wrong usage', async (argv, says) => {
    const ran = await wharf('what-if', ...argv);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(says);
  });

  test('a file that is neither strategy nor policy is refused with its line', async () => {
    const ran = await wharf('what-if', '--from', '1', '--with', written('odd.ts', 'export default { weights: { spread: Date.now() } };'));
    expect(ran.code).toBe(1);
    expect(ran.err).toContain("odd.ts:1: 'Date'");
  });
});

describe('wharf plan', () => {
  test('drain and lose say who would move where', async () => {
    const drained = await wharf('plan', 'drain', 'berth-1');
    expect(drained.code, drained.err).toBe(0);
    expect(drained.out).toMatch(/^drain berth-1: 1 node, 2 instances; 2 would move, 0 would not\.\n/);
    expect(drained.out).toMatch(/\/web +\d +berth-1 +berth-[23]/);
    const lost = await type(['plan', 'lose', 'rack=r2', '--for-good', '--json', '--file', join(folder, 'log.sqlite')]);
    expect(lost.json).toMatchObject({ nodes: ['berth-2'], unplaced: [], isUnfinished: false });
    expect((await wharf('plan', 'drain', 'berth-9')).err).toContain("there is no node 'berth-9' in the pool");
  });
});

describe('wharf lint-policy', () => {
  test('names who asked for what a quota would have refused, and ends with 1', async () => {
    const ran = await wharf('lint-policy', written('rules.yaml', 'quotas:\n  - { group: /, instances: 5 }\n'));
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('6 instances would have been wanted, 5 allowed');
    expect(ran.err).toContain('1 thing would have been refused');
    expect((await wharf('lint-policy', written('rules.json', '{"quotas":[{"cpus":100}]}'))).code).toBe(0);
  });

  test('names the field that is wrong', async () => {
    const ran = await wharf('lint-policy', written('rules.yaml', 'quotas:\n  - { group: /, cpus: many }\n'));
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('/quotas/0/cpus: must be a number, 0 or more');
  });
});

test('wharf fork serves a sandbox that says so, takes changes, and leaves the log as it was', async () => {
  const before = logBytes();
  const interrupt = new AbortController();
  const started = Promise.withResolvers<string>();
  const running = type(['--data-dir', folder, 'fork', '--listen', '127.0.0.1:0', '--speed', '100'], {
    interrupted: interrupt.signal,
    onOut: (soFar) => {
      const url = /^SANDBOX on (\S+)/.exec(soFar)?.[1];
      if (url !== undefined) started.resolve(url);
    },
  });
  void running.then(({ err }) => started.reject(new Error(err)));
  const url = await started.promise;
  const scaled = await type(['--url', url, 'app', 'scale', '/web', '9', '--wait']);
  expect(scaled.code, scaled.err).toBe(0);
  expect(scaled.err).toContain('a sandbox that began at');
  const nodes = await fetch(`${url}/v1/nodes`);
  expect(nodes.headers.get('x-wharf-sandbox')).toMatch(/^position \d+, from /);
  expect(await nodes.json()).toMatchObject({ sandbox: { position: expect.any(Number) }, nodes: [{}, {}, {}] });
  const apps = (await (await fetch(`${url}/v2/apps//web`)).json()) as { app: { instances: number; tasksRunning: number } };
  expect(apps.app).toMatchObject({ instances: 9, tasksRunning: 9 });
  interrupt.abort();
  expect((await running).code).toBe(0);
  expect(logBytes()).toBe(before);
});
