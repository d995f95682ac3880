import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ExpectedHistory, expectHistory, historyOf } from '../../src/testing.ts';
import { type } from '../adapters/cli/terminal.ts';
import { web } from '../support/sandbox.ts';
import { openSimulatedServer } from '../support/simulatedServer.ts';

const folder = mkdtempSync(join(tmpdir(), 'wharf-'));
const exported = join(folder, 'incident.jsonl.zst');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const server = await openSimulatedServer({ nodes: 2, dataDir: folder });
  await server.api.ask('POST', '/v2/apps', web({ instances: 2, healthChecks: [] }));
  await server.atRest();
  await server.api.ask('PUT', '/v2/apps//web', { instances: 3 });
  await server.atRest();
  await server.close();
  const ran = await type(['--data-dir', folder, 'log', 'export', '--out', exported]);
  expect(ran.code, ran.err).toBe(0);
}, 30_000);

describe('an exported incident', () => {
  let history: ExpectedHistory;
  beforeAll(async () => {
    history = await expectHistory(exported);
  });

  test('tells its story, in order, of the whole and of one stream', () => {
    history.toContainStory([
      'NodeRegistered',
      { type: 'AppVersionAdded', app: '/web', reason: 'create' },
      'InstancePlaced',
      { type: 'AppVersionAdded', reason: 'scale' },
    ]);
    history.toContainStory([
      { type: 'DeploymentBegan', of: 'app-/web' },
      { type: 'ContainerStarted', of: 'instance' },
    ]);
    history.toContainStory(['AppVersionAdded', 'DeploymentBegan', 'DeploymentEnded', 'AppVersionAdded'], { stream: 'app-/web' });
    expect(history.types('node-berth-1')).toEqual(['NodeRegistered']);
    history.notToContain('ContainerExited');
  });

  test('says where a story stops that is not there', () => {
    expect(() => history.toContainStory(['AppVersionAdded', 'AppDestroyed'], { stream: 'app-/web' })).toThrow(
      /^the story stops at step 2 of 2, AppDestroyed, behind AppVersionAdded; app-\/web tells:\n {2}\d+ app-\/web AppVersionAdded\n/,
    );
    expect(() => history.notToContain({ type: 'NodeRegistered', of: 'node' })).toThrow(
      /NodeRegistered.*is there: node-berth-1 at position/,
    );
  });

  test('has final views, and views as of any position', () => {
    history.toEndWith(({ instances }) => expect(instances.ofApp('/web')).toHaveLength(3));
    history.toEndWith(({ apps }) => apps.get('/web')?.definition.instances === 3);
    expect(() => history.toEndWith(({ apps }) => apps.get('/web') === undefined)).toThrow('the final views are not as they should be');
    const scaled = history.facts.findLast(({ fact }) => fact.type === 'AppVersionAdded')?.position ?? 0;
    expect(history.viewsAt(scaled - 1).apps.get('/web')?.definition.instances).toBe(2);
  });

  test('folds as it was written, and one that was tampered with does not', () => {
    history.toRefold();
    const forged = structuredClone(history.facts).map((recorded) =>
      recorded.fact.type === 'ContainerStarted' ? { ...recorded, meta: { ...recorded.meta, state: 'stopping' } } : recorded,
    ) as unknown as ExpectedHistory['facts'];
    expect(() => historyOf(forged).toRefold()).toThrow(
      /instance-\S+ revision 2: ContainerStarted says state "stopping", and instance.v1 says "running.unchecked"/,
    );
  });

  test('that was cut short is refused', async () => {
    const plain = join(folder, 'incident.jsonl');
    await type(['--data-dir', folder, 'log', 'export', '--out', plain]);
    const cut = join(folder, 'cut.jsonl');
    writeFileSync(cut, readFileSync(plain, 'utf8').split('\n').slice(0, -3).join('\n'));
    await expect(expectHistory(cut)).rejects.toThrow('is cut short');
    await expect(expectHistory(join(folder, 'none.jsonl'))).rejects.toThrow('there is no file');
  });

  test('is the same as the log that it was exported from', async () => {
    const log = await expectHistory(join(folder, 'log.sqlite'));
    expect(log.types()).toEqual(history.types());
  });
});

describe('wharf replay', () => {
  test('tells it in sentences, by the time since its beginning', async () => {
    const ran = await type(['replay', exported, '--speed', 'max']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toMatch(/^\+0:00:00\.0 {2}/);
    expect(ran.out).toContain('Node berth-1 joined the pool');
    expect(ran.out.split('\n').length - 1).toBe((await expectHistory(exported)).facts.length);
  });

  test('ends at once when it is interrupted, and refuses a speed that is none', async () => {
    const interrupt = new AbortController();
    const ran = await type(['replay', exported, '--speed', '0.001', '--longest', '1000'], {
      interrupted: interrupt.signal,
      onOut: () => interrupt.abort(),
    });
    expect(ran.code).toBe(130);
    expect((await type(['replay', exported, '--speed', '0'])).code).toBe(2);
  });
});
