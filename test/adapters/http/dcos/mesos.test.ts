import { expect, test } from 'vitest';
import { until } from '../../../support/world.ts';
import { quay } from './quay.ts';

const shop = {
  id: '/shop/web',
  cmd: 'serve',
  cpus: 0.1,
  mem: 64,
  instances: 2,
  env: { PASSWORD: 'nobody sees this' },
  labels: { TEAM: 'sea' },
  portDefinitions: [{ port: 0, protocol: 'tcp', name: 'http', labels: { VIP_0: '/shop/web:80' } }],
};

test('the state tells nodes as agents, Marathon as the one framework, and the tasks by the ids that Marathon gives them', async () => {
  const { node, app, json } = await quay();
  await node('n1', { attributes: { rack: 'r1' }, region: 'eu', zone: 'a' });
  await app(shop);
  const { tasks } = await json('/v2/tasks');
  const state = await json('/mesos/master/state');
  expect(state).toMatchObject({
    version: '1.11.0',
    cluster: 'wharfinger',
    activated_slaves: 1,
    deactivated_slaves: 0,
    unreachable_slaves: 0,
  });
  expect(state.leader).toMatch(/^master@127\.0\.0\.1:\d+$/);
  expect(state.leader_info).toMatchObject({ id: state.id, pid: state.leader, hostname: '127.0.0.1' });
  expect(state.slaves).toEqual([
    expect.objectContaining({
      id: 'n1',
      hostname: 'n1.example',
      pid: 'slave(1)@127.0.0.1:5051',
      attributes: { rack: 'r1' },
      domain: { fault_domain: { region: { name: 'eu' }, zone: { name: 'a' } } },
      resources: { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, ports: '[31000-31999]' },
      used_resources: expect.objectContaining({ cpus: 0.2, mem: 128 }),
      reserved_resources: {},
      active: true,
      deactivated: false,
    }),
  ]);
  const [framework] = state.frameworks;
  expect(framework).toMatchObject({ name: 'marathon', id: `${state.id}-0000`, active: true, role: '*', completed_tasks: [] });
  expect(framework.used_resources).toMatchObject({ cpus: 0.2, mem: 128 });
  expect(framework.resources).toEqual(framework.used_resources);
  expect(framework.tasks.map(({ id }: { id: string }) => id).sort()).toEqual(tasks.map(({ id }: { id: string }) => id).sort());
  const [task] = framework.tasks;
  const [port] = tasks.find(({ id }: { id: string }) => id === task.id).ports;
  expect(task).toMatchObject({
    name: 'web.shop',
    framework_id: framework.id,
    slave_id: 'n1',
    state: 'TASK_RUNNING',
    resources: { cpus: 0.1, mem: 64, disk: 0, gpus: 0, ports: `[${port}-${port}]` },
    role: '*',
    labels: [{ key: 'TEAM', value: 'sea' }],
    discovery: {
      visibility: 'FRAMEWORK',
      name: 'web.shop',
      ports: { ports: [{ number: port, name: 'http', protocol: 'tcp', labels: { labels: [{ key: 'VIP_0', value: '/shop/web:80' }] } }] },
    },
  });
  expect(task.statuses.at(-1)).toMatchObject({
    state: 'TASK_RUNNING',
    container_status: { network_infos: [{ ip_addresses: [{ ip_address: expect.any(String), protocol: 'IPv4' }] }] },
  });
  expect(JSON.stringify(state)).not.toContain('nobody sees this');
});

test('a task that ended is a completed one, and is counted by the state it ended in', async () => {
  const { world, node, app, json, post } = await quay();
  await node('n1');
  await app({ ...shop, instances: 1, labels: { WHARF_DRAIN_SECONDS: '0' } });
  const [{ id }] = (await json('/v2/tasks')).tasks;
  expect((await post('/v2/tasks/delete?scale=true', { ids: [id] })).status).toBe(200);
  await until(world, () => world.engine.views.instances.endedOf('/shop/web').length === 1, 'it has ended');
  const { completed_tasks, tasks } = (await json('/state')).frameworks[0];
  expect([completed_tasks.length, completed_tasks[0].id, completed_tasks[0].state, tasks]).toEqual([1, id, 'TASK_KILLED', []]);
  const summary = await json('/mesos/state-summary');
  expect(summary.frameworks[0]).toMatchObject({ TASK_KILLED: 1, TASK_RUNNING: 0, slave_ids: [] });
  expect(summary.slaves[0]).toMatchObject({ TASK_KILLED: 1, TASK_RUNNING: 0, framework_ids: [] });
  expect((await json('/metrics/snapshot'))['master/tasks_killed']).toBe(1);
});

test('every path under which a master was reached answers the same', async () => {
  const { node, json } = await quay();
  await node('n1');
  const wanted = await json('/mesos/state');
  for (const path of ['/state', '/state.json', '/master/state', '/master/state.json', '/mesos/master/state', '/mesos/master/state.json'])
    expect(await json(path)).toEqual(wanted);
});

