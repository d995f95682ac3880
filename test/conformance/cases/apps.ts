import { expect } from 'vitest';
import type { Json } from '../../support/api.ts';
import { type Case, DEPLOYMENT, having, ISO, matching, some, text, UUID } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { all, app, asked, done, failing, locked, lockedWhileRunning, pod, steady } from '../stage.ts';

export const LOCKED =
  "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.";
const HEADERS = { 'marathon-deployment-id': /^[0-9a-f-]{36}$/ };
const ids = (body: Json): readonly string[] => body.apps.map(({ id }: Json) => id);
const COUNTS = { tasksStaged: 0, tasksRunning: 1, tasksHealthy: 0, tasksUnhealthy: 0 };
const missing = (id: string) => ({ status: 404, is: { message: `App '${id}' does not exist` } });

/** Four apps that the filters tell apart. */
const fleet = (stage: Parameters<NonNullable<Case['given']>>[0]) =>
  stage.engine.views.apps.get('/fleet/alpha') !== undefined
    ? Promise.resolve({})
    : all(
        steady('/fleet/alpha', { cmd: 'exec Serve --port 80', labels: { tier: 'front', 'a,b': 'x y' } }),
        steady('/fleet/beta', { cmd: 'sleep 1000', labels: { tier: 'back', zone: 'eu' } }),
        steady('/fleet/gamma', { cmd: 'sleep 1000', labels: { zone: 'us' } }),
      )(stage);

const filtered = (when: string, query: string, ...expected: readonly string[]): Case => ({
  endpoint: 'GET /v2/apps',
  when,
  given: fleet,
  ask: { to: `GET /v2/apps?id=/fleet/&${query}` },
  answers: { status: 200 },
  after: (_, body) => expect(ids(body)).toEqual(expected.map((name) => `/fleet/${name}`)),
});
const label = (when: string, selector: string, ...expected: readonly string[]): Case =>
  filtered(`label ${when}`, `label=${encodeURIComponent(selector)}`, ...expected);

const embeds = (query: string, body: Json, without: readonly string[] = []): Case => ({
  endpoint: 'GET /v2/apps',
  when: `${query} adds what it names`,
  given: fleet,
  ask: { to: `GET /v2/apps?id=/fleet/alpha&${query}` },
  answers: { status: 200 },
  after: (_, { apps: [found] }) => {
    expect(found).toMatchObject(body);
    for (const key of without) expect(found).not.toHaveProperty(key);
  },
});

