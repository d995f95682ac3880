import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importBusybox } from '../../src/adapters/hosts/docker/busyboxImage.ts';
import { LABEL } from '../../src/adapters/hosts/docker/labels.ts';
import { type Server, startServer } from '../../src/main.ts';
import { type } from '../adapters/cli/terminal.ts';
import { describeWithDocker, ensureDocker } from '../support/docker.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const IMAGE = 'wharf/busybox:test';
const FILE = `
services:
  store:
    image: ${IMAGE}
    command: ["sh", "-c", "cat /conf/greeting > /data/index.html && exec httpd -f -p 80 -h /data"]
    volumes: [data:/data, ./conf:/conf:ro]
    expose: ["80"]
    healthcheck: { test: "test -s /data/index.html", interval: 1s }
    stop_grace_period: 1s
  web:
    image: ${IMAGE}
    entrypoint: ["httpd", "-f", "-p"]
    command: "8000 -h /www"
    working_dir: /tmp
    hostname: front
    tmpfs: /www
    ports: ["18080:8000"]
    environment: { GREETING: hello }
    labels: { team: a }
    cap_drop: [NET_RAW]
    ulimits: { nofile: 2048 }
    stop_grace_period: 1s
    deploy: { resources: { limits: { memory: 64m } } }
    depends_on: { store: { condition: service_healthy } }
volumes: { data: }
`;

const docker = await ensureDocker();

describeWithDocker('a compose file on a real Docker Engine', 'unavailable' in docker ? docker.unavailable : undefined, () => {
  if ('unavailable' in docker) return;
  const dataDir = folderForFile();
  const folder = join(dataDir, 'site');
  const client = new Docker({ socketPath: docker.socket });
  const wharf = (...argv: readonly string[]) => type(['--data-dir', dataDir, ...argv]);
  let server: Server;
  beforeAll(async () => {
    mkdirSync(join(folder, 'conf'), { recursive: true });
    writeFileSync(join(folder, 'compose.yml'), FILE);
    writeFileSync(join(folder, 'conf/greeting'), 'hello from the volume');
    await importBusybox(client, { tag: IMAGE });
    server = await startServer({ dataDir, listen: { port: 0 }, localNodes: false });
    expect((await wharf('node', 'add', 'd1', '--docker', docker.socket, '--ports', '31000-32000', '--ports', '18080-18089')).code).toBe(0);
  }, 60_000);
  afterAll(async () => {
    for (const id of ['/site/web', '/site/store', '/joined/web']) await wharf('app', 'remove', id, '--force', '--wait');
    await server.close();
    await docker.stop();
  }, 60_000);

  const containerOf = async (app: string) => {
    const { tasks } = (await wharf('app', 'show', app, '--json')).json.app;
    const [found] = await client
      .listContainers({ filters: { label: [LABEL.instance] } })
      .then((all) => all.filter(({ Labels }) => tasks.some(({ id }: { id: string }) => id.includes(Labels[LABEL.instance] ?? '-'))));
    return client.getContainer(found?.Id ?? '').inspect();
  };

  test('its services run as they did, one after what it depends on', { timeout: 60_000 }, async () => {
    const done = await wharf('import', 'compose', join(folder, 'compose.yml'), '--yes');
    expect([done.code, done.err]).toEqual([0, '']);
    expect(done.out).toContain('2 apps written\n');
    const store = await containerOf('/site/store');
    expect(store.Mounts.map(({ Name, Source, Destination, RW }) => [Name ?? Source, Destination, RW]).sort()).toEqual(
      [
        ['site_data', '/data', true],
        [join(folder, 'conf'), '/conf', false],
      ].sort(),
    );
    const web = await containerOf('/site/web');
    expect(web.Config).toMatchObject({
      Entrypoint: ['httpd'],
      Cmd: ['-f', '-p', '8000', '-h', '/www'],
      Hostname: 'front',
      WorkingDir: '/tmp',
    });
    expect(web.HostConfig).toMatchObject({
      CapDrop: ['NET_RAW'],
      Memory: 64 * 1024 * 1024,
      Tmpfs: { '/www': '' },
      Ulimits: [{ Name: 'nofile', Soft: 2048, Hard: 2048 }],
      PortBindings: { '8000/tcp': [{ HostPort: '18080' }] },
    });
    expect(web.Config.Env).toContain('GREETING=hello');
    expect(store.HostConfig.Memory).toBe(0);
    expect(web.State.StartedAt > store.State.StartedAt).toBe(true);
    expect((await fetch(`http://${docker.address}:18080/nothing`)).status).toBe(404);
  });

  test('on a network of Docker a service has its name as alias, and the node has only what is published', { timeout: 60_000 }, async () => {
    await client.createNetwork({ Name: 'joined' });
    const file = join(folder, 'joined.yml');
    writeFileSync(file, `services: { web: { image: "${IMAGE}", command: sleep 1000, expose: ["80"], stop_grace_period: 1s } }`);
    const done = await wharf('import', 'compose', file, '--project', 'joined', '--network', 'joined', '--yes');
    expect([done.code, done.err]).toEqual([0, '']);
    const web = await containerOf('/joined/web');
    expect(web.NetworkSettings.Networks.joined?.Aliases).toContain('web');
    expect(web.HostConfig.PortBindings ?? {}).toEqual({});
  });
});
