import { describe, expect, test } from 'vitest';
import type { Placed } from '../../../../src/domain/app/definition/runSpec.ts';
import { parseTaskId } from '../../../../src/domain/app/definition/taskIds.ts';
import { instanceSpecOf } from '../../../../src/domain/app/instanceSpec.ts';
import type { PodApp } from '../../../../src/domain/app/pod/pod.ts';
import type { ContainerSpec } from '../../../../src/domain/ports/hosts.ts';
import { app } from '../definition/support.ts';
import { container, type Fields, image, pod } from './support.ts';

const uuid = '0b0e6c1e-52a6-5d3e-9d4c-0c8d8f3f6a01';
const placed: Placed = {
  instance: uuid,
  version: '2031-05-04T10:00:00.000Z',
  slot: 2,
  node: { hostname: 'n1.example', address: '10.0.0.1' },
  hostPorts: [31_000, 31_001],
};
const specOf = (definition: PodApp, where: Partial<Placed> = {}) => instanceSpecOf(definition, { ...placed, ...where });
/** The one container of a pod. */
const only = (definition: PodApp, where: Partial<Placed> = {}): ContainerSpec => {
  const [first, ...others] = specOf(definition, where).containers ?? [];
  if (first === undefined || others.length > 0) throw new Error('not one container');
  return first;
};
const twoEndpoints = (networks: readonly Fields[], ...endpoints: readonly Fields[]) =>
  pod({ networks, containers: endpoints.map((endpoint, index) => container({ name: `c${index}`, image, endpoints: [endpoint] })) });

describe('how an instance of a pod is run', () => {
  test('as one instance that holds what the containers share', () => {
    const definition = pod({ labels: { tier: 'front' }, user: 'www', linuxInfo: { ipcInfo: { mode: 'PRIVATE', shmSize: 16 } } });
    expect(specOf(definition)).toMatchObject({
      instance: uuid,
      taskId: `shop_web.instance-${uuid}`,
      app: '/shop/web',
      version: placed.version,
      slot: 2,
      user: 'www',
      cpus: 0.6,
      mem: 96,
      disk: 10,
      labels: { tier: 'front', MESOS_TASK_ID: `shop_web.instance-${uuid}` },
      network: { mode: 'host' },
      parameters: [{ key: 'shm-size', value: '16m' }],
    });
    expect(specOf(definition)).not.toHaveProperty('image');
    expect(specOf(definition)).not.toHaveProperty('killGraceMs');
    expect(specOf(pod({}, { lifecycle: { killGracePeriodSeconds: 7 } })).killGraceMs).toBe(7000);
  });

  test('each container as a task of its own, whose id says whose it is', () => {
    const { containers = [] } = specOf(pod({ containers: [container({ image }), container({ name: 'side-car', image })] }));
    expect(containers.map(({ name, taskId }) => [name, taskId])).toEqual([
      ['web', `shop_web.instance-${uuid}.web.1`],
      ['side-car', `shop_web.instance-${uuid}.side-car.1`],
    ]);
    expect(parseTaskId(containers[1]?.taskId ?? '')).toEqual({
      app: '/shop/web',
      prefix: 'instance-',
      uuid,
      container: 'side-car',
      incarnation: 1,
    });
  });

  test('with what the definition says of it', () => {
    const definition = pod(
      { user: 'www', labels: { tier: 'front', part: 'all' } },
      {
        user: 'root',
        labels: { part: 'server' },
        image: { ...image, forcePull: true },
        tty: true,
        artifacts: [{ uri: 'https://example.com/a.tgz', executable: true, destPath: 'a' }],
        resourceLimits: { cpus: 2, mem: 'unlimited' },
        linuxInfo: { seccomp: { unconfined: true }, ipcInfo: { mode: 'PRIVATE', shmSize: 8 } },
      },
    );
    expect(only(definition)).toMatchObject({
      image: 'nginx:1',
      forcePull: true,
      user: 'root',
      tty: true,
      cpus: 0.5,
      mem: 64,
      labels: { tier: 'front', part: 'server', MESOS_TASK_ID: `shop_web.instance-${uuid}.web.1` },
      artifacts: [{ uri: 'https://example.com/a.tgz', extract: true, executable: true, destPath: 'a' }],
      parameters: [
        { key: 'cpus', value: '2' },
        { key: 'memory', value: '0' },
        { key: 'security-opt', value: 'seccomp=unconfined' },
        { key: 'ipc', value: 'private' },
        { key: 'shm-size', value: '8m' },
      ],
    });
    expect(only(pod({ user: 'www' })).user).toBe('www');
  });

  test.each([
    ['a shell', { command: { shell: 'serve' } }, { command: { shell: 'serve' } }],
    ['arguments of the entrypoint', { command: { argv: ['a', 'b'] } }, { command: { args: ['a', 'b'] } }],
    ['its own entrypoint', { command: { argv: ['a', 'b'] }, overrideEntrypoint: true }, { command: { args: ['b'] }, entrypoint: ['a'] }],
    ["the image's own command", undefined, { command: {} }],
  ])('by %s', (_, exec, expected) => {
    expect(only(pod({}, { exec }))).toMatchObject(expected);
  });

  test('in the IPC of the pod, of the host, or its own', () => {
    const ipc = (mode: string) => ({ linuxInfo: { ipcInfo: { mode } } });
    expect(only(pod({}, ipc('SHARE_PARENT'))).parameters).toEqual([]);
    expect(specOf(pod(ipc('SHARE_PARENT'))).parameters).toEqual([{ key: 'ipc', value: 'host' }]);
    expect(specOf(pod(ipc('PRIVATE'))).parameters).toEqual([]);
  });

  test('in shared cgroups each container may use what all have', () => {
    const both = [container({ image }), container({ name: 'b', image, resources: { cpus: 1, mem: 100 } })];
    const { containers = [] } = specOf(pod({ legacySharedCgroups: true, containers: both }));
    expect(containers.map(({ cpus, mem }) => [cpus, mem])).toEqual([
      [1.5, 164],
      [1.5, 164],
    ]);
    expect(containers.map(({ env }) => env.MARATHON_CONTAINER_RESOURCE_MEM)).toEqual(['64.0', '100.0']);
  });

  test('an app is run as before', () => {
    expect(instanceSpecOf(app(), placed)).not.toHaveProperty('containers');
  });
});

