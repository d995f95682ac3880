import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importBusybox } from '../../src/adapters/hosts/docker/busyboxImage.ts';
import { LABEL } from '../../src/adapters/hosts/docker/labels.ts';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';
import { eventually, historyOf, type Json, settled, whole } from '../support/api.ts';
import { describeWithDocker, ensureDocker } from '../support/docker.ts';
import { type Insight, type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { isLongRun } from '../support/machine.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const KILLS = isLongRun ? 10 : 3;
const SEED = Number(process.env.WHARF_SEED ?? 11);
/** A kill comes within this time after a change was asked for, ms. */
const KILL_WITHIN_MS = 2000;
const IMAGE = 'wharf/busybox:test';

const docker = await ensureDocker();

describeWithDocker('an engine that is killed over real containers', 'unavailable' in docker ? docker.unavailable : undefined, () => {
  if ('unavailable' in docker) return;
  const folder = folderForFile();
  const random = seededRandom(SEED);
  const among = <A>(choices: readonly A[]): A => choices[Math.floor(random() * choices.length)] as A;
  const client = new Docker({ socketPath: docker.socket });
  const start = () => startLiveEngine({ dataDir: folder, localNodes: false });
  const appOf = (id: string, instances: number) => ({
    id,
    args: ['sleep', '100000'],
    instances,
    cpus: 0.01,
    mem: 16,
    container: { type: 'DOCKER', docker: { image: IMAGE } },
    networks: [{ mode: 'host' }],
    portDefinitions: [],
    env: { ROUND: '0' },
    backoffSeconds: 0,
    taskKillGracePeriodSeconds: 1,
  });

  let engine: LiveEngine;
  beforeAll(async () => {
    await importBusybox(client, { tag: IMAGE });
    engine = await start();
    await engine.api.ask('POST', '/v1/nodes', { id: 'd1', endpoint: { kind: 'docker', socket: docker.socket } });
  }, 60_000);
  afterAll(async () => {
    await engine.stop();
    await docker.stop();
  }, 60_000);

  /** Running containers under our label, as the Docker Engine knows them. */
  const containers = async (): Promise<readonly { readonly id: string; readonly instance: string }[]> =>
    (await client.listContainers({ filters: { label: [LABEL.instance] } })).map(({ Id, Labels }) => ({
      id: Id,
      instance: Labels[LABEL.instance] ?? '',
    }));

  /** One running container for each running instance and none besides. */
  const converged = async (apps: readonly string[]): Promise<Insight> => {
    for (const app of apps) await whole(engine.api, app, 60_000);
    return eventually(engine.api, 'containers and instances are the same', async () => {
      const insight = await engine.look();
      const there = (await containers()).map(({ instance }) => instance).sort();
      const live = insight.instances.filter(({ state }) => state.startsWith('running')).map(({ id }) => id);
      const onTheirWay = insight.instances.filter(({ state }) => !/^(running|cancelled|failed|exited|killed|lost)/.test(state));
      if (onTheirWay.length === 0 && there.join() === live.sort().join()) return insight;
      throw new Error(JSON.stringify({ there, live, onTheirWay }));
    });
  };

  test(
    `${KILLS} kills at random moments: no container twice, none lost, every deployment ends (seed ${SEED})`,
    async () => {
      const apps = ['/web', '/worker'];
      await Promise.all(apps.map((app) => engine.api.ask('POST', '/v2/apps', appOf(app, 3))));
      await converged(apps);
      for (let round = 1; round <= KILLS; round++) {
        const app = among(apps);
        if (random() < 0.5) await engine.api.ask('PUT', `/v2/apps${app}?force=true`, { env: { ROUND: String(round) } });
        else await engine.api.ask('PUT', `/v2/apps${app}?force=true`, { instances: 1 + Math.floor(random() * 4) });
        await pause(random() * KILL_WITHIN_MS);
        await engine.kill();

        const victim = among(await containers());
        if (victim !== undefined) await client.getContainer(victim.id).kill();

        engine = await start();
        const { verified, quarantined, instances } = await converged(apps);
        expect(verified).toEqual({ ...verified, faults: [], faultCount: 0, facts: verified.head });
        expect(quarantined).toEqual([]);
        const slots = instances.filter(({ state }) => state.startsWith('running')).map((row) => `${row.app} ${row.slot}`);
        expect(new Set(slots).size).toBe(slots.length);
        expect(await engine.api.get('/v2/deployments')).toEqual([]);
        if (victim === undefined) continue;
        const ends = (await historyOf(engine.api, victim.instance)).filter(({ type }) => type === 'ContainerExited');
        expect(ends).toMatchObject([{ data: { signal: 'SIGKILL', oom: false } }]);
      }
    },
    60_000 + KILLS * 60_000,
  );

  test('an image that is not there is a fact of its own, seen in the queue, at the app and by the deployment', async () => {
    const { api } = engine;
    const image = 'localhost:1/no/such:image';
    const missing = { ...appOf('/missing', 1), container: { type: 'DOCKER', docker: { image } }, backoffSeconds: 5 };
    await api.ask('POST', '/v2/apps', missing);
    const item = await eventually(api, 'it fails and waits', async () =>
      (await api.get('/v2/queue')).queue.find(({ app, delay, lastTaskFailure }: Json) => {
        return app.id === '/missing' && delay.timeLeftSeconds > 0 && lastTaskFailure !== undefined;
      }),
    );
    const [fact] = (await historyOf(api, '/missing')).filter(({ state }) => state === 'failed');
    expect(fact.type).toMatch(/^Image(Missing|PullFailed)$/);
    expect(fact.data.image).toBe(image);
    expect(item.lastTaskFailure.message).toMatch(new RegExp(`^${fact.type}: `));
    expect((await api.get('/v2/apps/missing')).app).toMatchObject({ tasksRunning: 0, lastTaskFailure: { appId: '/missing' } });
    expect((await api.get('/v2/deployments'))[0].affectedApps).toEqual(['/missing']);
    await api.ask('DELETE', '/v2/apps/missing');
    await settled(api);
  });
});
