import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { placementAskOf } from '../../../../src/domain/app/definition/ask.ts';
import { drainOf, graceOf } from '../../../../src/domain/app/definition/leaving.ts';
import { hostPortsWanted } from '../../../../src/domain/app/definition/ports.ts';
import { readPod } from '../../../../src/domain/app/pod/parse.ts';
import { renderPod } from '../../../../src/domain/app/pod/render.ts';
import { container, errorsOf, image, pod, podInput } from './support.ts';

/** Every field that there is, as written by hand. */
const full = {
  id: '/shop/web',
  labels: { tier: 'front' },
  user: 'www',
  environment: { GREETING: 'hello' },
  volumes: [{ name: 'scratch' }, { name: 'logs', host: '/var/log/shop' }],
  networks: [{ name: 'dcos', mode: 'container', labels: { zone: 'inner' } }],
  scaling: { kind: 'fixed', instances: 3, maxInstances: null },
  scheduling: {
    backoff: { backoff: 2.5, backoffFactor: 1.5, maxLaunchDelay: 60 },
    upgrade: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.25 },
    placement: {
      constraints: [
        { fieldName: 'hostname', operator: 'unique' },
        { fieldName: '@zone', operator: 'GROUP_BY', value: '2' },
      ],
      acceptedResourceRoles: ['*', 'web'],
    },
    killSelection: 'Oldest_First',
    unreachableStrategy: { inactiveAfterSeconds: 10, expungeAfterSeconds: 20 },
  },
  executorResources: { cpus: 0.2, mem: 64, disk: 50 },
  role: 'web',
  linuxInfo: { ipcInfo: { mode: 'PRIVATE', shmSize: 16 } },
  dependencies: ['../db', '/shop/queue'],
  readinessChecks: [{ portName: 'http', path: '/ready', intervalSeconds: 5, timeoutSeconds: 2 }],
  containers: [
    {
      name: 'web',
      exec: { command: { argv: ['serve', '--all'] }, overrideEntrypoint: true },
      resources: { cpus: 0.1, mem: 64.5, disk: 5, gpus: 0 },
      resourceLimits: { cpus: 'unlimited', mem: 128 },
      endpoints: [
        { name: 'http', containerPort: 80, hostPort: 0, protocol: ['tcp'], labels: { VIP_0: '/web:80' }, networkNames: ['dcos'] },
        { name: 'gossip', containerPort: 7946, protocol: ['udp', 'tcp'] },
      ],
      image: { ...image, forcePull: true },
      environment: { COLOUR: 'blue' },
      user: 'root',
      healthCheck: { http: { endpoint: 'http', path: '/health', scheme: 'HTTPS' }, intervalSeconds: 30 },
      check: { http: { endpoint: 'http', path: '/info' }, intervalSeconds: 30 },
      volumeMounts: [{ name: 'scratch', mountPath: 'tmp' }],
      artifacts: [{ uri: 'https://example.com/a.tgz', destPath: 'a' }],
      labels: { part: 'server' },
      lifecycle: { killGracePeriodSeconds: 7.5 },
      tty: true,
      linuxInfo: { seccomp: { unconfined: true }, ipcInfo: { mode: 'SHARE_PARENT' } },
    },
    {
      name: 'ship-logs',
      resources: { cpus: 0.2, mem: 32 },
      image,
      healthCheck: { exec: { command: { argv: ['test', '-f', '/ok'] } } },
      volumeMounts: [
        { name: 'scratch', mountPath: '/in', readOnly: true },
        { name: 'logs', mountPath: '/out' },
      ],
    },
  ],
};
const options = { roles: ['web', '*'] as const, group: '/shop' };
const read = (input: unknown) => {
  const result = readPod(input, { ...options, roles: ['web', '*'] });
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};

