import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importBusybox } from '../../src/adapters/hosts/docker/busyboxImage.ts';
import { LABEL } from '../../src/adapters/hosts/docker/labels.ts';
import { eventually, historyOf, type Json, whole } from '../support/api.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { describeWithDocker, whyNoDocker } from '../support/docker.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const HOSTS = 3;
const IMAGE = 'wharf/busybox:test';
/** Between two questions of the client that watches, ms. */
const ASKED_EVERY_MS = 50;

describeWithDocker('three Docker Engines in three network namespaces, over tcp with mutual TLS', await whyNoDocker(), () => {
  const folder = folderForFile();
  let cluster: Cluster;
  let engine: LiveEngine;
  const hosts = Array.from({ length: HOSTS }, (_, nth) => nth + 1);
  const socketOf = (host: number): string => cluster.hosts[host - 1]?.socket ?? '';

  beforeAll(async () => {
    cluster = await startCluster(HOSTS);
    const files = { caFile: join(folder, 'ca.pem'), certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    await writeFile(files.caFile, cluster.keys.ca);
    await writeFile(files.certFile, cluster.keys.cert);
    await writeFile(files.keyFile, cluster.keys.key, { mode: 0o600 });
    engine = await startLiveEngine({ dataDir: folder, localNodes: false });
    for (const host of hosts) {
      await importBusybox(new Docker({ socketPath: socketOf(host) }), { tag: IMAGE });
      const [address = '', port = ''] = cluster.hosts[host - 1]?.tcp.split(':') ?? [];
      const endpoint = { kind: 'docker-tls', host: address, port: Number(port), ...files };
      const offer = { hostname: `h${host}`, address, cpus: 2, mem: 1024, disk: 0, gpus: 0, portRanges: [[31_000, 31_100]] };
      await engine.api.ask('POST', '/v1/nodes', { id: `h${host}`, endpoint, offer });
    }
  }, 60_000);
  afterAll(async () => {
    await engine?.stop();
    await cluster?.down();
  }, 60_000);

  /** Running containers of an app on one host, asked behind the engine's back: also while it cannot reach that host. */
  const running = async (host: number, app: string): Promise<readonly string[]> => {
    const client = new Docker({ socketPath: socketOf(host) });
    return (await client.listContainers({ filters: { label: [`${LABEL.app}=${app}`] } })).map(({ Labels }) => Labels[LABEL.instance] ?? '');
  };
  const everywhere = async (app: string): Promise<readonly string[]> =>
    (await Promise.all(hosts.map((host) => running(host, app)))).flat().sort();
  const stateOf = async (host: number): Promise<string> => (await engine.api.get(`/v1/nodes/h${host}`)).node.state;
  const becomes = (host: number, state: string) =>
    eventually(engine.api, `h${host} is ${state}`, async () => ((await stateOf(host)).startsWith(state) ? true : undefined), 60_000);
  const endpointsOf = async (app: string): Promise<readonly Json[]> => (await engine.api.get(`/v1/endpoints?app=${app}`)).endpoints;

  /** What runs is what is wanted: as many containers as instances on all hosts together, each of them the engine's own. */
  const settledOn = (app: string, count: number) =>
    eventually(
      engine.api,
      `${app} has ${count}`,
      async () => {
        const [there, endpoints] = [await everywhere(app), await endpointsOf(app)];
        const told = endpoints.map(({ instance }) => instance).sort();
        if (there.length === count && there.join() === told.join()) return endpoints;
        throw new Error(JSON.stringify({ there, told }));
      },
      90_000,
    );

  /** Asks for all apps without a pause; @returns how long each answer took, ms. Throws when one did not come. */
  const watchApi = () => {
    let over = false;
    const took: number[] = [];
    const asking = (async () => {
      while (!over) {
        const asked = performance.now();
        const { status } = await engine.api.call('GET', '/v2/apps');
        if (status !== 200) throw new Error(`GET /v2/apps: ${status}`);
        took.push(performance.now() - asked);
        await pause(ASKED_EVERY_MS);
      }
    })();
    return {
      stop: async (): Promise<readonly number[]> => {
        over = true;
        await asking;
        return took.sort((a, b) => a - b);
      },
    };
  };

  test('one cut off is replaced elsewhere, one killed too; what returns is resolved, and the API answers all the while', async () => {
    const { api } = engine;
    const app = (id: string, more: Json) => ({
      id,
      args: ['sleep', '100000'],
      cpus: 0.1,
      mem: 32,
      container: { type: 'DOCKER', docker: { image: IMAGE } },
      networks: [{ mode: 'host' }],
      portDefinitions: [],
      backoffSeconds: 0,
      taskKillGracePeriodSeconds: 1,
      ...more,
    });
    await api.ask('POST', '/v2/apps', app('/one-each', { instances: 3, constraints: [['hostname', 'UNIQUE']] }));
    const impatient = { unreachableStrategy: { inactiveAfterSeconds: 1, expungeAfterSeconds: 600 } };
    await api.ask('POST', '/v2/apps', app('/web', { instances: 3, ...impatient }));
    await whole(api, '/one-each');
    await whole(api, '/web');
    expect((await endpointsOf('/one-each')).map(({ node }) => node).sort()).toEqual(['h1', 'h2', 'h3']);
    const watching = watchApi();

    // Cut off: its containers run on, unseen; the impatient app is replaced elsewhere, the other waits as its policy says.
    const [cut] = (await endpointsOf('/web')).map(({ node }) => Number(node.slice(1)));
    const lost = await running(cut ?? 0, '/web');
    await cluster.partition(cut ?? 0);
    await becomes(cut ?? 0, 'attached.unreachable');
    await eventually(api, '/web is replaced', async () => {
      const endpoints = await endpointsOf('/web');
      return endpoints.length === 3 && endpoints.every(({ node }) => node !== `h${cut}`) ? true : undefined;
    });
    expect(await running(cut ?? 0, '/web')).toEqual(lost);
    expect(await everywhere('/web')).toHaveLength(3 + lost.length);

    // Another one dies, containers and all, before the first is back.
    const killed = hosts.find((host) => host !== cut) ?? 0;
    await cluster.kill(killed);
    await becomes(killed, 'attached.unreachable');

    await cluster.heal(cut ?? 0);
    await cluster.restart(killed);
    for (const host of hosts) await becomes(host, 'attached.answering');
    await settledOn('/web', 3);
    const spread = await settledOn('/one-each', 3);
    expect(spread.map(({ node }) => node).sort()).toEqual(['h1', 'h2', 'h3']);
    for (const id of ['/web', '/one-each']) await whole(api, id);

    const took = await watching.stop();
    const at = (share: number): string => `${(took[Math.floor(took.length * share)] ?? 0).toFixed(1)} ms`;
    console.info(
      `GET /v2/apps, ${took.length} answers during all of it: median ${at(0.5)}, p99 ${at(0.99)}, slowest ${took.at(-1)?.toFixed(1)} ms`,
    );
    expect(took.length).toBeGreaterThan(0);

    const types = (await historyOf(api, `h${cut}`)).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['NodeRegistered', 'NodeBecameUnreachable', 'NodeReturned']));
    const { verified, quarantined, instances } = await engine.look();
    expect(verified).toEqual({ ...verified, faults: [], faultCount: 0, facts: verified.head });
    expect(quarantined).toEqual([]);
    const slots = instances.filter(({ state }) => state.startsWith('running')).map((row) => `${row.app} ${row.slot}`);
    expect(new Set(slots).size).toBe(slots.length);
  }, 180_000);
});
