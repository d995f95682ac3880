import { expect } from 'vitest';
import { type Case, having, ISO, matching, some, text } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { app, steady } from '../stage.ts';

const seen = (path: string, when: string, body: unknown): Case => ({
  endpoint: `GET ${path.replace(/\?.*/, '')}`,
  when,
  ask: { to: `GET ${path}` },
  answers: { status: 200, body },
});
const absent = (path: string): Case => ({
  endpoint: `GET ${path}`,
  when: 'a part of DC/OS that is not here',
  ask: { to: `GET ${path}` },
  answers: { status: 404 },
  differs: DIFFERENCES.notHere,
});

const STATE = {
  version: matching(/^1\.11\./),
  cluster: text,
  leader: matching(/^master@127\.0\.0\.1:\d+$/),
  activated_slaves: expect.any(Number),
  slaves: some(having({ id: 'berth-1', active: true, attributes: { rack: 'r1' }, resources: having({ cpus: 16, mem: 65_536 }) })),
  frameworks: [
    {
      name: 'marathon',
      active: true,
      tasks: some(having({ id: matching(/^dcos_web\.instance-/), name: 'web.dcos', state: 'TASK_RUNNING' })),
    },
  ],
};
const SUMMARY = {
  slaves: some(having({ id: 'berth-1', TASK_RUNNING: expect.any(Number) })),
  frameworks: [{ name: 'marathon', TASK_RUNNING: expect.any(Number) }],
};
const VERSION = { version: matching(/^2\./), 'dcos-variant': text, 'dcos-image-commit': text, 'bootstrap-id': text };

/** Same names, other URLs. */
const marathons: readonly Case[] = ['/service/marathon', '/marathon'].flatMap((prefix): readonly Case[] => [
  seen(`${prefix}/v2/apps?embed=apps.tasks&label=DCOS_SERVICE_NAME`, "Marathon's API, as Admin Router polls it", {
    apps: some(having({ id: '/dcos/web', tasks: [having({ state: 'TASK_RUNNING' })] })),
  }),
  { endpoint: `GET ${prefix}/ping`, when: 'whether it answers', ask: { to: `GET ${prefix}/ping` }, answers: { status: 200, text: 'pong' } },
  seen(`${prefix}/v2/info`, 'its name', { name: 'marathon' }),
  {
    endpoint: `POST ${prefix}/v2/apps`,
    when: 'a write: the location is as Marathon says it',
    ask: { to: `POST ${prefix}/v2/apps`, body: app(`/dcos/by${prefix.replaceAll('/', '-')}`) },
    answers: { status: 201, headers: { location: `/v2/apps/dcos/by${prefix.replaceAll('/', '-')}` } },
  },
  {
    endpoint: `GET ${prefix}/v2/nonsense`,
    when: 'an unknown path below it',
    ask: { to: `GET ${prefix}/v2/nonsense` },
    answers: { status: 500, is: { message: 'URI not found' } },
  },
]);

