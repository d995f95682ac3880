import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Case, matching, some, text } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { app, asked, steady } from '../stage.ts';

const MARATHON_CONFIG = `access_control_allow_origin checkpoint decline_offer_duration default_network_name env_vars_prefix executor
  failover_timeout features framework_name ha hostname launch_token launch_token_refresh_interval leader_proxy_connection_timeout_ms
  leader_proxy_read_timeout_ms local_port_max local_port_min master max_instances_per_offer mesos_bridge_name
  mesos_heartbeat_failure_threshold mesos_heartbeat_interval mesos_leader_ui_url mesos_role mesos_user new_group_enforce_role
  min_revive_offers_interval offer_matching_timeout on_elected_prepare_timeout reconciliation_initial_delay reconciliation_interval
  scale_apps_initial_delay scale_apps_interval store_cache task_launch_confirm_timeout task_launch_timeout
  task_lost_expunge_initial_delay task_lost_expunge_interval task_reservation_timeout webui_url maintenance_mode`.split(/\s+/);
const ZOOKEEPER_CONFIG =
  'zk zk_compression zk_compression_threshold zk_connection_timeout zk_max_node_size zk_max_versions zk_session_timeout zk_timeout'.split(
    ' ',
  );
const GAUGES = `apps.active.gauge deployments.active.gauge groups.active.gauge pods.active.gauge instances.running.gauge
  instances.staged.gauge instances.launch-overdue.gauge instances.inflight-kills.gauge leadership.duration.gauge.seconds
  uptime.gauge.seconds`.split(/\s+/);
const COUNTERS = `deployments.counter tasks.launched.counter mesos.offers.incoming.counter mesos.offers.used.counter
  mesos.offers.declined.counter mesos.task-updates.task_running.counter`.split(/\s+/);