const reading: readonly Case[] = [
  {
    endpoint: 'GET /v2/apps',
    when: 'without parameters, with counts and deployments and nothing else embedded',
    given: fleet,
    ask: { to: 'GET /v2/apps' },
    answers: { status: 200, body: { apps: some(having({ id: '/fleet/alpha', deployments: [], ...COUNTS, version: ISO })) } },
    after: (_, { apps: [found] }) => expect(found).not.toHaveProperty('tasks'),
  },
  filtered('cmd is a part of the command in any case', 'cmd=SERVE', 'alpha'),
  filtered('cmd that no command has', 'cmd=nothing'),
  {
    endpoint: 'GET /v2/apps',
    when: 'id is a part of the id in any case',
    given: fleet,
    ask: { to: 'GET /v2/apps?id=FLEET/b' },
    answers: { status: 200 },
    after: (_, body) => expect(ids(body)).toEqual(['/fleet/beta']),
  },
  label('k: exists', 'tier', 'alpha', 'beta'),
  label('k==v', 'tier==back', 'beta'),
  label('k!=v, which asks for the label', 'zone!=eu', 'gamma'),
  label('k in (a,b)', 'zone in (eu,us)', 'beta', 'gamma'),
  label('k notin (a,b)', 'zone notin (eu,asia)', 'gamma'),
  label('comma is and', 'tier,zone==eu', 'beta'),
  label('any character can be escaped', 'a\\,b==x\\ y', 'alpha'),
  label('escaped in a set', 'a\\,b in (x\\ y,\\,)', 'alpha'),
  {
    endpoint: 'GET /v2/apps',
    when: 'a label selector that is none',
    ask: { to: 'GET /v2/apps?label=tier==' },
    answers: { status: 422 },
  },
  embeds('embed=apps.tasks', { tasks: [{ appId: '/fleet/alpha', state: 'TASK_RUNNING' }], deployments: [] }),
  embeds('embed=app.tasks', { tasks: [having({ state: 'TASK_RUNNING' })] }),
  embeds('embed=tasks', { tasks: [having({ state: 'TASK_RUNNING' })] }),
  embeds('embed=apps.counts', COUNTS, ['tasks']),
  embeds('embed=apps.deployments', { deployments: [] }, ['tasks']),
  embeds('embed=apps.readiness', { readinessCheckResults: [] }, ['tasks']),
  embeds('embed=apps.failures', { tasks: [having({})], deployments: [] }),
  embeds('embed=apps.nonsense', { id: '/fleet/alpha' }, ['tasks']),
  embeds('embed=apps.taskStats', {
    tasksStats: { totalSummary: { stats: { counts: { staged: 0, running: 1, healthy: 0, unhealthy: 0 } } } },
    taskStats: {
      withLatestConfig: { stats: { lifeTime: { averageSeconds: expect.any(Number), medianSeconds: expect.any(Number) } } },
      startedAfterLastScaling: having({}),
    },
  }),
  {
    endpoint: 'GET /v2/apps',
    when: 'embed=apps.lastTaskFailure tells the newest failure',
    given: failing('/read/failing'),
    ask: { to: 'GET /v2/apps?id=/read/failing&embed=apps.lastTaskFailure' },
    answers: {
      status: 200,
      body: {
        apps: [
          {
            lastTaskFailure: {
              appId: '/read/failing',
              host: text,
              message: text,
              state: 'TASK_FAILED',
              taskId: matching(/^read_failing\.instance-[0-9a-f-]{36}\._app\.1$/),
              timestamp: ISO,
              version: ISO,
              slaveId: matching(/^berth-/),
            },
          },
        ],
      },
    },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'always with counts, tasks and deployments',
    given: fleet,
    ask: { to: 'GET /v2/apps/fleet/alpha' },
    answers: {
      status: 200,
      body: {
        app: {
          id: '/fleet/alpha',
          ...COUNTS,
          deployments: [],
          version: ISO,
          versionInfo: { lastScalingAt: ISO, lastConfigChangeAt: ISO },
          tasks: [
            {
              id: matching(/^fleet_alpha\.instance-[0-9a-f-]{36}\._app\.1$/),
              appId: '/fleet/alpha',
              host: text,
              ports: [expect.any(Number)],
              servicePorts: [expect.any(Number)],
              ipAddresses: [{ ipAddress: '127.0.0.1', protocol: 'IPv4' }],
              slaveId: matching(/^berth-/),
              state: 'TASK_RUNNING',
              stagedAt: ISO,
              startedAt: ISO,
              version: ISO,
              localVolumes: [],
              role: '*',
            },
          ],
        },
      },
    },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'always with the last failure',
    given: failing('/read/failed'),
    ask: { to: 'GET /v2/apps/read/failed' },
    answers: { status: 200, body: { app: { lastTaskFailure: { appId: '/read/failed', state: 'TASK_FAILED' } } } },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'slashes before the id may be doubled',
    given: fleet,
    ask: { to: 'GET /v2/apps//fleet/alpha' },
    answers: { status: 200, body: { app: { id: '/fleet/alpha' } } },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'an id that ends in * is all apps of the group',
    given: fleet,
    ask: { to: 'GET /v2/apps/fleet/*' },
    answers: {
      status: 200,
      body: { '*': [having({ id: '/fleet/alpha' }), having({ id: '/fleet/beta' }), having({ id: '/fleet/gamma' })] },
    },
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'an app that is not there',
    ask: { to: 'GET /v2/apps/none/here' },
    answers: missing('/none/here'),
  },
  {
    endpoint: 'GET /v2/apps/{id}',
    when: 'a pod is no app',
    given: asked('POST /v2/pods', pod('/read/pod')),
    ask: { to: 'GET /v2/apps/read/pod' },
    answers: missing('/read/pod'),
  },
  {
    endpoint: 'GET /v2/apps/{id}/versions',
    when: 'newest first',
    given: all(steady('/read/aged'), done('/read/aged', 'PUT /v2/apps/read/aged', { instances: 2 })),
    ask: { to: 'GET /v2/apps/read/aged/versions' },
    answers: { status: 200, body: { versions: ['{version}', ISO] } },
    after: (_, { versions }) => expect([...versions].sort().reverse()).toEqual(versions),
  },
  { endpoint: 'GET /v2/apps/{id}/versions', when: 'no such app', ask: { to: 'GET /v2/apps/none/versions' }, answers: missing('/none') },
  {
    endpoint: 'GET /v2/apps/{id}/versions/{v}',
    when: 'the definition of then',
    given: async (stage) => {
      const { version = '' } = await steady('/read/then', { mem: 33 })(stage);
      await done('/read/then', 'PUT /v2/apps/read/then', { mem: 34 })(stage);
      return { version };
    },
    ask: { to: 'GET /v2/apps/read/then/versions/{version}' },
    answers: { status: 200, body: { id: '/read/then', mem: 33, version: '{version}' } },
  },
  {
    endpoint: 'GET /v2/apps/{id}/versions/{v}',
    when: 'a version that never was',
    given: steady('/read/never'),
    ask: { to: 'GET /v2/apps/read/never/versions/2001-01-01T00:00:00.000Z' },
    answers: { status: 404, body: { message: matching(/^App '\/read\/never' does not exist in version 2001-01-01T00:00:00.000Z/) } },
  },
];