describe('a pod as written', () => {
  test("asks of a node what its containers and Marathon's executor need together", () => {
    const { definition } = read(full);
    expect(definition).toMatchObject({ cpus: 0.5, mem: 160.5, disk: 55, gpus: 0, instances: 3 });
    expect(placementAskOf(definition)).toMatchObject({
      app: '/shop/web',
      image: true,
      hostPorts: [0],
      constraints: [
        ['hostname', 'UNIQUE'],
        ['@zone', 'GROUP_BY', '2'],
      ],
      acceptedResourceRoles: ['*', 'web'],
    });
    expect(placementAskOf(pod({ containers: [container()] })).image).toBe(false);
  });

  test('has its strategies where an app has them', () => {
    expect(read(full).definition).toMatchObject({
      upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0.25 },
      backoffSeconds: 2.5,
      backoffFactor: 1.5,
      maxLaunchDelaySeconds: 60,
      killSelection: 'OLDEST_FIRST',
      unreachableStrategy: { inactiveAfterSeconds: 10, expungeAfterSeconds: 20 },
      dependencies: ['/db', '/shop/queue'],
      role: 'web',
    });
  });

  test('has all endpoints of its containers as ports, in their order', () => {
    const { definition } = read(full);
    expect(definition.container?.portMappings).toEqual([
      {
        name: 'http',
        containerPort: 80,
        hostPort: 0,
        servicePort: 0,
        protocol: 'tcp',
        labels: { VIP_0: '/web:80' },
        networkNames: ['dcos'],
      },
      { name: 'gossip', containerPort: 7946, servicePort: 0, protocol: 'udp,tcp', labels: {}, networkNames: [] },
    ]);
    expect(drainOf(definition)).toBeGreaterThan(0);
  });

  test.each([
    [[], 'tcp'],
    [['HTTP'], 'tcp'],
    [['udp'], 'udp'],
    [['tcp', 'udp'], 'udp,tcp'],
  ])('speaks %j over %s', (protocol, transport) => {
    expect(pod({}, { endpoints: [{ name: 'a', protocol }] }).container?.portMappings?.[0]?.protocol).toBe(transport);
  });

  test('has the checks of its containers as checks of its ports', () => {
    const { healthChecks, readinessChecks, check } = read(full).definition;
    const usual = { gracePeriodSeconds: 300, maxConsecutiveFailures: 3, timeoutSeconds: 20, delaySeconds: 15 };
    expect(healthChecks).toEqual([
      {
        ...usual,
        intervalSeconds: 30,
        protocol: 'MESOS_HTTPS',
        path: '/health',
        portIndex: 0,
        container: 'web',
        ipProtocol: 'IPv4',
        ignoreHttp1xx: false,
      },
      {
        ...usual,
        intervalSeconds: 60,
        protocol: 'COMMAND',
        command: { value: 'test -f /ok', argv: ['test', '-f', '/ok'] },
        container: 'ship-logs',
        ipProtocol: 'IPv4',
        ignoreHttp1xx: false,
      },
    ]);
    expect(check).toEqual({
      http: { portIndex: 0, path: '/info', scheme: 'HTTP' },
      intervalSeconds: 30,
      timeoutSeconds: 20,
      delaySeconds: 15,
      container: 'web',
    });
    expect(readinessChecks).toMatchObject([{ portName: 'http', path: '/ready', httpStatusCodesForReady: [200] }]);
  });

  test('leaves with the longest grace of its containers; those that say nothing have the usual one', () => {
    expect(graceOf(read(full).definition)).toBe(7500);
    const two = (first: number) =>
      pod({ containers: [container({ lifecycle: { killGracePeriodSeconds: first } }), container({ name: 'b' })] });
    expect(graceOf(two(1))).toBe(3000);
    expect(graceOf(pod({}, { lifecycle: { killGracePeriodSeconds: 1 } }))).toBe(1000);
    expect(pod()).not.toHaveProperty('taskKillGracePeriodSeconds');
  });

  test('sums decimal fractions without the dust of binary ones', () => {
    const small = (name: string) => container({ name, resources: { cpus: 0.1, mem: 32.1 } });
    expect(pod({ containers: [small('a'), small('b')] })).toMatchObject({ cpus: 0.3, mem: 96.2 });
  });
});

describe('a pod that says little', () => {
  test("has Marathon's defaults", () => {
    expect(pod()).toMatchObject({
      instances: 1,
      networks: [{ mode: 'host', labels: {} }],
      executorResources: { cpus: 0.1, mem: 32, disk: 10 },
      acceptedResourceRoles: ['*'],
      role: '*',
      upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
      backoffSeconds: 1,
      backoffFactor: 1.15,
      maxLaunchDelaySeconds: 300,
      killSelection: 'YOUNGEST_FIRST',
      unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    });
    expect(pod({}, { resources: {} }).pod.containers[0]?.resources).toEqual({ cpus: 1, mem: 128, disk: 0, gpus: 0 });
  });

  test.each([
    ['host', [], 0],
    ['container/bridge', [{ mode: 'container/bridge' }], 0],
    ['container', [{ mode: 'container', name: 'dcos' }], undefined],
  ])('in %s networking an endpoint without a host port gets %3$s', (mode, networks, hostPort) => {
    const endpoint = { name: 'http', ...(mode === 'host' ? {} : { containerPort: 80 }) };
    const definition = pod({ networks }, { endpoints: [endpoint] });
    expect(hostPortsWanted(definition)).toEqual(hostPort === undefined ? [] : [hostPort]);
  });

  test('a container network without a name is the default one, where there is one', () => {
    expect(pod({ networks: [{}] }, {}, { defaultNetworkName: 'dcos' }).networks).toEqual([{ mode: 'container', name: 'dcos', labels: {} }]);
  });
});