const NOT_FOUND = { status: 500, is: { message: 'URI not found' } };
const HEADERS = {
  'x-marathon-leader': /^http:\/\/127\.0\.0\.1:\d+$/,
  'x-frame-options': 'DENY',
  'x-xss-protection': /^1/,
  'cache-control': /no-cache.*no-store.*must-revalidate/,
  pragma: 'no-cache',
  expires: '0',
};
const general: readonly Case[] = [
  {
    endpoint: 'GET /',
    when: 'a browser',
    ask: { to: 'GET /' },
    answers: { status: 302, headers: { location: /^(https?:\/\/[^/]+)?\/ui\/$/ } },
  },
  {
    endpoint: 'GET /ping',
    when: 'whatever is taken',
    ask: { to: 'GET /ping' },
    answers: { status: 200, text: 'pong', headers: { 'content-type': /^text\/plain/ } },
  },
  {
    endpoint: 'GET /ping',
    when: 'as text',
    ask: { to: 'GET /ping', headers: { accept: 'text/plain' } },
    answers: { status: 200, text: 'pong', headers: { 'content-type': /^text\/plain/ } },
  },
  {
    endpoint: 'GET /ping',
    when: 'as JSON',
    ask: { to: 'GET /ping', headers: { accept: 'application/json' } },
    answers: { status: 200, is: 'pong', headers: { 'content-type': /^application\/json/ } },
  },
  {
    endpoint: 'GET /ping',
    when: 'as an image',
    ask: { to: 'GET /ping', headers: { accept: 'image/png' } },
    answers: { status: 204, text: '' },
  },
  {
    endpoint: 'GET /metrics',
    when: 'as JSON, in the shape of Dropwizard, by the names that tools alert on',
    given: steady('/m/web'),
    ask: { to: 'GET /metrics', headers: { accept: 'application/json' } },
    answers: { status: 200, body: { version: text, gauges: {}, counters: {}, histograms: {}, meters: {}, timers: {} } },
    after: (_, { gauges, counters, meters, timers }) => {
      expect(Object.keys(gauges)).toEqual(expect.arrayContaining(GAUGES.map((name) => `marathon.${name}`)));
      expect(Object.keys(counters)).toEqual(expect.arrayContaining(COUNTERS.map((name) => `marathon.${name}`)));
      for (const hundreds of [1, 2, 3, 4, 5]) expect(meters).toHaveProperty([`marathon.http.responses.${hundreds}xx.rate.meter`]);
      expect(timers).toHaveProperty(['marathon.http.requests.duration.timer.seconds']);
      expect(gauges['marathon.apps.active.gauge'].value).toBeGreaterThan(0);
    },
  },
  {
    endpoint: 'GET /metrics',
    when: 'a deployment of a group counts once, and so does a group that is empty',
    given: async (stage) => {
      const { gauges, counters } = await stage.api.get('/metrics');
      const [groups, deployments] = ['groups', 'deployments'].map((name) => String(gauges[`marathon.${name}.active.gauge`].value));
      const begun = String(counters['marathon.deployments.counter'].count);
      const nowhere = { constraints: [['rack', 'IS', 'nowhere']] };
      await asked('PUT /v2/groups/m/waits', { apps: [app('a', nowhere), app('b', nowhere)] })(stage);
      await asked('PUT /v2/groups/m/empty', {})(stage);
      await stage.until(() => stage.engine.views.plans.running().some(({ group, step }) => group === '/m/waits' && step === 1));
      // Counters follow the log a moment later than the views.
      await stage.eventually('it is counted', async () => {
        const { count } = (await stage.api.get('/metrics')).counters['marathon.deployments.counter'];
        return count > Number(begun) ? true : undefined;
      });
      return { groups: groups ?? '', deployments: deployments ?? '', begun };
    },
    ask: { to: 'GET /metrics' },
    answers: { status: 200 },
    after: (_, { gauges, counters }, { groups, deployments, begun }) => {
      expect(gauges['marathon.deployments.active.gauge'].value - Number(deployments)).toBe(1);
      expect(counters['marathon.deployments.counter'].count - Number(begun)).toBe(1);
      expect(gauges['marathon.groups.active.gauge'].value - Number(groups)).toBe(2);
    },
  },
  {
    endpoint: 'GET /metrics/prometheus',
    when: 'without any option',
    ask: { to: 'GET /metrics/prometheus' },
    answers: { status: 200, text: /^marathon_apps_active_gauge \d/m, headers: { 'content-type': /^text\/plain/ } },
    differs: DIFFERENCES.metrics,
  },
  {
    endpoint: 'GET /metrics',
    when: 'as text: for Prometheus',
    ask: { to: 'GET /metrics', headers: { accept: 'text/plain' } },
    answers: { status: 200, text: /^marathon_apps_active_gauge \d/m },
    differs: DIFFERENCES.metrics,
  },
  { endpoint: 'GET /config', when: 'how it is set up', ask: { to: 'GET /config' }, answers: { status: 200, body: { wharfinger: {} } } },
  { endpoint: 'GET /logging', when: 'loggers and levels', ask: { to: 'GET /logging' }, answers: { status: 200, body: { ROOT: text } } },
  {
    endpoint: 'POST /logging',
    when: 'a level for some time',
    ask: { to: 'POST /logging', body: { logger: 'ROOT', level: 'debug', durationSeconds: 60 } },
    answers: { status: 200, body: { logger: 'ROOT', level: 'debug', durationSeconds: 60 } },
    after: async ({ api }) => expect(await api.get('/logging')).toEqual({ ROOT: 'DEBUG' }),
  },
  ...['trace', 'debug', 'info', 'warn', 'error', 'off'].map(
    (level): Case => ({
      endpoint: 'POST /logging',
      when: `the level ${level}`,
      ask: { to: 'POST /logging', body: { logger: 'ROOT', level } },
      answers: { status: 200 },
    }),
  ),
  {
    endpoint: 'POST /logging',
    when: 'an empty logger',
    ask: { to: 'POST /logging', body: { logger: '', level: 'info' } },
    answers: { status: 422 },
  },
  {
    endpoint: 'POST /logging',
    when: 'a level that is none',
    ask: { to: 'POST /logging', body: { logger: 'ROOT', level: 'loud' } },
    answers: { status: 422 },
  },
  {
    endpoint: 'POST /logging',
    when: 'another logger than ROOT',
    ask: { to: 'POST /logging', body: { logger: 'mesosphere.marathon', level: 'info' } },
    answers: { status: 422 },
    differs: DIFFERENCES.loggers,
  },
];