const mesos: readonly Case[] = [
  ...['/mesos/state', '/mesos/master/state', '/mesos/master/state.json', '/mesos/state.json', '/state', '/master/state'].map((path) =>
    seen(path, 'agents, the framework, tasks by their ids', STATE),
  ),
  ...['/mesos/state-summary', '/mesos/master/state-summary', '/state-summary'].map((path) => seen(path, 'the same in numbers', SUMMARY)),
  ...['/mesos/slaves', '/mesos/master/slaves', '/slaves'].map((path) => seen(path, 'agents', { slaves: some(having({ id: 'berth-1' })) })),
  seen('/mesos/slaves?slave_id=berth-2', 'one agent', { slaves: [{ id: 'berth-2' }] }),
  seen('/mesos/frameworks', 'the one framework', { frameworks: [{ name: 'marathon' }] }),
  seen('/mesos/tasks?limit=500', 'tasks', { tasks: some(having({ name: 'web.dcos' })) }),
  seen('/mesos/roles', 'roles with what they use', { roles: some(having({ name: '*', weight: 1 })) }),
  seen('/mesos/metrics/snapshot', 'gauges by the names of Mesos', {
    'master/slaves_active': expect.any(Number),
    'master/tasks_running': expect.any(Number),
    'master/cpus_total': expect.any(Number),
    'master/elected': 1,
  }),
  seen('/mesos/version', 'a version that clients compare', { version: matching(/^1\.11\./) }),
  seen('/mesos/flags', 'flags', { flags: {} }),
  seen(
    '/mesos/monitor/statistics',
    'what tasks use',
    some(having({ executor_id: text, statistics: having({ cpus_limit: expect.any(Number) }) })),
  ),
  seen('/agent/berth-1/monitor/statistics', 'what tasks of one agent use', expect.any(Array)),
  { endpoint: 'GET /mesos/health', when: 'whether it answers', ask: { to: 'GET /mesos/health' }, answers: { status: 200, text: '' } },
  {
    endpoint: 'GET /mesos/redirect',
    when: 'to the leader',
    ask: { to: 'GET /mesos/redirect' },
    answers: { status: 307, headers: { location: /^\/\/127\.0\.0\.1:\d+$/ } },
  },
  ...['GET_HEALTH', 'GET_VERSION', 'GET_STATE', 'GET_AGENTS', 'GET_FRAMEWORKS', 'GET_TASKS', 'GET_ROLES', 'GET_MASTER', 'GET_METRICS'].map(
    (type): Case => ({
      endpoint: 'POST /mesos/api/v1',
      when: type,
      ask: { to: 'POST /mesos/api/v1', body: { type } },
      answers: { status: 200, body: { type } },
    }),
  ),
  {
    endpoint: 'POST /mesos/api/v1',
    when: 'DEACTIVATE_AGENT and REACTIVATE_AGENT: nothing new is placed there meanwhile',
    ask: { to: 'POST /mesos/api/v1', body: { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: { value: 'berth-2' } } } },
    answers: { status: 200 },
    after: async ({ send, api }) => {
      expect((await api.get('/mesos/slaves?slave_id=berth-2')).slaves).toMatchObject([{ deactivated: true }]);
      const back = { type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id: { value: 'berth-2' } } };
      expect((await send({ to: 'POST /api/v1', body: back })).status).toBe(200);
      expect((await api.get('/mesos/slaves?slave_id=berth-2')).slaves).toMatchObject([{ deactivated: false }]);
    },
  },
  {
    endpoint: 'POST /mesos/api/v1',
    when: 'an agent that is not there',
    ask: { to: 'POST /mesos/api/v1', body: { type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: 'none' } } } },
    answers: { status: 404 },
  },
  {
    endpoint: 'POST /mesos/api/v1',
    when: 'a call that is none',
    ask: { to: 'POST /mesos/api/v1', body: { type: 'NONSENSE' } },
    answers: { status: 400 },
  },
  {
    endpoint: 'POST /mesos/api/v1',
    when: 'DRAIN_AGENT and what else changes something',
    ask: { to: 'POST /mesos/api/v1', body: { type: 'DRAIN_AGENT' } },
    answers: { status: 501, body: { message: matching(/DRAIN_AGENT/) } },
    differs: DIFFERENCES.operatorCalls,
  },
];

