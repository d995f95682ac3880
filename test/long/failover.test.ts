import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importBusybox } from '../../src/adapters/hosts/docker/busyboxImage.ts';
import { LABEL } from '../../src/adapters/hosts/docker/labels.ts';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';
import { verifyFile } from '../../src/logs/verify.ts';
import { type Answer, eventually, type Json, whole } from '../support/api.ts';
import { describeWithDocker, ensureDocker } from '../support/docker.ts';
import { type Engines, START_MS, startEngines } from '../support/engines.ts';
import type { Seen } from '../support/liveMember.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const KILLS = 20;
const SEED = Number(process.env.WHARF_SEED ?? 23);
/** A kill comes within this time after a change was asked for, ms. */
const KILL_WITHIN_MS = 2_000;
const CONVERGE_MS = 60_000;
const IMAGE = 'wharf/busybox:test';

const docker = await ensureDocker();

describeWithDocker('engines that share a store, over real containers', 'unavailable' in docker ? docker.unavailable : undefined, () => {
  if ('unavailable' in docker) return;
  const folder = folderForFile();
  const random = seededRandom(SEED);
  const client = new Docker({ socketPath: docker.socket });
  let engines: Engines;
  const created: string[] = [];

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

  let watching: { destroy(): void };
  beforeAll(async () => {
    await importBusybox(client, { tag: IMAGE });
    const events = await client.getEvents({ filters: { type: ['container'], event: ['start'] } });
    watching = events as unknown as { destroy(): void };
    let text = '';
    events.on('data', (chunk) => {
      const lines = (text + String(chunk)).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const instance = (JSON.parse(line) as Json).Actor?.Attributes?.[LABEL.instance];
        if (instance !== undefined) created.push(instance);
      }
    });
    engines = await startEngines(folder, 2);
    const { api } = (await engines.leader()).member;
    await api.ask('POST', '/v1/nodes', { id: 'd1', endpoint: { kind: 'docker', socket: docker.socket } });
  }, START_MS);
  afterAll(async () => {
    watching?.destroy();
    await engines?.stop();
    await docker.stop();
  }, START_MS);

  const written = async (method: string, path: string, body: Json): Promise<Answer> => {
    const { api } = await engines.standby();
    return eventually(api, `${method} ${path} is taken`, async () => {
      const answer = await api.call(method, path, body);
      if (answer.status >= 300) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
      return answer;
    });
  };

  /** One running container for each running instance, and none besides. */
  const converged = async (apps: readonly string[]): Promise<Seen> => {
    const { api } = (await engines.leader()).member;
    for (const app of apps) await whole(api, app, CONVERGE_MS);
    return eventually(
      api,
      'containers and instances are the same',
      async () => {
        const seen = await (await engines.leader()).member.look();
        const found = await client.listContainers({ filters: { label: [LABEL.instance] } });
        const there = found.map(({ Labels }) => Labels[LABEL.instance] ?? '').sort();
        const live = seen.instances.filter(({ state }) => state.startsWith('running')).map(({ id }) => id);
        const onTheirWay = seen.instances.filter(({ state }) => !/^(running|cancelled|failed|exited|killed|lost)/.test(state));
        if (onTheirWay.length === 0 && there.join() === live.sort().join()) return seen;
        throw new Error(JSON.stringify({ there, live, onTheirWay }));
      },
      CONVERGE_MS,
    );
  };

  test(
    `${KILLS} kills of the leader during a deployment: no container twice, none lost, every deployment ends (seed ${SEED})`,
    async () => {
      const apps = ['/web', '/worker'];
      for (const app of apps) await written('POST', '/v2/apps', appOf(app, 3));
      await converged(apps);
      for (let round = 1; round <= KILLS; round++) {
        const before = await engines.leader();
        const app = apps[round % apps.length] as string;
        const { body } = await written('PUT', `/v2/apps${app}`, { env: { ROUND: String(round) } });
        const delay = random() * KILL_WITHIN_MS;
        await pause(delay);
        await before.member.kill();
        const killedAt = performance.now();
        const after = await engines.leader(engines.members.filter((each) => each !== before.member));
        const tookMs = performance.now() - killedAt;
        await engines.restart(before.nth);
        const { quarantined, instances } = await converged(apps);
        expect(quarantined).toEqual([]);
        const slots = instances.filter(({ state }) => state.startsWith('running')).map((row) => `${row.app} ${row.slot}`);
        expect(new Set(slots).size).toBe(slots.length);
        expect(new Set(created).size).toBe(created.length);
        const { outcome } = await after.member.api.get(`/v1/deployments/${body.deploymentId}`);
        expect(outcome, `killed after ${delay} ms`).toBe('succeeded');
        console.log(
          `kill ${round}: ${Math.round(delay)} ms into it; its successor led after ${Math.round(tookMs)} ms; ${created.length} starts so far`,
        );
      }
      for (const nth of engines.members.keys())
        expect(await verifyFile(engines.mirrorOf(nth))).toMatchObject({ faults: [], faultCount: 0, void: 0 });
    },
    KILLS * 90_000,
  );
});