const cluster: readonly Case[] = [
  {
    endpoint: 'GET /v2/info',
    when: 'every key of Marathon, with a version that clients can compare',
    ask: { to: 'GET /v2/info' },
    answers: {
      status: 200,
      body: {
        name: 'marathon',
        version: matching(/^1\.11\.\d+$/),
        buildref: text,
        elected: true,
        leader: matching(/:\d+$/),
        frameworkId: text,
        marathon_config: { features: some('task_killing'), mesos_leader_ui_url: text, local_port_min: 10_000, local_port_max: 20_000 },
        http_config: { http_port: expect.any(Number), https_port: null },
      },
    },
    after: (_, { marathon_config, zookeeper_config }) => {
      expect(Object.keys(marathon_config)).toEqual(expect.arrayContaining(MARATHON_CONFIG));
      expect(Object.keys(zookeeper_config)).toEqual(expect.arrayContaining(ZOOKEEPER_CONFIG));
    },
  },
  {
    endpoint: 'GET /v2/leader',
    when: 'who leads',
    ask: { to: 'GET /v2/leader' },
    answers: { status: 200, is: { leader: matching(/^127\.0\.0\.1:\d+$/) } },
  },
  {
    endpoint: 'DELETE /v2/leader',
    when: 'it abdicates, and succeeds itself',
    ask: { to: 'DELETE /v2/leader' },
    answers: { status: 200, is: { message: 'Leadership abdicated' } },
    differs: DIFFERENCES.abdication,
  },
  ...['backup', 'restore'].map(
    (name): Case => ({
      endpoint: 'DELETE /v2/leader',
      when: `${name}=`,
      ask: { to: `DELETE /v2/leader?${name}=file:///tmp/x` },
      answers: { status: 422, errors: { [`/${name}`]: [text] } },
      differs: DIFFERENCES.noBackup,
    }),
  ),
  { endpoint: 'GET /v2/plugins', when: 'none', ask: { to: 'GET /v2/plugins' }, answers: { status: 200, is: { plugins: [] } } },
  ...['GET', 'POST', 'PUT', 'DELETE'].map(
    (verb): Case => ({
      endpoint: '* /v2/plugins/{id}/{path}',
      when: `${verb} of a plugin that is not there`,
      ask: { to: `${verb} /v2/plugins/x/y` },
      answers: { status: 404, body: { message: text } },
    }),
  ),
  ...['/v2/nonsense', '/v2/schemas/app', '/v2/eventSubscriptions', '/v2/artifacts/x', '/v2'].map(
    (path): Case => ({
      endpoint: 'GET /v2/*',
      when: `${path}: unknown, or removed long ago`,
      ask: { to: `GET ${path}` },
      answers: NOT_FOUND,
    }),
  ),
  { endpoint: 'GET /help', when: 'removed long ago', ask: { to: 'GET /help' }, answers: { status: 404 } },
  {
    endpoint: 'PUT /v2/info',
    when: 'a method that a path does not have',
    ask: { to: 'PUT /v2/info', body: {} },
    answers: { status: 405, headers: { allow: /GET/ } },
    differs: DIFFERENCES.methods,
  },
  {
    endpoint: '* *',
    when: 'headers of the leader on every answer',
    ask: { to: 'GET /v2/info' },
    answers: { status: 200, headers: HEADERS },
  },
  { endpoint: '* *', when: 'on a refusal, too', ask: { to: 'GET /v2/apps/none' }, answers: { status: 404, headers: HEADERS } },
  {
    endpoint: '* *',
    when: 'gzip for who takes it',
    ask: { to: 'GET /v2/info', headers: { 'accept-encoding': 'gzip' } },
    answers: { status: 200, headers: { 'content-encoding': 'gzip' } },
  },
  {
    endpoint: '* *',
    when: 'no gzip for little',
    ask: { to: 'GET /v2/leader', headers: { 'accept-encoding': 'gzip' } },
    answers: { status: 200 },
    after: async ({ url }) => {
      const answer = await fetch(`${url}/v2/leader`, { headers: { 'accept-encoding': 'gzip' } });
      expect(answer.headers.get('content-encoding')).toBeNull();
    },
    differs: DIFFERENCES.gzip,
  },
  {
    endpoint: '* *',
    when: 'a name of the host that is none of ours',
    ask: { to: 'GET /v2/info', headers: { origin: 'http://evil.example' } },
    answers: { status: 403, body: { message: text } },
  },
  {
    endpoint: 'GET /v2/apps/{id}/versions',
    when: 'more than fifty: the newest fifty',
    given: async (stage) => {
      await steady('/m/aged')(stage);
      for (let nth = 0; nth < 51; nth++) await asked('PUT /v2/apps/m/aged?force=true', { instances: nth % 2 })(stage);
      return {};
    },
    ask: { to: 'GET /v2/apps/m/aged/versions' },
    answers: { status: 200 },
    after: (_, { versions }) => expect(versions).toHaveLength(50),
    differs: DIFFERENCES.versionsListed,
  },
];

