import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importBusybox } from '../../src/adapters/hosts/docker/busyboxImage.ts';
import { type Api, eventually, type Json } from '../support/api.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { describeWithDocker, whyNoDocker } from '../support/docker.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { endNativeProcesses } from '../support/nativeProcesses.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const IMAGE = 'wharf/busybox:test';

/* Commands before and after a deployment, as real processes and as real containers. */

const hooksOf = async (api: Api, app: string): Promise<readonly Json[]> =>
  (await api.get(`/v1/instances?app=${app}`)).instances.filter(({ hook }: Json) => hook !== undefined);
const isAtRest = (api: Api) =>
  eventually(api, 'no deployment runs', async () => ((await api.get('/v2/deployments')).length === 0 ? true : undefined), 60_000);
const deploy = async (api: Api, definition: Json): Promise<void> => {
  await api.ask('PUT', `/v2/apps/${definition.id}`, definition);
  await isAtRest(api);
};
const outputOf = async ({ url }: Api, { id }: Json): Promise<string> => (await fetch(`${url}/v1/instances/${id}/logs`)).text();

describe('natively', () => {
  const folder = folderForFile();
  let engine: LiveEngine;
  beforeAll(async () => {
    await chmod(folder, 0o711);
    engine = await startLiveEngine({ dataDir: folder, localNodes: true, noAuth: true });
  });
  afterAll(async () => {
    await engine.stop();
    await endNativeProcesses(folder);
  });

  const web = (release: string, deployment: Json = {}) => ({
    id: '/web',
    cmd: 'sleep 100000',
    cpus: 0.1,
    mem: 32,
    instances: 2,
    env: { RELEASE: release },
    taskKillGracePeriodSeconds: 1,
    deployment,
  });

  test('they run once each, with the environment of the new version, and a crash of the engine does not start them again', async () => {
    const marks = join(folder, 'marks');
    await deploy(engine.api, web('one'));
    const note = (what: string) => `echo ${what} of $RELEASE | tee -a ${marks}`;
    await engine.api.ask(
      'PUT',
      '/v2/apps//web',
      web('two', { before: { cmd: `${note('before')}; while [ ! -e ${marks}.go ]; do sleep 0.1; done` }, after: { cmd: note('after') } }),
    );
    await eventually(engine.api, 'the command runs', async () =>
      (await hooksOf(engine.api, '/web'))[0]?.startedAt === undefined ? undefined : true,
    );
    await engine.kill();
    await writeFile(`${marks}.go`, '');
    engine = await startLiveEngine({ dataDir: folder, localNodes: true, noAuth: true });
    await isAtRest(engine.api);
    const hooks = await hooksOf(engine.api, '/web');
    expect(hooks.map(({ hook, state, exit }) => [hook, state, exit.exitCode])).toEqual([
      ['before', 'exited', 0],
      ['after', 'exited', 0],
    ]);
    expect(await Promise.all(hooks.map((each) => outputOf(engine.api, each)))).toEqual(['before of two\n', 'after of two\n']);
    expect((await engine.api.get('/v2/apps//web')).app).toMatchObject({ env: { RELEASE: 'two' }, tasksRunning: 2 });
  });

  test('one that fails leaves the version that serves', async () => {
    const before = (await engine.api.get('/v2/apps//web')).app.tasks.map(({ id }: Json) => id).sort();
    await deploy(engine.api, web('three', { before: { cmd: 'echo no; exit 4' } }));
    const last = (await hooksOf(engine.api, '/web')).at(-1);
    expect(last).toMatchObject({ state: 'exited', exit: { exitCode: 4 } });
    const { app } = await engine.api.get('/v2/apps//web');
    expect(app.env).toEqual({ RELEASE: 'two' });
    expect(app.tasks.map(({ id }: Json) => id).sort()).toEqual(before);
  });
});

describeWithDocker('in containers', await whyNoDocker(), () => {
  const folder = folderForFile();
  let cluster: Cluster;
  let engine: LiveEngine;
  beforeAll(async () => {
    cluster = await startCluster(1);
    const [host] = cluster.hosts;
    const files = { caFile: join(folder, 'ca.pem'), certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };
    await writeFile(files.caFile, cluster.keys.ca);
    await writeFile(files.certFile, cluster.keys.cert);
    await writeFile(files.keyFile, cluster.keys.key, { mode: 0o600 });
    await importBusybox(new Docker({ socketPath: host?.socket ?? '' }), { tag: IMAGE });
    engine = await startLiveEngine({ dataDir: folder, localNodes: false, noAuth: true });
    const [address = '', port = ''] = host?.tcp.split(':') ?? [];
    const endpoint = { kind: 'docker-tls', host: address, port: Number(port), ...files };
    const offer = { hostname: 'h1', address, cpus: 4, mem: 2048, disk: 1000, gpus: 0, portRanges: [[31_000, 31_100]] };
    await engine.api.ask('POST', '/v1/nodes', { id: 'h1', endpoint, offer });
  }, 60_000);
  afterAll(async () => {
    await engine?.stop();
    await cluster?.down();
  }, 60_000);

  const shop = (release: string, deployment: Json = {}) => ({
    id: '/shop',
    args: ['/bin/sleep', '100000'],
    cpus: 0.1,
    mem: 32,
    instances: 1,
    env: { RELEASE: release },
    networks: [{ mode: 'container/bridge' }],
    container: { type: 'DOCKER', docker: { image: IMAGE }, portMappings: [{ containerPort: 80, hostPort: 31_007 }] },
    upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
    taskKillGracePeriodSeconds: 1,
    deployment,
  });

  test('they run in the image of the app beside what holds its port', async () => {
    await deploy(engine.api, shop('one'));
    await deploy(engine.api, shop('two', { before: { cmd: 'echo "$RELEASE in $(hostname | wc -c)"; exit 0' }, after: { cmd: 'exit 3' } }));
    const [before, after] = await hooksOf(engine.api, '/shop');
    expect(before).toMatchObject({ hook: 'before', state: 'exited', exit: { exitCode: 0 } });
    expect(await outputOf(engine.api, before)).toMatch(/^two in \d+\n$/);
    expect(after).toMatchObject({ hook: 'after', exit: { exitCode: 3 } });
    // The command after failed, so that the first version is back.
    expect((await engine.api.get('/v2/apps//shop')).app).toMatchObject({ env: { RELEASE: 'one' }, tasksRunning: 1 });
  }, 120_000);
});
