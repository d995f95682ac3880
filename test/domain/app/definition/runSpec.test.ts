import { expect, test } from 'vitest';
import { hostPortsWanted } from '../../../../src/domain/app/definition/ports.ts';
import { runSpecOf } from '../../../../src/domain/app/definition/runSpec.ts';
import { app } from './support.ts';

const uuid = '3d7d2a2e-7b62-11ee-b962-0242ac120002';
const placed = {
  instance: uuid,
  version: '2026-01-01T00:00:00.000Z',
  slot: 2,
  node: { hostname: 'host-1', address: '10.0.0.1' },
  hostPorts: [31_000, 31_001],
};

test('a native process gets the environment that Marathon injects, and its own variables win', () => {
  const spec = runSpecOf(
    app({
      id: '/shop/web',
      portDefinitions: [{ port: 10_080, name: 'http' }, { port: 0 }],
      env: { HOST: 'mine', A: '1' },
      labels: { 'tier-1 x': 'front', long: 'x'.repeat(512) },
      user: 'www',
      cpus: 0.5,
    }),
    placed,
  );
  expect(spec.env).toEqual({
    MESOS_TASK_ID: `shop_web.instance-${uuid}._app.1`,
    MARATHON_APP_ID: '/shop/web',
    MARATHON_APP_VERSION: '2026-01-01T00:00:00.000Z',
    MARATHON_APP_RESOURCE_CPUS: '0.5',
    MARATHON_APP_RESOURCE_MEM: '128.0',
    MARATHON_APP_RESOURCE_DISK: '0.0',
    MARATHON_APP_RESOURCE_GPUS: '0',
    MARATHON_APP_ENFORCE_GROUP_ROLE: 'FALSE',
    MARATHON_APP_LABELS: 'TIER_1_X',
    MARATHON_APP_LABEL_TIER_1_X: 'front',
    PORT: '31000',
    PORT0: '31000',
    PORT1: '31001',
    PORTS: '31000,31001',
    PORT_10080: '31000',
    PORT_31001: '31001',
    PORT_HTTP: '31000',
    HOST: 'mine',
    A: '1',
  });
  expect(spec).toMatchObject({
    instance: uuid,
    slot: 2,
    user: 'www',
    command: { shell: 'serve' },
    network: { mode: 'host' },
    ports: [
      { name: 'http', protocol: 'tcp', hostPort: 31_000 },
      { protocol: 'tcp', hostPort: 31_001 },
    ],
  });
  expect(spec).not.toHaveProperty('image');
});

test('a container in a bridge: mappings, mounts, login, limits and options', () => {
  const definition = app({
    cmd: undefined,
    args: ['--verbose'],
    container: {
      docker: {
        image: 'registry/web:2',
        forcePullImage: true,
        privileged: true,
        parameters: [{ key: 'cap-add', value: 'NET_ADMIN' }],
        credential: { principal: 'bot', secret: 's3' },
      },
      portMappings: [
        { containerPort: 80, name: 'http' },
        { containerPort: 0, hostPort: 31_001, protocol: 'udp' },
      ],
      volumes: [
        { containerPath: '/etc/web', hostPath: '/srv/web', mode: 'RO' },
        { containerPath: 'cache', hostPath: 'web-cache' },
      ],
      linuxInfo: { ipcInfo: { mode: 'PRIVATE', shmSize: 64 }, seccomp: { unconfined: true } },
    },
    networks: [{ mode: 'container/bridge' }],
    resourceLimits: { cpus: 2, mem: 'unlimited' },
    fetch: [{ uri: 'http://a/b.tgz', destPath: 'b' }],
    tty: true,
  });
  expect(hostPortsWanted(definition)).toEqual([0, 31_001]);
  const { env, ...spec } = runSpecOf(definition, { ...placed, instance: `web.instance-${uuid}` });
  expect(spec).toEqual({
    instance: `web.instance-${uuid}`,
    taskId: `web.instance-${uuid}._app.1`,
    app: '/web',
    version: placed.version,
    slot: 2,
    image: 'registry/web:2',
    forcePull: true,
    credentials: { username: 'bot', password: 's3' },
    command: { args: ['--verbose'] },
    labels: { MESOS_TASK_ID: `web.instance-${uuid}._app.1` },
    cpus: 1,
    mem: 128,
    disk: 0,
    gpus: 0,
    network: { mode: 'bridge' },
    ports: [
      { name: 'http', protocol: 'tcp', hostPort: 31_000, containerPort: 80 },
      { protocol: 'udp', hostPort: 31_001, containerPort: 31_001 },
    ],
    mounts: [
      { kind: 'bind', hostPath: '/srv/web', containerPath: '/etc/web', readOnly: true },
      { kind: 'volume', name: 'web-cache', containerPath: '/mnt/mesos/sandbox/cache', readOnly: false },
    ],
    artifacts: [{ uri: 'http://a/b.tgz', extract: true, executable: false, destPath: 'b' }],
    privileged: true,
    tty: true,
    parameters: [
      { key: 'cpus', value: '2' },
      { key: 'memory', value: '0' },
      { key: 'security-opt', value: 'seccomp=unconfined' },
      { key: 'ipc', value: 'private' },
      { key: 'shm-size', value: '64m' },
      { key: 'cap-add', value: 'NET_ADMIN' },
    ],
  });
  expect(env).toMatchObject({ MARATHON_APP_DOCKER_IMAGE: 'registry/web:2', PORT_80: '31000', PORT_HTTP: '31000', PORTS: '31000,31001' });
});

test('in a container network a mapping without host port is named by its container port, or by one that the task id decides', () => {
  const definition = app({
    container: { docker: { image: 'web' }, portMappings: [{ containerPort: 8080 }, { name: 'peer' }, { containerPort: 90, hostPort: 0 }] },
    networks: [{ name: 'overlay' }],
  });
  const { env, ports, network } = runSpecOf(definition, { ...placed, hostPorts: [31_000] });
  const picked = env.PORT_PEER ?? '';
  expect(network).toEqual({ mode: 'container', name: 'overlay' });
  expect(ports).toEqual([{ protocol: 'tcp', hostPort: 31_000, containerPort: 90 }]);
  expect(Number(picked)).toBeGreaterThan(1024);
  expect(env).toMatchObject({ PORT0: '8080', PORT1: picked, PORT2: '31000', PORT: '31000', PORTS: `31000,${picked}`, PORT_90: '31000' });
  expect(runSpecOf(definition, { ...placed, hostPorts: [31_000] }).env).toEqual(env);
});