export const clusters: readonly Case[] = [...general, ...cluster];

/** With a token that is asked for, and pages of another origin that may read. */
export const access: readonly Case[] = [
  { endpoint: 'GET /ping', when: 'without a token: open to everyone', ask: { to: 'GET /ping' }, answers: { status: 200, text: 'pong' } },
  {
    endpoint: 'GET /v2/apps',
    when: 'without a token',
    ask: { to: 'GET /v2/apps' },
    answers: { status: 401, body: { message: text }, headers: { 'www-authenticate': /^Bearer/ } },
  },
  {
    endpoint: 'GET /v2/apps',
    when: 'with a token that is none',
    ask: { to: 'GET /v2/apps', headers: { authorization: 'Bearer nonsense' } },
    answers: { status: 401 },
  },
  ...(
    [
      ['as Bearer', 'Bearer {token}'],
      ['as token=', 'token={token}'],
      ['as the password of Basic', 'Basic {basic}'],
    ] as const
  ).map(
    ([when, authorization]): Case => ({
      endpoint: 'GET /v2/apps',
      when: `with the token ${when}`,
      ask: { to: 'GET /v2/apps', headers: { authorization } },
      answers: { status: 200, body: { apps: [] } },
    }),
  ),
  {
    endpoint: 'GET /v2/info',
    when: 'from a page of an origin that is allowed',
    ask: { to: 'GET /v2/info', headers: { authorization: 'Bearer {token}', origin: 'http://ui.example' } },
    answers: { status: 200, headers: { 'access-control-allow-origin': 'http://ui.example' } },
  },
  {
    endpoint: 'OPTIONS /v2/apps',
    when: 'the question before it, without a token',
    ask: { to: 'OPTIONS /v2/apps', headers: { origin: 'http://ui.example', 'access-control-request-method': 'GET' } },
    answers: { status: 200, headers: { 'access-control-allow-origin': 'http://ui.example', 'access-control-allow-methods': /GET/ } },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'a page of another origin never writes',
    ask: { to: 'POST /v2/apps', body: app('/x'), headers: { authorization: 'Bearer {token}', origin: 'http://ui.example' } },
    answers: { status: 403 },
    differs: DIFFERENCES.crossOrigin,
  },
  {
    endpoint: 'POST /acs/api/v1/auth/login',
    when: 'any name with the key as password: a token',
    ask: { to: 'POST /acs/api/v1/auth/login', body: { uid: 'me', password: '{token}' } },
    answers: { status: 200, is: { token: text } },
    after: async ({ send }, { token }) => {
      expect((await send({ to: 'GET /v2/apps', headers: { authorization: `token=${token}` } })).status).toBe(200);
    },
  },
  {
    endpoint: 'POST /acs/api/v1/auth/login',
    when: 'another password',
    ask: { to: 'POST /acs/api/v1/auth/login', body: { uid: 'me', password: 'x' } },
    answers: { status: 401, body: { code: 'ERR_INVALID_CREDENTIALS' } },
  },
  ...['/dcos-metadata/dcos-version.json', '/acs/api/v1/auth/providers', '/acs/api/v1/auth/jwks'].map(
    (path): Case => ({
      endpoint: `GET ${path}`,
      when: 'without a token: asked before a login',
      ask: { to: `GET ${path}` },
      answers: { status: 200 },
    }),
  ),
  ...['/mesos/state', '/service/marathon/v2/apps', '/metadata', '/net/v1/nodes', '/pkgpanda/active.buildinfo.full.json'].map(
    (path): Case => ({ endpoint: `GET ${path}`, when: 'without a token', ask: { to: `GET ${path}` }, answers: { status: 401 } }),
  ),
];

/** At most one request at once. */
export const crowded: readonly Case[] = [
  {
    endpoint: '* *',
    when: 'more requests at once than --http-max-concurrent-requests',
    given: async ({ url, api }) => {
      const { headers } = await api.call('GET', '/v2/leader');
      const far = Number(headers.get('x-wharf-position')) + 1_000;
      // It waits for a position that does not come, and so stays under way.
      void fetch(`${url}/v2/apps?minPosition=${far}`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
      await pause(100);
      return {};
    },
    ask: { to: 'GET /v2/apps' },
    answers: { status: 503, body: { message: matching(/^Too many concurrent requests/) }, headers: { 'retry-after': /^\d+$/ } },
  },
];
