import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importBusybox } from '../../src/adapters/hosts/docker/busyboxImage.ts';
import { eventually, type Json } from '../support/api.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { describeWithDocker, whyNoDocker } from '../support/docker.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const IMAGE = 'wharf/busybox:test';
const image = { kind: 'DOCKER', id: IMAGE };

/** One container writes what the other serves: they share a volume, the network and nothing else. */
const shop = (release: string) => ({
  id: '/shop',
  networks: [{ mode: 'container/bridge' }],
  volumes: [{ name: 'pages' }],
  environment: { RELEASE: release },
  containers: [
    {
      name: 'web',
      image,
      resources: { cpus: 0.1, mem: 32 },
      exec: { command: { shell: 'exec httpd -f -p $EP_CONTAINER_HTTP -h /pages' } },
      endpoints: [{ name: 'http', containerPort: 8080 }],
      healthCheck: { http: { endpoint: 'http', path: '/index.html' }, intervalSeconds: 2, timeoutSeconds: 1, delaySeconds: 0 },
      volumeMounts: [{ name: 'pages', mountPath: '/pages', readOnly: true }],
      lifecycle: { killGracePeriodSeconds: 1 },
    },
    {
      name: 'pages',
      image,
      resources: { cpus: 0.1, mem: 32 },
      exec: { command: { shell: 'echo "$RELEASE by $MARATHON_CONTAINER_ID at $EP_HOST_HTTP" > /out/index.html' } },
      volumeMounts: [{ name: 'pages', mountPath: '/out' }],
    },
    {
      name: 'look',
      image,
      resources: { cpus: 0.1, mem: 32 },
      exec: { command: { argv: ['/bin/sleep', '100000'] }, overrideEntrypoint: true },
      healthCheck: {
        exec: { command: { argv: ['/bin/busybox', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:8080/index.html'] } },
        intervalSeconds: 2,
        timeoutSeconds: 1,
        delaySeconds: 0,
      },
      lifecycle: { killGracePeriodSeconds: 1 },
    },
  ],
});

describeWithDocker('a pod on a Docker Engine', await whyNoDocker(), () => {
  const folder = folderForFile();
  let cluster: Cluster;
  let engine: LiveEngine;
  let docker: Docker;

  beforeAll(async () => {
    cluster = await startCluster(1);
    const [host] = cluster.hosts;
    const files = { caFile: join(folder, 'ca.pem'), certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    await writeFile(files.caFile, cluster.keys.ca);
    await writeFile(files.certFile, cluster.keys.cert);
    await writeFile(files.keyFile, cluster.keys.key, { mode: 0o600 });
    docker = new Docker({ socketPath: host?.socket ?? '' });
    await importBusybox(docker, { tag: IMAGE });
    engine = await startLiveEngine({ dataDir: folder, localNodes: false });
    const [address = '', port = ''] = host?.tcp.split(':') ?? [];
    const endpoint = { kind: 'docker-tls', host: address, port: Number(port), ...files };
    const offer = { hostname: 'h1', address, cpus: 4, mem: 2048, disk: 1000, gpus: 0, portRanges: [[31_000, 31_100]] };
    await engine.api.ask('POST', '/v1/nodes', { id: 'h1', endpoint, offer });
  }, 60_000);
  afterAll(async () => {
    await engine?.stop();
    await cluster?.down();
  }, 60_000);

  const status = (): Promise<Json> => engine.api.get('/v2/pods/shop::status');
  const stable = (release: string) =>
    eventually(
      engine.api,
      `release ${release} is stable`,
      async () => {
        const now = await status();
        const [instance, ...others] = now.instances;
        const isSettled = now.status === 'STABLE' && others.length === 0 && instance.specReference.endsWith(now.spec.version);
        if (isSettled && instance.containers[1].status === 'TASK_FINISHED') return instance;
        throw new Error(JSON.stringify(now));
      },
      60_000,
    );
  const pageOf = async ({ containers }: Json): Promise<readonly [number, string]> => {
    const port = containers[0].endpoints[0].allocatedHostPort;
    const answer = await fetch(`http://${cluster.hosts[0]?.address}:${port}/index.html`);
    return [port, await answer.text()];
  };
  const volumes = async () =>
    ((await docker.listVolumes()).Volumes ?? []).map(({ Name }) => Name).filter((name) => name.startsWith('wharf-'));

  test('shares its network and volumes, is ready when its containers are well, is rolled as a whole, and leaves nothing', async () => {
    await engine.api.ask('POST', '/v2/pods', shop('one'));
    const first = await stable('one');
    const [port, page] = await pageOf(first);
    expect(page).toBe(`one by pages at ${port}\n`);
    expect(first.containers.map((each: Json) => each.conditions.map(({ value }: Json) => value))).toEqual([['true'], [], ['true']]);
    const uuid = /instance-(.+)$/.exec(first.id)?.[1];
    expect(await volumes()).toEqual([`wharf-${uuid}-pages`]);

    await engine.api.ask('PUT', '/v2/pods/shop?force=true', shop('two'));
    const second = await stable('two');
    expect(second.id).not.toBe(first.id);
    expect((await pageOf(second))[1]).toMatch(/^two by pages/);

    // One container that ends badly takes its pod with it.
    const named = await docker.listContainers({ filters: { label: [`MESOS_TASK_ID=${second.containers[2].containerId}`] } });
    await docker.getContainer(named[0]?.Id ?? '').kill();
    const ended = await eventually(engine.api, 'the pod has ended', async () =>
      (await status()).terminationHistory.find(({ instanceID }: Json) => instanceID === second.id),
    );
    expect(ended.containers[2]).toMatchObject({ lastKnownState: 'TASK_FAILED' });
    const third = await stable('two');
    expect(third.id).not.toBe(second.id);

    await engine.api.ask('DELETE', '/v2/pods/shop?force=true');
    await eventually(engine.api, 'the pod is gone', async () =>
      (await engine.api.call('GET', '/v2/pods/shop')).status === 404 ? true : undefined,
    );
    expect((await docker.listContainers()).length).toBe(0);
  }, 180_000);
});