const creating: readonly Case[] = [
  {
    endpoint: 'POST /v2/apps',
    when: 'a new app: the whole of it with counts of 0, its deployment, and where it is',
    ask: { to: 'POST /v2/apps', body: app('/new/web', { instances: 2 }) },
    answers: {
      status: 201,
      body: {
        id: '/new/web',
        instances: 2,
        cmd: 'serve',
        upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
        tasksStaged: 0,
        tasksRunning: 0,
        tasksHealthy: 0,
        tasksUnhealthy: 0,
        deployments: [{ id: UUID }],
        tasks: [],
        version: ISO,
      },
      headers: { ...HEADERS, location: '/v2/apps/new/web' },
    },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'a relative id is made absolute',
    ask: { to: 'POST /v2/apps', body: app('relative') },
    answers: { status: 201, body: { id: '/relative' }, headers: { location: '/v2/apps/relative' } },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'an id that is taken',
    given: steady('/new/taken'),
    ask: { to: 'POST /v2/apps', body: app('/new/taken') },
    answers: { status: 409, body: { message: 'An app with id [/new/taken] already exists.' } },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'the id of a group',
    given: steady('/new/group/web'),
    ask: { to: 'POST /v2/apps', body: app('/new/group') },
    answers: { status: 409 },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'the id of a pod',
    given: asked('POST /v2/pods', pod('/new/pod')),
    ask: { to: 'POST /v2/apps', body: app('/new/pod') },
    answers: { status: 409 },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'no JSON',
    ask: { to: 'POST /v2/apps', raw: '{"id": "/a",' },
    answers: { status: 400, body: { message: 'Invalid JSON', details: text } },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'JSON that is no object',
    ask: { to: 'POST /v2/apps', raw: '"web"' },
    answers: { status: 400, body: { message: 'Please specify data in JSON format', details: text } },
  },
  { endpoint: 'POST /v2/apps', when: 'no body at all', ask: { to: 'POST /v2/apps', raw: '' }, answers: { status: 400 } },
  {
    endpoint: 'POST /v2/apps',
    when: 'a wrong type',
    ask: { to: 'POST /v2/apps', body: { id: 5, cmd: 'serve' } },
    answers: { status: 422, body: { message: 'Invalid JSON' }, errors: { '/id': ['error.expected.jsstring'] } },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'a definition against the rules',
    ask: { to: 'POST /v2/apps', body: app('/bad', { cmd: undefined }) },
    answers: {
      status: 422,
      body: { message: 'Object is not valid' },
      errors: { '/': ["AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."] },
    },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'a body larger than is read',
    ask: { to: 'POST /v2/apps', raw: `{"id":"/a","cmd":"${'x'.repeat(4 * 1024 * 1024)}"}` },
    answers: { status: 413, body: { message: text } },
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'an unknown field is read past, and told of',
    ask: { to: 'POST /v2/apps', body: app('/new/maintained', { maintainer: 'me@example' }) },
    answers: { status: 201, headers: { warning: /^299 - "\/new\/maintained: \/maintainer / } },
    differs: DIFFERENCES.warnings,
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'strict=true refuses an unknown field',
    ask: { to: 'POST /v2/apps?strict=true', body: app('/new/strict', { instanses: 2 }) },
    answers: { status: 422, errors: { '/instanses': [matching(/instances/)] } },
    differs: DIFFERENCES.strict,
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'what the present pool cannot give is told, and waited for',
    ask: { to: 'POST /v2/apps', body: app('/new/huge', { cpus: 4000 }) },
    answers: { status: 201, headers: { warning: /cannot be satisfied by the present pool/ } },
    differs: DIFFERENCES.warnings,
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'constraints that contradict one another',
    ask: {
      to: 'POST /v2/apps',
      body: app('/new/odd', {
        constraints: [
          ['rack', 'IS', 'a'],
          ['rack', 'UNLIKE', 'a'],
        ],
      }),
    },
    answers: { status: 422, errors: { '/constraints(1)': [matching(/contradicts constraint 0/)] } },
    differs: DIFFERENCES.contradictions,
  },
  {
    endpoint: 'POST /v2/apps',
    when: 'force must be true or false',
    ask: { to: 'POST /v2/apps?force=perhaps', body: app('/new/perhaps') },
    answers: { status: 422 },
  },
];

const changing: readonly Case[] = [
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'no such app: it is created',
    ask: { to: 'PUT /v2/apps/put/new', body: { cmd: 'serve', cpus: 0.01, mem: 16 } },
    answers: { status: 201, body: DEPLOYMENT, headers: { ...HEADERS, location: '/v2/apps/put/new' } },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'a change: its version and deployment, the latter in a header too',
    given: steady('/put/change'),
    ask: { to: 'PUT /v2/apps/put/change', body: { mem: 17 } },
    answers: { status: 200, body: DEPLOYMENT, headers: HEADERS },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'fields that are left out stay as they are',
    given: steady('/put/partial', { mem: 20, env: { A: '1' } }),
    ask: { to: 'PUT /v2/apps/put/partial', body: { cpus: 0.02 } },
    answers: { status: 200 },
    after: async ({ api }) => expect((await api.get('/v2/apps/put/partial')).app).toMatchObject({ mem: 20, cpus: 0.02, env: { A: '1' } }),
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'partialUpdate=false replaces the whole',
    given: steady('/put/whole', { mem: 20, env: { A: '1' } }),
    ask: { to: 'PUT /v2/apps/put/whole?partialUpdate=false', body: { cmd: 'serve', cpus: 0.02 } },
    answers: { status: 200 },
    after: async ({ api }) =>
      expect((await api.get('/v2/apps/put/whole')).app).toMatchObject({ mem: 128, cpus: 0.02, env: {}, labels: {} }),
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'only a version goes back to it',
    given: async (stage) => {
      const { version = '' } = await steady('/put/back', { mem: 21 })(stage);
      await done('/put/back', 'PUT /v2/apps/put/back', { mem: 22 })(stage);
      return { version };
    },
    ask: { to: 'PUT /v2/apps/put/back', body: { version: '{version}' } },
    answers: { status: 200, body: DEPLOYMENT },
    after: async ({ api }) => expect((await api.get('/v2/apps/put/back')).app.mem).toBe(21),
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'a version with the id goes back, too',
    given: async (stage) => {
      const { version = '' } = await steady('/put/backwithid', { mem: 21 })(stage);
      await done('/put/backwithid', 'PUT /v2/apps/put/backwithid', { mem: 22 })(stage);
      return { version };
    },
    ask: { to: 'PUT /v2/apps/put/backwithid', body: { id: '/put/backwithid', version: '{version}' } },
    answers: { status: 200, body: DEPLOYMENT },
    after: async ({ api }) => expect((await api.get('/v2/apps/put/backwithid')).app.mem).toBe(21),
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'a version with anything else',
    given: steady('/put/mixed'),
    ask: { to: 'PUT /v2/apps/put/mixed', body: { version: '2001-01-01T00:00:00.000Z', mem: 64 } },
    answers: { status: 422, body: { message: "The 'version' field may only be combined with the 'id' field." } },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'a version that never was',
    given: steady('/put/never'),
    ask: { to: 'PUT /v2/apps/put/never', body: { version: '2001-01-01T00:00:00.000Z' } },
    answers: { status: 404, body: { message: matching(/^App '\/put\/never' does not exist in version/) } },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'another id in the body',
    given: steady('/put/other'),
    ask: { to: 'PUT /v2/apps/put/other', body: { id: '/put/else', mem: 64 } },
    answers: { status: 422, errors: { '/id': [text] } },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'locked by a deployment, which is named',
    given: lockedWhileRunning('/put/locked'),
    ask: { to: 'PUT /v2/apps/put/locked', body: { mem: 64 } },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{lock}' }] } },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'locked, with force: the deployment there was is taken over',
    given: lockedWhileRunning('/put/forced'),
    ask: { to: 'PUT /v2/apps/put/forced?force=true', body: { constraints: [], mem: 64 } },
    answers: { status: 200, body: DEPLOYMENT },
    after: async ({ api, eventually }, { deploymentId }, { lock }) => {
      expect(deploymentId).not.toBe(lock);
      await eventually('it runs', async () => ((await api.get('/v2/apps/put/forced')).app.deployments.length === 0 ? true : undefined));
      expect((await api.get('/v2/apps/put/forced')).app).toMatchObject({ mem: 64, tasksRunning: 1 });
    },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'what is there already: nothing new',
    given: steady('/put/same'),
    ask: { to: 'PUT /v2/apps/put/same', body: { cmd: 'serve' } },
    answers: { status: 200, body: { version: '{version}', deploymentId: '{deployment}' } },
    after: async ({ api }) => expect((await api.get('/v2/apps/put/same/versions')).versions).toHaveLength(1),
    differs: DIFFERENCES.nothingNew,
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'a scale while a deployment to the same configuration runs is its new target',
    given: locked('/put/scale'),
    ask: { to: 'PUT /v2/apps/put/scale', body: { instances: 3 } },
    answers: { status: 200, body: { deploymentId: '{deployment}' } },
    differs: DIFFERENCES.scaleWhileDeploying,
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'no JSON',
    ask: { to: 'PUT /v2/apps/put/x', raw: '{' },
    answers: { status: 400, body: { message: 'Invalid JSON' } },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'a change against the rules',
    given: steady('/put/bad'),
    ask: { to: 'PUT /v2/apps/put/bad', body: { upgradeStrategy: { minimumHealthCapacity: 2 } } },
    answers: { status: 422, body: { message: 'Invalid JSON' }, errors: { '/upgradeStrategy/minimumHealthCapacity': ['error.max'] } },
  },
  {
    endpoint: 'PATCH /v2/apps/{id}',
    when: 'a change',
    given: steady('/patch/change'),
    ask: { to: 'PATCH /v2/apps/patch/change', body: { instances: 2 } },
    answers: { status: 200, body: DEPLOYMENT, headers: HEADERS },
  },
  {
    endpoint: 'PATCH /v2/apps/{id}',
    when: 'no such app',
    ask: { to: 'PATCH /v2/apps/none', body: { mem: 64 } },
    answers: missing('/none'),
  },
  {
    endpoint: 'PATCH /v2/apps/{id}',
    when: 'locked',
    given: lockedWhileRunning('/patch/locked'),
    ask: { to: 'PATCH /v2/apps/patch/locked', body: { mem: 64 } },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{lock}' }] } },
  },
  {
    endpoint: 'PATCH /v2/apps/{id}',
    when: 'locked, with force',
    given: lockedWhileRunning('/patch/forced'),
    ask: { to: 'PATCH /v2/apps/patch/forced?force=true', body: { mem: 64 } },
    answers: { status: 200, body: DEPLOYMENT },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}',
    when: 'an app',
    given: steady('/delete/web'),
    ask: { to: 'DELETE /v2/apps/delete/web' },
    answers: { status: 200, body: DEPLOYMENT, headers: HEADERS },
    after: ({ until, engine }) => until(() => engine.views.apps.get('/delete/web') === undefined),
  },
  { endpoint: 'DELETE /v2/apps/{id}', when: 'no such app', ask: { to: 'DELETE /v2/apps/none' }, answers: missing('/none') },
  {
    endpoint: 'DELETE /v2/apps/{id}',
    when: 'locked: force is on unless it is turned off',
    given: locked('/delete/forced'),
    ask: { to: 'DELETE /v2/apps/delete/forced' },
    answers: { status: 200, body: DEPLOYMENT },
  },
  {
    endpoint: 'DELETE /v2/apps/{id}',
    when: 'locked, with force=false',
    given: locked('/delete/locked'),
    ask: { to: 'DELETE /v2/apps/delete/locked?force=false' },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{deployment}' }] } },
  },
  {
    endpoint: 'POST /v2/apps/{id}/restart',
    when: 'an app: a new version, all tasks replaced',
    given: steady('/restart/web'),
    ask: { to: 'POST /v2/apps/restart/web/restart' },
    answers: { status: 200, body: DEPLOYMENT, headers: HEADERS },
    after: async ({ api, until, engine }, body, { version, task }) => {
      expect(body.version > (version ?? '')).toBe(true);
      await until(() => engine.views.apps.get('/restart/web')?.deployment === undefined);
      const { tasks } = await api.get('/v2/apps/restart/web/tasks');
      expect(tasks).toMatchObject([{ state: 'TASK_RUNNING' }]);
      expect(tasks[0].id).not.toBe(task);
    },
  },
  { endpoint: 'POST /v2/apps/{id}/restart', when: 'no such app', ask: { to: 'POST /v2/apps/none/restart' }, answers: missing('/none') },
  {
    endpoint: 'POST /v2/apps/{id}/restart',
    when: 'locked',
    given: lockedWhileRunning('/restart/locked'),
    ask: { to: 'POST /v2/apps/restart/locked/restart' },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{lock}' }] } },
  },
  {
    endpoint: 'POST /v2/apps/{id}/restart',
    when: 'locked, with force',
    given: lockedWhileRunning('/restart/forced'),
    ask: { to: 'POST /v2/apps/restart/forced/restart?force=true' },
    answers: { status: 200, body: DEPLOYMENT },
  },
  {
    endpoint: 'POST /v2/apps/{id}',
    when: 'a verb that the path does not have',
    ask: { to: 'POST /v2/apps/fleet/alpha', body: {} },
    answers: { status: 405 },
    differs: DIFFERENCES.methods,
  },
];