describe('volumes', () => {
  const volumes = [{ name: 'data' }, { name: 'logs', host: '/var/log/shop' }];

  test('without a host are shared by the containers of one instance, and by nobody else', () => {
    const mount = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
    const definition = pod({
      volumes: [{ name: 'data' }],
      containers: [
        container({ image, ...mount }),
        container({ name: 'b', image, volumeMounts: [{ name: 'data', mountPath: 'in', readOnly: true }] }),
      ],
    });
    const { containers = [] } = specOf(definition);
    const name = `wharf-${uuid}-data`;
    expect(containers.map(({ mounts }) => mounts)).toEqual([
      [{ kind: 'volume', name, containerPath: '/data', readOnly: false }],
      [{ kind: 'volume', name, containerPath: '/mnt/mesos/sandbox/in', readOnly: true }],
    ]);
    const other = specOf(definition, { instance: '0b0e6c1e-52a6-5d3e-9d4c-0c8d8f3f6a02' }).containers?.[0]?.mounts[0];
    expect(other).not.toMatchObject({ name });
  });

  test('with a host are directories of it', () => {
    const definition = pod({ volumes: volumes.slice(1) }, { volumeMounts: [{ name: 'logs', mountPath: '/out' }] });
    expect(only(definition).mounts).toEqual([{ kind: 'bind', hostPath: '/var/log/shop', containerPath: '/out', readOnly: false }]);
  });

  test('of a native process are places in its sandbox', () => {
    const definition = pod({ volumes: volumes.slice(0, 1) }, { image: undefined, volumeMounts: [{ name: 'data', mountPath: 'in' }] });
    expect(only(definition).mounts).toMatchObject([{ containerPath: 'in' }]);
  });
});