describe('what is answered', () => {
  test("is Marathon's form: defaults filled in, empty lists and maps left out", () => {
    expect(renderPod(pod({}, { endpoints: [{ name: 'http' }] }))).toEqual({
      id: '/shop/web',
      containers: [
        {
          name: 'web',
          exec: { command: { shell: 'serve' } },
          resources: { cpus: 0.5, mem: 64, disk: 0, gpus: 0 },
          endpoints: [{ name: 'http', hostPort: 0 }],
          image: { kind: 'DOCKER', id: 'nginx:1' },
        },
      ],
      networks: [{ mode: 'host' }],
      scaling: { kind: 'fixed', instances: 1 },
      scheduling: {
        backoff: { backoff: 1, backoffFactor: 1.15, maxLaunchDelay: 300 },
        upgrade: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
        killSelection: 'YOUNGEST_FIRST',
        unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
      },
      executorResources: { cpus: 0.1, mem: 32, disk: 10 },
      role: '*',
    });
  });

  test.each([
    ['every field', full],
    ['few fields', podInput()],
    ['shared cgroups', podInput({ legacySharedCgroups: true })],
    [
      'no instances, never unreachable',
      podInput({ scaling: { kind: 'fixed', instances: 0 }, scheduling: { unreachableStrategy: 'disabled' } }),
    ],
    ['a field that nobody knows', podInput({ maintainer: 'someone@example.com' })],
  ])('changes nothing when it is written back: %s', (_, input) => {
    const { definition } = read(input);
    const again = read({ ...renderPod(definition), version: '2031-05-04T10:00:00.000Z' });
    expect(again.definition).toEqual(definition);
    expect(renderPod(again.definition)).toEqual(renderPod(definition));
  });

  test('holds what was written', () => {
    const { definition } = read(full);
    const { scaling: _, scheduling, dependencies: __, readinessChecks: ___, containers, ...rest } = full;
    expect(renderPod(definition)).toMatchObject(rest);
    expect(renderPod(definition)).toMatchObject({ scaling: { kind: 'fixed', instances: 3 }, scheduling: { backoff: scheduling.backoff } });
    expect((renderPod(definition).containers as readonly unknown[])[0]).toMatchObject(containers[0] as object);
  });
});

describe('what means nothing', () => {
  test('is kept at the top and told with its path, at any depth; a slip with what it may be one of', () => {
    const { definition, ignored, advice } = read(podInput({ maintainer: 'me' }, { enviroment: {} }));
    expect([...ignored].sort()).toEqual(['/containers(0)/enviroment', '/maintainer']);
    expect(advice.find(({ path }) => path === '/containers(0)/enviroment')?.text).toContain('did you mean `environment`?');
    expect(renderPod(definition)).toMatchObject({ maintainer: 'me' });
  });

  test('is refused where the writer asked for that', () => {
    expect(errorsOf(podInput({}, { enviroment: {} }), { strict: true })['/containers(0)/enviroment']?.join()).toContain('`environment`');
  });

  test('is told of where it is known and has no effect', () => {
    const input = podInput(
      { legacySharedCgroups: true, networks: [{ mode: 'container/bridge', labels: { a: 'b' } }] },
      {
        exec: { command: { shell: 'x' }, overrideEntrypoint: false },
        image: { ...image, labels: { os: 'linux' } },
        artifacts: [{ uri: 'https://example.com/a', cache: true }],
        endpoints: [{ name: 'http', protocol: ['udp'], labels: { VIP_0: '/web:80' } }],
      },
    );
    const { ignored, advice } = read(input);
    expect(ignored).toEqual([]);
    expect(advice.map(({ path }) => path)).toEqual([
      '/networks(0)/labels',
      '/legacySharedCgroups',
      '/containers(0)/exec/overrideEntrypoint',
      '/containers(0)/image/labels',
      '/containers(0)/artifacts(0)/cache',
      '/containers(0)/endpoints(0)/labels/VIP_0',
    ]);
  });

  test('is not what an answer of ours adds, nor null', () => {
    expect(read({ ...podInput(), version: '2031-05-04T10:00:00.000Z', user: null, volumes: null, secrets: null }).ignored).toEqual([]);
  });
});
