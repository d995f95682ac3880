import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLogFile } from '../../src/adapters/log/sqlite/logFile.ts';
import { arrayPast } from '../../src/history/arrayPast.ts';
import { backUp } from '../../src/logs/backup.ts';
import { restore } from '../../src/logs/restore.ts';
import { sourcesOf } from '../../src/logs/verify.ts';
import { eventually, whole } from '../support/api.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { endNativeProcesses, nativeProcesses } from '../support/nativeProcesses.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const AT = 1_893_456_000_000;
const folder = folderForFile();
const lost = join(folder, 'lost');
const anew = join(folder, 'anew');
const backup = join(folder, 'backup');
let engine: LiveEngine | undefined;

afterAll(async () => {
  await engine?.kill();
  await endNativeProcesses(lost);
});

const appOf = (id: string, instances: number) => ({
  id,
  cmd: 'exec sleep 100000',
  instances,
  cpus: 0.01,
  mem: 16,
  env: { SECRET: `of ${id}` },
  backoffSeconds: 0,
  taskKillGracePeriodSeconds: 1,
});

test('an engine that is lost comes back elsewhere from a backup that was made while it wrote, and makes the world so', async () => {
  await chmod(folder, 0o711);
  engine = await startLiveEngine({ dataDir: lost, localNodes: true });
  await engine.api.ask('POST', '/v2/apps', appOf('/stays', 2));
  await engine.api.ask('POST', '/v2/apps', appOf('/removed', 1));
  await whole(engine.api, '/stays');
  await whole(engine.api, '/removed');
  await mkdir(join(lost, 'service-accounts'), { recursive: true });
  await writeFile(join(lost, 'service-accounts', 'robot.pem'), 'a public key');

  // Deployments go on while it is copied.
  const writing = Array.from({ length: 5 }, (_, n) => (engine as LiveEngine).api.ask('POST', '/v2/apps', appOf(`/writing-${n}`, 1)));
  const [manifest] = await Promise.all([backUp(lost, backup, AT), ...writing]);
  await engine.api.ask('PUT', '/v2/apps/stays', { instances: 4 });
  await whole(engine.api, '/stays');
  await engine.api.ask('POST', '/v2/apps', appOf('/later', 1));
  await whole(engine.api, '/later');
  await engine.api.ask('DELETE', '/v2/apps/removed');
  await eventually(
    engine.api,
    '/removed is gone',
    async () => (await engine?.api.call('GET', '/v2/apps/removed'))?.status === 404 || undefined,
  );
  await engine.kill();
  const before = (await nativeProcesses(lost)).map(({ instance }) => instance);

  expect(Object.keys(manifest.files)).toEqual(['keys.sqlite', 'log.sqlite', 'service-accounts/robot.pem', 'token']);
  expect((await stat(join(backup, 'keys.sqlite'))).mode & 0o077).toBe(0);
  const { report } = await restore(backup, anew);
  expect(report).toMatchObject({ head: manifest.head, facts: manifest.head, faultCount: 0 });
  expect((await readdir(anew)).sort()).toEqual(['keys.sqlite', 'log.sqlite', 'service-accounts', 'token']);

  // What the log says as of the backup's head.
  const log = openLogFile(join(anew, 'log.sqlite'));
  const then = arrayPast([...log.facts(0, manifest.head)].map(sourcesOf(log).decode)).views(manifest.head);
  log.close();
  const apps = [...then.apps.all()].map(({ id }) => id).sort();
  expect(apps).toEqual(expect.arrayContaining(['/removed', '/stays']));
  expect(apps).not.toContain('/later');

  engine = await startLiveEngine({ dataDir: anew, localNodes: true });
  const { api } = engine;
  for (const app of apps) await whole(api, app);
  const { apps: now } = await api.ask<{ apps: { id: string; instances: number; env: unknown }[] }>('GET', '/v2/apps');
  expect(now.map(({ id }) => id).sort()).toEqual(apps);
  expect(now.find(({ id }) => id === '/stays')).toMatchObject({ instances: 2, env: { SECRET: 'of /stays' } });

  // What is meant runs, once: what ran on is taken up, what was removed meanwhile is there again.
  const look = await eventually(api, 'every instance of the restored log has its process', async () => {
    const insight = await (engine as LiveEngine).look();
    const running = insight.instances.filter(({ state }) => state.startsWith('running')).map(({ id }) => id);
    const processes = (await nativeProcesses(lost)).map(({ instance }) => instance);
    return running.length >= apps.length + 1 && running.every((id) => processes.includes(id)) ? insight : undefined;
  });
  const of = (app: string) => look.instances.filter((each) => each.app === app && each.state.startsWith('running')).map(({ id }) => id);
  expect(of('/stays')).toHaveLength(2);
  expect(before).toEqual(expect.arrayContaining(of('/stays')));
  expect(of('/removed')).toHaveLength(1);
  expect(before).not.toContain(of('/removed')[0]);
  // What was started behind the backup is of a history that this engine does not have: it is left alone.
  const known = new Set(look.instances.map(({ id }) => id));
  const strangers = (await nativeProcesses(lost)).filter(({ instance }) => !known.has(instance));
  expect(strangers.length).toBeGreaterThanOrEqual(3);
  expect(look.verified).toMatchObject({ faultCount: 0, faults: [] });
  expect(look.quarantined).toEqual([]);
  await engine.stop();
}, 90_000);