describe('ports', () => {
  test('in host networking are those that placement gave', () => {
    const definition = twoEndpoints([], { name: 'http' }, { name: 'admin', protocol: ['udp'] });
    expect(specOf(definition).ports).toEqual([
      { name: 'http', protocol: 'tcp', hostPort: 31_000 },
      { name: 'admin', protocol: 'udp', hostPort: 31_001 },
    ]);
  });

  test('on a bridge lead to those of the containers; 0 is the same as outside', () => {
    const definition = twoEndpoints(
      [{ mode: 'container/bridge' }],
      { name: 'http', containerPort: 80 },
      { name: 'admin', containerPort: 0 },
    );
    expect(specOf(definition)).toMatchObject({
      network: { mode: 'bridge' },
      ports: [
        { name: 'http', protocol: 'tcp', hostPort: 31_000, containerPort: 80 },
        { name: 'admin', protocol: 'tcp', hostPort: 31_001, containerPort: 31_001 },
      ],
    });
  });

  test('of a network without one of the host are not bound, and take none from those that are', () => {
    const definition = twoEndpoints(
      [{ name: 'dcos' }],
      { name: 'inner', containerPort: 80 },
      { name: 'outer', containerPort: 81, hostPort: 0 },
    );
    expect(specOf(definition, { hostPorts: [31_005] })).toMatchObject({
      network: { mode: 'container', name: 'dcos' },
      ports: [{ name: 'outer', protocol: 'tcp', hostPort: 31_005, containerPort: 81 }],
    });
  });
});

describe('the environment of a container', () => {
  test('says who and where it is, and what it has', () => {
    const { env } = only(pod({}, { resources: { cpus: 0.5, mem: 64, disk: 10 } }), { enforceRole: true });
    expect(env).toEqual({
      HOST: 'n1.example',
      MESOS_TASK_ID: `shop_web.instance-${uuid}.web.1`,
      MESOS_EXECUTOR_ID: `instance-shop_web.${uuid}`,
      MARATHON_APP_ID: '/shop/web',
      MARATHON_APP_VERSION: placed.version,
      MARATHON_APP_ENFORCE_GROUP_ROLE: 'TRUE',
      MARATHON_APP_LABELS: '',
      MARATHON_CONTAINER_ID: 'web',
      MARATHON_CONTAINER_RESOURCE_CPUS: '0.5',
      MARATHON_CONTAINER_RESOURCE_MEM: '64.0',
      MARATHON_CONTAINER_RESOURCE_DISK: '10.0',
      MARATHON_CONTAINER_RESOURCE_GPUS: '0',
    });
  });

  test("has its own variables before the pod's, and the engine's before both", () => {
    const definition = pod({ environment: { A: 'pod', B: 'pod', HOST: 'mine' } }, { environment: { B: 'own' } });
    expect(only(definition).env).toMatchObject({ A: 'pod', B: 'own', HOST: 'n1.example' });
  });

  test("has its labels and the pod's", () => {
    const { env } = only(pod({ labels: { tier: 'front', part: 'all' } }, { labels: { part: 'server' } }));
    expect(env).toMatchObject({ MARATHON_APP_LABELS: 'TIER PART', MARATHON_APP_LABEL_TIER: 'front', MARATHON_APP_LABEL_PART: 'server' });
  });

  test('knows all endpoints of the pod: where to listen, and how they are reached', () => {
    const bridge = twoEndpoints(
      [{ mode: 'container/bridge' }],
      { name: 'http-api', containerPort: 80 },
      { name: 'admin', containerPort: 0 },
    );
    for (const { env } of specOf(bridge).containers ?? [])
      expect(env).toMatchObject({
        ENDPOINT_HTTP_API: '80',
        EP_HOST_HTTP_API: '31000',
        EP_CONTAINER_HTTP_API: '80',
        ENDPOINT_ADMIN: '31001',
        EP_HOST_ADMIN: '31001',
        EP_CONTAINER_ADMIN: '31001',
      });
  });

  test('on the host listens on the port of the host; without one of it, on that of the container', () => {
    const onHost = only(pod({}, { endpoints: [{ name: 'http' }] })).env;
    expect(onHost).toMatchObject({ ENDPOINT_HTTP: '31000', EP_HOST_HTTP: '31000' });
    expect(onHost).not.toHaveProperty('EP_CONTAINER_HTTP');
    const inner = only(pod({ networks: [{ name: 'dcos' }] }, { endpoints: [{ name: 'http', containerPort: 80 }] })).env;
    expect(inner).toMatchObject({ ENDPOINT_HTTP: '80', EP_CONTAINER_HTTP: '80' });
    expect(inner).not.toHaveProperty('EP_HOST_HTTP');
  });
});
