import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';
import { parseTaskId } from '../../src/domain/app/definition/taskIds.ts';
import { eventually, historyOf, whole } from '../support/api.ts';
import { type Insight, type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { isLongRun } from '../support/machine.ts';
import { endNativeProcesses, nativeProcesses } from '../support/nativeProcesses.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const KILLS = isLongRun ? 50 : 10;
const SEED = Number(process.env.WHARF_SEED ?? 7);
/** A kill comes within this time after a change was asked for, ms: while instances are placed, started, drained and stopped. */
const KILL_WITHIN_MS = 1200;

const folder = folderForFile();
const starts = join(folder, 'starts');
const random = seededRandom(SEED);
const among = <A>(choices: readonly A[]): A => choices[Math.floor(random() * choices.length)] as A;
const start = () => startLiveEngine({ dataDir: folder, localNodes: true });

let engine: LiveEngine;
beforeAll(async () => {
  await chmod(folder, 0o711);
  await appendFile(starts, '');
  engine = await start();
});
afterAll(async () => {
  await engine.stop();
  await endNativeProcesses(folder);
});

/** Each start of each instance writes one line; with `exec` an instance is one process. */
const appOf = (id: string, instances: number, ports = 0) => ({
  id,
  cmd: `echo $MESOS_TASK_ID >> ${starts}; exec sleep 100000`,
  instances,
  cpus: 0.01,
  mem: 16,
  portDefinitions: Array.from({ length: ports }, () => ({ port: 0 })),
  env: { ROUND: '0' },
  backoffSeconds: 0,
  taskKillGracePeriodSeconds: 1,
});

/** Changes that an engine may be killed in the middle of; each answers before anything has come of it. */
const CHANGES = {
  scale: (app: string) => engine.api.ask('PUT', `/v2/apps${app}?force=true`, { instances: 1 + Math.floor(random() * 5) }),
  roll: (app: string, round: number) => engine.api.ask('PUT', `/v2/apps${app}?force=true`, { env: { ROUND: String(round) } }),
  restart: (app: string) => engine.api.ask('POST', `/v2/apps${app}/restart?force=true`),
  kill: (app: string) => engine.api.ask('DELETE', `/v2/apps${app}/tasks`),
  replace: async (app: string) => {
    await engine.api.ask('DELETE', `/v2/apps${app}`);
    await eventually(
      engine.api,
      `${app} is gone`,
      async () => (await engine.api.call('GET', `/v2/apps${app}`)).status === 404 || undefined,
    );
    await engine.api.ask('POST', '/v2/apps', appOf(app, 2));
  },
} as const;

/** Once there is nothing left to do: one process for each running instance and none besides, so nothing is lost and nothing there twice. */
const converged = async (apps: readonly string[]): Promise<Insight> => {
  for (const app of apps) await whole(engine.api, app);
  let seen: unknown;
  return eventually(engine.api, 'processes and instances are the same', async () => {
    const insight = await engine.look();
    const processes = (await nativeProcesses(folder)).map(({ instance }) => instance).sort();
    const live = insight.instances.filter(({ state }) => state.startsWith('running'));
    const onTheirWay = insight.instances.filter(({ state }) => !/^(running|cancelled|failed|exited|killed|lost)/.test(state));
    seen = { processes, live, onTheirWay };
    if (onTheirWay.length > 0 || live.length !== processes.length) return undefined;
    return live.every(({ id }) => processes.includes(id)) ? insight : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${error} ${JSON.stringify(seen)}`);
  });
};

/** What must hold after every kill. */
const expectSound = async (apps: readonly string[]): Promise<void> => {
  const { verified, quarantined, instances } = await converged(apps);
  expect(verified).toEqual({ ...verified, faults: [], faultCount: 0, facts: verified.head });
  expect(quarantined).toEqual([]);
  const slots = instances.filter(({ state }) => state.startsWith('running')).map(({ app, slot }) => `${app} ${slot}`);
  expect(new Set(slots).size).toBe(slots.length);
  // Every start there ever was: one for each instance.
  const started = (await readFile(starts, 'utf8')).trim().split('\n');
  expect(new Set(started).size).toBe(started.length);
  expect(await engine.api.get('/v2/deployments')).toEqual([]);
};

test(
  `${KILLS} kills of the engine at random moments: nothing runs twice, nothing is lost, every deployment ends (seed ${SEED})`,
  async () => {
    const apps = ['/web', '/shop/api', '/worker'];
    await Promise.all(apps.map((app, nth) => engine.api.ask('POST', '/v2/apps', appOf(app, 3, nth))));
    await expectSound(apps);
    for (let round = 1; round <= KILLS; round++) {
      const change = among(Object.keys(CHANGES) as (keyof typeof CHANGES)[]);
      await CHANGES[change](among(apps), round);
      await pause(random() * KILL_WITHIN_MS);
      await engine.kill();

      // One that nobody has asked to stop ends while there is no engine.
      const victim = among(await nativeProcesses(folder));
      if (victim !== undefined) process.kill(victim.pid, 'SIGKILL');

      engine = await start();
      await expectSound(apps);
      if (victim !== undefined) {
        const ends = (await historyOf(engine.api, victim.instance)).filter(({ type }) => type === 'ContainerExited');
        expect(ends).toMatchObject([{ data: { oom: false } }]);
      }
    }
  },
  60_000 + KILLS * 30_000,
);

test('an exit and a kill while there is no engine are known as such right after its start, and both are replaced', async () => {
  const { api } = engine;
  const wait = `until test -e ${folder}/end-$MESOS_TASK_ID; do sleep 0.05; done; exit 3`;
  await api.ask('POST', '/v2/apps', { ...appOf('/dying', 2), cmd: wait });
  await whole(api, '/dying');
  const { tasks } = await api.get('/v2/apps/dying/tasks');
  const [exits, killed] = tasks.map(({ id }: { id: string }) => ({ task: id, instance: parseTaskId(id)?.uuid ?? '' }));
  await engine.kill();
  await writeFile(join(folder, `end-${exits.task}`), '');
  process.kill(Number((await readFile(join(folder, 'instances', killed.instance, 'app'), 'utf8')).split(' ')[0]), 'SIGKILL');
  const isThere = ({ instance }: { instance: string }) => instance === exits.instance || instance === killed.instance;
  while ((await nativeProcesses(folder)).some(isThere)) await pause(20);

  engine = await start();
  const endOf = (instance: string) =>
    eventually(engine.api, `${instance} has ended`, async () =>
      (await historyOf(engine.api, instance)).find(({ type }) => type === 'ContainerExited'),
    );
  expect(await endOf(exits.instance)).toMatchObject({ type: 'ContainerExited', state: 'exited', data: { exitCode: 3, oom: false } });
  expect(await endOf(killed.instance)).toMatchObject({ type: 'ContainerExited', state: 'exited', data: { signal: 'SIGKILL', oom: false } });
  await whole(engine.api, '/dying');
  const endpoints = (await engine.api.get('/v1/endpoints?app=/dying')).endpoints;
  expect(endpoints.filter(isThere)).toEqual([]);
});