const many: readonly Case[] = [
  {
    endpoint: 'PUT /v2/apps',
    when: 'apps that are there and apps that are not: one deployment',
    given: steady('/many/one'),
    ask: { to: 'PUT /v2/apps', body: [{ id: '/many/one', mem: 64 }, app('/many/two')] },
    answers: { status: 200, body: DEPLOYMENT, headers: HEADERS },
    after: async ({ api, atRest: _, until, engine }) => {
      await until(() => ['/many/one', '/many/two'].every((id) => engine.views.apps.get(id)?.deployment === undefined));
      expect(ids(await api.get('/v2/apps?id=/many/o'))).toEqual(['/many/one']);
      expect((await api.get('/v2/apps/many/one')).app).toMatchObject({ mem: 64, cmd: 'serve' });
    },
  },
  {
    endpoint: 'PUT /v2/apps',
    when: 'partialUpdate=false replaces each whole',
    given: steady('/many/whole', { mem: 20 }),
    ask: { to: 'PUT /v2/apps?partialUpdate=false', body: [{ id: '/many/whole', cmd: 'serve', cpus: 0.01 }] },
    answers: { status: 200, body: DEPLOYMENT },
    after: async ({ api }) => expect((await api.get('/v2/apps/many/whole')).app.mem).toBe(128),
  },
  {
    endpoint: 'PUT /v2/apps',
    when: 'one of them against the rules: none is changed',
    given: steady('/many/good'),
    ask: {
      to: 'PUT /v2/apps',
      body: [
        { id: '/many/good', mem: 64 },
        { id: '/many/bad', cmd: 'x' },
      ],
    },
    answers: { status: 422 },
    after: async ({ api }) => expect((await api.get('/v2/apps/many/good')).app.mem).toBe(16),
  },
  {
    endpoint: 'PUT /v2/apps',
    when: 'one of them locked',
    given: lockedWhileRunning('/many/locked'),
    ask: { to: 'PUT /v2/apps', body: [{ id: '/many/locked', mem: 64 }] },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{lock}' }] } },
  },
  {
    endpoint: 'PUT /v2/apps',
    when: 'one of them locked, with force',
    given: lockedWhileRunning('/many/forced'),
    ask: { to: 'PUT /v2/apps?force=true', body: [{ id: '/many/forced', mem: 64 }] },
    answers: { status: 200, body: DEPLOYMENT },
  },
  {
    endpoint: 'PUT /v2/apps',
    when: 'what is there already: a deployment that is none',
    given: steady('/many/same'),
    ask: { to: 'PUT /v2/apps', body: [{ id: '/many/same', cmd: 'serve' }] },
    answers: { status: 200, body: { deployments: [] } },
    differs: DIFFERENCES.arrayDeployments,
  },
  {
    endpoint: 'PUT /v2/apps',
    when: 'no array',
    ask: { to: 'PUT /v2/apps', body: app('/many/alone') },
    answers: { status: 400, body: { message: 'Please specify data in JSON format' } },
  },
  {
    endpoint: 'PATCH /v2/apps',
    when: 'apps that are there',
    given: all(steady('/many/a'), steady('/many/b')),
    ask: {
      to: 'PATCH /v2/apps',
      body: [
        { id: '/many/a', mem: 64 },
        { id: '/many/b', mem: 64 },
      ],
    },
    answers: { status: 200, body: DEPLOYMENT, headers: HEADERS },
  },
  {
    endpoint: 'PATCH /v2/apps',
    when: 'any that is not there',
    given: steady('/many/there'),
    ask: {
      to: 'PATCH /v2/apps',
      body: [
        { id: '/many/there', mem: 64 },
        { id: '/many/gone', mem: 64 },
      ],
    },
    answers: missing('/many/gone'),
  },
];

export const apps: readonly Case[] = [...reading, ...creating, ...changing, ...many];