const around: readonly Case[] = [
  seen('/mesos_dns/v1/version', 'Mesos-DNS', { Service: 'Mesos-DNS' }),
  seen('/mesos_dns/v1/config', 'how names are made', { Domain: 'mesos' }),
  seen('/mesos_dns/v1/hosts/web-dcos.marathon.mesos', 'the addresses of a task', [{ host: 'web-dcos.marathon.mesos.', ip: '127.0.0.1' }]),
  seen('/mesos_dns/v1/hosts/nobody.marathon.mesos', 'a name of nobody', [{ host: '', ip: '' }]),
  seen('/mesos_dns/v1/services/_web-dcos._tcp.marathon.mesos', 'address and port', [{ ip: '127.0.0.1', port: matching(/^\d+$/) }]),
  seen('/mesos_dns/v1/enumerate', 'all of it by task', { frameworks: [{ name: 'marathon' }] }),
  seen('/mesos_dns/v1/axfr', 'the zone', { Domain: 'mesos', Records: {} }),
  seen('/dcos-metadata/dcos-version.json', 'the first thing that the command line reads', VERSION),
  seen('/dcos-metadata/ui-config.json', 'how a console is set up', { clusterConfiguration: { id: text } }),
  seen('/metadata', 'address and id of the cluster', { PUBLIC_IPV4: '127.0.0.1', CLUSTER_ID: text }),
  seen('/net/v1/nodes', 'addresses of the nodes', some(having({ private_ip: '127.0.0.1', hostname: text, updated: ISO }))),
  seen('/system/v1/leader/marathon', 'who leads', { leader: matching(/^127\.0\.0\.1:\d+$/) }),
  seen('/system/v1/leader/mesos', 'who leads', { leader: text }),
  seen('/acs/api/v1/auth/providers', 'how to log in', { 'dcos-users': { 'authentication-type': 'dcos-uid-password' } }),
  seen('/acs/api/v1/auth/jwks', 'public keys: none', { keys: [] }),
  seen('/acs/api/v1/auth/logout', 'goodbye', {}),
  seen('/pkgpanda/active.buildinfo.full.json', 'what is installed', {}),
  { endpoint: 'HEAD /', when: 'whether this is the cluster itself', ask: { to: 'HEAD /' }, answers: { status: 200 } },
  {
    endpoint: 'POST /acs/api/v1/auth/login',
    when: 'a token',
    ask: { to: 'POST /acs/api/v1/auth/login', body: { uid: 'me', password: 'x' } },
    answers: { status: 200, is: { token: text } },
  },
  {
    endpoint: 'GET /ca/dcos-ca.crt',
    when: 'no certificate authority: TLS is ended in front of it',
    ask: { to: 'GET /ca/dcos-ca.crt' },
    answers: { status: 404, body: { message: text } },
  },
  ...[
    '/acs/acl-schema.json',
    '/capabilities',
    '/cosmos/service/',
    '/package/search',
    '/cluster/v1',
    '/exhibitor/v1',
    '/navstar/lashup/key',
    '/networking/api/v1/vips',
    '/secrets/v1/secret/default/x',
    '/system/health/v1',
    '/system/v1/agent/berth-1/logs/v1/stream',
    '/system/v1/metrics/v0',
    '/system/v1/backup/v1',
    '/dcos-metadata/bootstrap-config.json',
    '/agent/berth-1/files/browse',
  ].map(absent),
];

const services: readonly Case[] = [
  {
    endpoint: 'GET /service/{name}/{path}',
    when: 'the app that has this name',
    ask: { to: 'GET /service/harbour/office/open?at=8' },
    answers: { status: 200, body: { url: '/open?at=8', method: 'GET' } },
  },
  {
    endpoint: 'POST /service/{name}/{path}',
    when: 'any verb, any body',
    ask: { to: 'POST /service/harbour/office/', body: { x: 1 } },
    answers: { status: 200, body: { url: '/', method: 'POST' } },
  },
  {
    endpoint: 'GET /service/{name}/{path}',
    when: 'DCOS_SERVICE_REWRITE_REQUEST_URLS=false: the whole path is passed on',
    given: async (stage) => {
      await stage.api.ask('PATCH', '/v2/apps/dcos/office', {
        labels: { ...labels('harbour/office'), DCOS_SERVICE_REWRITE_REQUEST_URLS: 'false' },
      });
      return {};
    },
    ask: { to: 'GET /service/harbour/office/open' },
    answers: { status: 200, body: { url: '/service/harbour/office/open' } },
  },
  { endpoint: 'GET /service/{name}/{path}', when: 'no such service', ask: { to: 'GET /service/nobody/x' }, answers: { status: 404 } },
  {
    endpoint: 'GET /service/{name}/{path}',
    when: 'an app of this name without a task',
    given: steady('/dcos/asleep', { instances: 0, labels: labels('asleep') }),
    ask: { to: 'GET /service/asleep/' },
    answers: { status: 503 },
  },
  {
    endpoint: 'GET /service/{name}/{path}',
    when: 'an app of this name without the other labels',
    given: steady('/dcos/half', { labels: { DCOS_SERVICE_NAME: 'half' } }),
    ask: { to: 'GET /service/half/' },
    answers: { status: 404, body: { message: matching(/DCOS_SERVICE_SCHEME/) } },
  },
  {
    endpoint: 'GET /service/{name}/{path}',
    when: 'a task that does not answer',
    given: async (stage) => {
      const berth = await stage.berth();
      await berth.close();
      return steady('/dcos/mute', { ...berth.fields, labels: labels('mute') })(stage);
    },
    ask: { to: 'GET /service/mute/' },
    answers: { status: 502 },
  },
];

/** What makes an app a service of a name. */
export function labels(name: string): Readonly<Record<string, string>> {
  return { WHARF_DRAIN_SECONDS: '0', DCOS_SERVICE_NAME: name, DCOS_SERVICE_SCHEME: 'http', DCOS_SERVICE_PORT_INDEX: '0' };
}

export const dcos: readonly Case[] = [...marathons, ...mesos, ...around, ...services];