test('roles, nodes, frameworks and tasks can be asked for one by one', async () => {
  const { node, app, json, fetch } = await quay();
  await node('n1');
  await node('n2', { roles: ['slave_public'] });
  await app(shop);
  const { roles } = await json('/mesos/roles');
  expect(roles).toMatchObject([
    { name: '*', weight: 1, allocated: { cpus: 0.2, mem: 128 }, quota: { consumed: { cpus: 0.2 } }, frameworks: [expect.any(String)] },
    { name: 'slave_public', allocated: { cpus: 0 }, reserved: { cpus: 4 }, frameworks: [] },
  ]);
  const { slaves } = await json('/mesos/slaves?slave_id=n2');
  expect(slaves).toMatchObject([{ id: 'n2', reserved_resources: { slave_public: { cpus: 4 } }, unreserved_resources: { cpus: 0 } }]);
  const { tasks } = await json('/mesos/tasks?limit=1&order=asc');
  expect(tasks).toHaveLength(1);
  expect((await json('/mesos/tasks?offset=1')).tasks).toHaveLength(1);
  expect((await json(`/mesos/tasks?task_id=${tasks[0].id}`)).tasks).toEqual(tasks);
  expect((await json('/mesos/frameworks?framework_id=none')).frameworks).toEqual([]);
  expect((await fetch('/mesos/tasks?order=up')).status).toBe(422);
});

test('gauges, version, health and the way to the leader are there', async () => {
  const { node, json, fetch, url } = await quay();
  await node('n1');
  expect(await json('/mesos/metrics/snapshot')).toMatchObject({
    'master/elected': 1,
    'master/cpus_total': 4,
    'master/cpus_used': 0,
    'master/slaves_active': 1,
    'registrar/log/recovered': 1,
  });
  expect(await json('/version')).toEqual({ version: '1.11.0' });
  expect((await fetch('/health')).status).toBe(200);
  const redirect = await fetch('/redirect');
  expect([redirect.status, redirect.headers.get('location')]).toEqual([307, url.replace('http:', '')]);
});

test('what tasks use is asked of their hosts, of all or of one node', async () => {
  const { node, app, json, fetch } = await quay();
  await node('n1');
  await app({ ...shop, instances: 1 });
  const [{ id }] = (await json('/v2/tasks')).tasks;
  const told = await json('/monitor/statistics');
  expect(told).toMatchObject([{ source: id, statistics: { cpus_limit: 0.1, mem_rss_bytes: expect.any(Number) } }]);
  expect(await json('/agent/n1/monitor/statistics')).toHaveLength(1);
  expect((await fetch('/slave/none/monitor/statistics')).status).toBe(404);
});

test('a cordoned node is deactivated; nothing is told to those who do not bring the token', async () => {
  const { node, json, post, url } = await quay();
  await node('n1');
  await post('/v1/nodes/n1/cordon', {});
  expect((await json('/state')).slaves).toMatchObject([{ active: true, deactivated: true }]);
  for (const path of [
    '/state',
    '/mesos/slaves',
    '/mesos/roles',
    '/metrics/snapshot',
    '/mesos_dns/v1/enumerate',
    '/metadata',
    '/net/v1/nodes',
  ])
    expect((await fetch(`${url}${path}`)).status).toBe(401);
});

test('each container of a pod is a task of its own, by the id that Marathon gives it', async () => {
  const { world, node, json, post } = await quay();
  await node('n1');
  const container = (name: string, endpoints: readonly unknown[]) => ({
    name,
    exec: { command: { shell: 'serve' } },
    resources: { cpus: 0.1, mem: 32 },
    endpoints,
    labels: { OF: name },
  });
  const pod = {
    id: '/shop/pair',
    networks: [{ mode: 'host' }],
    containers: [
      container('front', [{ name: 'web', hostPort: 0, protocol: ['tcp'], labels: { VIP_0: '/pair:80' } }]),
      container('back', [{ name: 'data', hostPort: 0, protocol: ['udp'] }]),
    ],
    labels: { TEAM: 'sea' },
  };
  expect((await post('/v2/pods', pod)).status).toBe(201);
  await until(world, () => world.engine.views.deployments.running().length === 0, 'the pod is deployed');
  const known = (await json('/v2/tasks')).tasks as readonly { readonly id: string; readonly ports: readonly number[] }[];
  const { tasks } = (await json('/state')).frameworks[0];
  expect(known).toHaveLength(2);
  expect(tasks.map(({ id }: { id: string }) => id)).toEqual(known.map(({ id }) => id));
  expect(tasks).toMatchObject([
    {
      name: 'front',
      resources: { cpus: 0.1, mem: 32, ports: `[${known[0]?.ports[0]}-${known[0]?.ports[0]}]` },
      labels: [
        { key: 'TEAM', value: 'sea' },
        { key: 'OF', value: 'front' },
      ],
      discovery: {
        name: 'pair.shop',
        ports: {
          ports: [{ number: known[0]?.ports[0], name: 'web', protocol: 'tcp', labels: { labels: [{ key: 'VIP_0', value: '/pair:80' }] } }],
        },
      },
    },
    { name: 'back', discovery: { name: 'pair.shop', ports: { ports: [{ number: known[1]?.ports[0], name: 'data', protocol: 'udp' }] } } },
  ]);
  expect(await json('/mesos_dns/v1/services/_data._pair-shop._udp.marathon.mesos')).toMatchObject([{ port: String(known[1]?.ports[0]) }]);
});
