import { expect, test } from 'vitest';
import { isPathId } from '../../../src/domain/app/definition/pathId.ts';
import { hostPortsWanted } from '../../../src/domain/app/definition/ports.ts';
import { runSpecOf } from '../../../src/domain/app/definition/runSpec.ts';
import { appOfHook, hookAppId, hookDefinition, hookOf, isHookApp } from '../../../src/domain/deployment/hookApp.ts';
import { parsed } from '../../simulation/apps.ts';

const web = parsed({
  id: '/shop/web',
  args: ['serve'],
  cpus: 1,
  mem: 64,
  instances: 4,
  user: 'www',
  env: { DATABASE: 'db' },
  fetch: [{ uri: 'http://files/migrations.tgz' }],
  constraints: [['rack', 'LIKE', 'r.*']],
  labels: { HAPROXY_GROUP: 'external', 'traefik.enable': 'true', WHARF_DRAIN_SECONDS: '9', owner: 'ann' },
  networks: [{ mode: 'container/bridge' }],
  container: {
    type: 'DOCKER',
    docker: { image: 'shop/web:2' },
    volumes: [{ containerPath: '/data', hostPath: '/srv/data', mode: 'RW' }],
    portMappings: [
      { containerPort: 80, hostPort: 8080, servicePort: 10_080, labels: { VIP_0: '/web:80' } },
      { containerPort: 9000, hostPort: 0, servicePort: 10_090 },
    ],
  },
  healthChecks: [{ protocol: 'MESOS_HTTP', path: '/' }],
  dependencies: ['/shop/db'],
});

test('a one-off command goes by a name that no app can have', () => {
  const id = hookAppId('/shop/web', 'before');
  expect([isPathId(id), isHookApp(id), isHookApp('/shop/web'), appOfHook(id), hookOf(id)]).toEqual([
    false,
    true,
    false,
    '/shop/web',
    'before',
  ]);
});

test('it runs where and as the app does, with its own command alone', () => {
  const migration = hookDefinition(web, 'before', './migrate');
  const placed = { instance: 'i', version: 'v', slot: 0, node: { hostname: 'n1', address: '10.0.0.1' } };
  const { command, labels, ports, taskId: _, env, ...rest } = runSpecOf(migration, { ...placed, hostPorts: [31_000, 31_001] });
  const {
    command: __,
    labels: ___,
    ports: ____,
    taskId: _____,
    env: ______,
    ...usual
  } = runSpecOf(web, { ...placed, hostPorts: [8080, 31_001] });
  expect(rest).toEqual({ ...usual, app: '/shop/web#before' });
  expect(command).toEqual({ shell: './migrate' });
  expect(env.DATABASE).toBe('db');
  expect(ports.map(({ hostPort }) => hostPort)).toEqual([31_000, 31_001]);
  expect(Object.keys(labels)).toEqual(['owner', 'MESOS_TASK_ID']);
  expect(migration.constraints).toEqual(web.constraints);
});

test('it takes no port that others wait for, and nobody asks whether it serves', () => {
  const migration = hookDefinition(web, 'after', './check');
  expect(hostPortsWanted(migration)).toEqual([0, 0]);
  expect(migration.container?.portMappings?.map(({ servicePort, labels }) => [servicePort, labels])).toEqual([
    [0, {}],
    [0, {}],
  ]);
  expect([migration.instances, migration.healthChecks, migration.dependencies]).toEqual([1, [], []]);
  const onHost = parsed({ id: '/web', cmd: 'serve', cpus: 1, mem: 1, instances: 1, portDefinitions: [{ port: 8080 }], requirePorts: true });
  expect(hostPortsWanted(hookDefinition(onHost, 'before', 'true'))).toEqual([0]);
});
