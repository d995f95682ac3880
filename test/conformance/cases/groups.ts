import { expect } from 'vitest';
import type { Json } from '../../support/api.ts';
import { type Case, DEPLOYMENT, having, ISO, matching, some, text } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { all, app, asked, locked, lockedWhileRunning, pod, type Stage, settled, steady, steadyPod } from '../stage.ts';
import { LOCKED } from './apps.ts';

const HEADERS = { 'marathon-deployment-id': /^[0-9a-f-]{36}$/ };
const step = (...actions: readonly (readonly [string, string])[]) => ({
  actions: actions.map(([action, id]) => ({ action, [action.endsWith('Pod') ? 'pod' : 'app']: id })),
});
const missing = (id: string) => ({ status: 404, body: { message: matching(new RegExp(`^Group '${id}' does not exist`)) } });
const ids = (list: readonly Json[]): readonly string[] => list.map(({ id }) => id);

/** A group with an app, a pod and a group of one app. */
const shop = (id: string) => all(steady(`${id}/web`, { labels: { tier: 'front' } }), steadyPod(`${id}/pod`), steady(`${id}/jobs/clock`));

const whole =
  (id: string, to: string, body: Json) =>
  async (stage: Stage): Promise<{ readonly version: string }> => {
    const { version = '' } = await asked(to, body)(stage);
    for (const row of stage.engine.views.apps.all()) if (row.id.startsWith(`${id}/`)) await settled(stage, row.id);
    await stage.until(() => stage.engine.views.plans.running().every(({ group }) => group !== id));
    return { version };
  };

const reading: readonly Case[] = [
  {
    endpoint: 'GET /v2/groups',
    when: 'the root with groups, apps and pods',
    given: shop('/g/read'),
    ask: { to: 'GET /v2/groups' },
    answers: {
      status: 200,
      body: {
        id: '/',
        version: ISO,
        dependencies: [],
        apps: [],
        pods: [],
        groups: some(having({ id: '/g', groups: some(having({ id: '/g/read', apps: [having({ id: '/g/read/web' })] })) })),
      },
    },
  },
  {
    endpoint: 'GET /v2/groups/{id}',
    when: 'a group with all that stands in it',
    given: shop('/g/one'),
    ask: { to: 'GET /v2/groups/g/one' },
    answers: {
      status: 200,
      body: {
        id: '/g/one',
        version: ISO,
        dependencies: [],
        apps: [{ id: '/g/one/web', cmd: 'serve' }],
        pods: [{ id: '/g/one/pod', containers: [{ name: 'web' }] }],
        groups: [{ id: '/g/one/jobs', apps: [{ id: '/g/one/jobs/clock' }], groups: [] }],
      },
    },
  },
  ...(
    [
      ['group.groups', { groups: [{ id: '/g/embed/jobs' }] }, ['apps', 'pods']],
      ['group.apps', { apps: [{ id: '/g/embed/web' }] }, ['groups', 'pods']],
      ['group.pods', { pods: [{ id: '/g/embed/pod' }] }, ['groups', 'apps']],
      ['group.apps.tasks', { apps: [{ id: '/g/embed/web', tasks: [{ state: 'TASK_RUNNING' }] }] }, []],
      ['group.apps.counts', { apps: [{ tasksRunning: 1 }] }, []],
    ] as const
  ).map(
    ([embed, body, without]): Case => ({
      endpoint: 'GET /v2/groups/{id}',
      when: `embed=${embed}`,
      given: async (stage) => (stage.engine.views.apps.get('/g/embed/web') === undefined ? shop('/g/embed')(stage) : {}),
      ask: { to: `GET /v2/groups/g/embed?embed=${embed}` },
      answers: { status: 200, body, without },
    }),
  ),
  { endpoint: 'GET /v2/groups/{id}', when: 'no such group', ask: { to: 'GET /v2/groups/none' }, answers: missing('/none') },
  {
    endpoint: 'GET /v2/groups/{id}/apps',
    when: 'apps at any depth',
    given: shop('/g/apps'),
    ask: { to: 'GET /v2/groups/g/apps/apps' },
    answers: { status: 200 },
    after: (_, body) => expect(ids(body)).toEqual(['/g/apps/jobs/clock', '/g/apps/web']),
  },
  {
    endpoint: 'GET /v2/groups/{id}/versions',
    when: 'newest first',
    given: steady('/g/versions/web'),
    ask: { to: 'GET /v2/groups/g/versions/versions' },
    answers: { status: 200, body: some(ISO) },
    after: (_, body, { version }) => {
      expect(body).toContain(version);
      expect([...body].sort().reverse()).toEqual(body);
    },
  },
  {
    endpoint: 'GET /v2/groups/{id}/versions/{v}',
    when: 'the group as it was',
    given: async (stage) => {
      const { version = '' } = await steady('/g/then/web', { mem: 17 })(stage);
      await asked('PUT /v2/apps/g/then/web', { mem: 18 })(stage);
      return { version };
    },
    ask: { to: 'GET /v2/groups/g/then/versions/{version}' },
    answers: { status: 200, body: { id: '/g/then', apps: [{ id: '/g/then/web', mem: 17 }] } },
  },
  {
    endpoint: 'GET /v2/groups/{id}/versions/{v}',
    when: 'a version that never was',
    given: steady('/g/never/web'),
    ask: { to: 'GET /v2/groups/g/never/versions/2001-01-01T00:00:00.000Z' },
    answers: missing('/g/never'),
  },
  {
    endpoint: 'GET /v2/groups/apps',
    when: 'all apps there are',
    given: steady('/g/allapps/web'),
    ask: { to: 'GET /v2/groups/apps' },
    answers: { status: 200, body: some(having({ id: '/g/allapps/web' })) },
  },
  {
    endpoint: 'GET /v2/groups/versions',
    when: 'versions of the root',
    ask: { to: 'GET /v2/groups/versions' },
    answers: { status: 200, body: some(ISO) },
  },
  {
    endpoint: 'GET /v2/groups/versions/{v}',
    when: 'the root as it was',
    given: steady('/g/rootthen/web'),
    ask: { to: 'GET /v2/groups/versions/{version}' },
    answers: { status: 200, body: { id: '/' } },
  },
];

const creating: readonly Case[] = [
  {
    endpoint: 'POST /v2/groups',
    when: 'a new group with its apps',
    ask: { to: 'POST /v2/groups', body: { id: '/g/new', apps: [app('web')] } },
    answers: { status: 201, body: DEPLOYMENT, headers: { ...HEADERS, location: '/v2/groups/g/new' } },
    after: async ({ api }) => expect((await api.get('/v2/apps/g/new/web')).app.id).toBe('/g/new/web'),
  },
  {
    endpoint: 'POST /v2/groups/{id}',
    when: 'an id in the path and one below it in the body',
    ask: { to: 'POST /v2/groups/g/path', body: { id: 'inner', apps: [app('web')] } },
    answers: { status: 201, headers: { location: '/v2/groups/g/path/inner' } },
  },
  {
    endpoint: 'POST /v2/groups',
    when: 'a group that is there',
    given: steady('/g/there/web'),
    ask: { to: 'POST /v2/groups', body: { id: '/g/there' } },
    answers: { status: 409, is: { message: 'Group /g/there is already created. Use PUT to change this group.' } },
  },
  {
    endpoint: 'POST /v2/groups',
    when: 'the id of an app',
    given: steady('/g/anapp'),
    ask: { to: 'POST /v2/groups', body: { id: '/g/anapp' } },
    answers: { status: 409, is: { message: 'An app with the path /g/anapp already exists.' } },
  },
  {
    endpoint: 'POST /v2/groups',
    when: 'no JSON',
    ask: { to: 'POST /v2/groups', raw: '{' },
    answers: { status: 400, body: { message: 'Invalid JSON' } },
  },
  {
    endpoint: 'POST /v2/groups',
    when: 'an id with capitals',
    ask: { to: 'POST /v2/groups', body: { id: '/G' } },
    answers: { status: 422, errors: { '/id': [text] } },
  },
];

const changing: readonly Case[] = [
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'a new group',
    ask: { to: 'PUT /v2/groups/g/put/new', body: { apps: [app('web')] } },
    answers: { status: 201, body: DEPLOYMENT, headers: HEADERS },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'apps that a given list leaves out are removed, pods are not touched',
    given: shop('/g/put/less'),
    ask: { to: 'PUT /v2/groups/g/put/less', body: { apps: [app('new')] } },
    answers: { status: 200, body: DEPLOYMENT, headers: HEADERS },
    after: async ({ api, eventually }) => {
      await eventually('the app is gone', async () =>
        (await api.call('GET', '/v2/apps/g/put/less/web')).status === 404 ? true : undefined,
      );
      const group = await api.get('/v2/groups/g/put/less');
      expect([ids(group.apps), ids(group.pods), ids(group.groups)]).toEqual([
        ['/g/put/less/new'],
        ['/g/put/less/pod'],
        ['/g/put/less/jobs'],
      ]);
    },
  },
  {
    endpoint: 'PUT /v2/groups',
    when: 'dryRun: the steps, and nothing happens',
    ask: { to: 'PUT /v2/groups?dryRun=true', body: { id: '/g/dry', apps: [app('web')] } },
    answers: {
      status: 200,
      body: { steps: [step(['StartApplication', '/g/dry/web']), step(['ScaleApplication', '/g/dry/web'])] },
    },
    after: async ({ api }) => expect((await api.call('GET', '/v2/groups/g/dry')).status).toBe(404),
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'dryRun tells the differences, too',
    given: steady('/g/drydiff/web', { mem: 20 }),
    ask: { to: 'PUT /v2/groups/g/drydiff?dryRun=true', body: { apps: [app('web', { mem: 21 })] } },
    answers: {
      status: 200,
      body: { diff: [{ id: '/g/drydiff/web', kind: 'app', change: 'update', fields: [{ field: 'mem', from: 20, to: 21 }] }] },
    },
    differs: DIFFERENCES.dryRun,
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'the id / in the body means the root',
    given: steady('/g/overwritten/web'),
    ask: { to: 'PUT /v2/groups/g/overwritten?dryRun=true', body: { id: '/', groups: [] } },
    answers: { status: 200 },
    after: (_, { steps }) => expect(steps[0].actions).toContainEqual({ action: 'StopApplication', app: '/g/overwritten/web' }),
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'scaleBy: each number of instances times the factor, rounded up',
    given: all(steady('/g/scale/web', { instances: 2 }), steady('/g/scale/api', { instances: 3 })),
    ask: { to: 'PUT /v2/groups/g/scale', body: { scaleBy: 1.5 } },
    answers: { status: 200, body: DEPLOYMENT },
    after: async ({ api }) => {
      const { apps } = await api.get('/v2/groups/g/scale');
      expect(apps.map(({ id, instances }: Json) => [id, instances])).toEqual([
        ['/g/scale/api', 5],
        ['/g/scale/web', 3],
      ]);
    },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'scaleBy with anything else',
    given: steady('/g/scalemixed/web'),
    ask: { to: 'PUT /v2/groups/g/scalemixed', body: { scaleBy: 2, apps: [] } },
    answers: { status: 422, errors: { '/scaleBy': [text] } },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'a version: the group goes back to it',
    given: async (stage) => {
      const { version } = await whole('/g/back', 'PUT /v2/groups/g/back', { apps: [app('web', { mem: 17 }), app('old')] })(stage);
      await whole('/g/back', 'PUT /v2/groups/g/back', { apps: [app('web', { mem: 18 })] })(stage);
      return { version };
    },
    ask: { to: 'PUT /v2/groups/g/back', body: { version: '{version}' } },
    answers: { status: 200, body: DEPLOYMENT },
    after: async ({ api }) => {
      const { apps } = await api.get('/v2/groups/g/back');
      expect(apps.map(({ id, mem }: Json) => [id, mem])).toEqual([
        ['/g/back/old', 16],
        ['/g/back/web', 17],
      ]);
    },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'a version that never was',
    given: steady('/g/neverback/web'),
    ask: { to: 'PUT /v2/groups/g/neverback', body: { version: '2001-01-01T00:00:00.000Z' } },
    answers: { status: 422 },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'a version with anything else',
    given: steady('/g/backmixed/web'),
    ask: { to: 'PUT /v2/groups/g/backmixed', body: { version: '2001-01-01T00:00:00.000Z', apps: [] } },
    answers: { status: 422, errors: { '/version': [text] } },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'a version beside apps and groups as a GET answers them is read past',
    given: steady('/g/readback/web'),
    ask: { to: 'PUT /v2/groups/g/readback', body: { version: '2001-01-01T00:00:00.000Z', apps: [app('web')], groups: [] } },
    answers: { status: 200 },
    differs: DIFFERENCES.groupReadBack,
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'pods are taken',
    ask: { to: 'PUT /v2/groups/g/withpods', body: { pods: [pod('pod')] } },
    answers: { status: 201 },
    after: async ({ api }) => expect((await api.get('/v2/pods/g/withpods/pod')).id).toBe('/g/withpods/pod'),
    differs: DIFFERENCES.groupPods,
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'an app against the rules, by its place in the body',
    ask: { to: 'PUT /v2/groups/g/invalid', body: { apps: [app('ok'), app('bad', { cpus: -1 })] } },
    answers: { status: 422, errors: { '/apps(1)/cpus': ['error.min'] } },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'an app of a group in the group, by its place',
    ask: { to: 'PUT /v2/groups/g/invaliddeep', body: { groups: [{ id: 'inner', apps: [app('bad', { cmd: 'x' })] }] } },
    answers: { status: 422, errors: { '/groups(0)/apps(0)': ['must not be an empty string'] } },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'apps that need each other',
    ask: { to: 'PUT /v2/groups/g/cycle', body: { apps: [app('a', { dependencies: ['b'] }), app('b', { dependencies: ['a'] })] } },
    answers: { status: 422, errors: { '/dependencies': [matching(/^Dependency graph has cyclic dependencies/)] } },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'an app and a group of one id',
    ask: { to: 'PUT /v2/groups/g/same', body: { apps: [app('x')], groups: [{ id: 'x', apps: [app('y')] }] } },
    answers: { status: 422 },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'what it moves is locked by a deployment, which is named',
    given: lockedWhileRunning('/g/locked/web'),
    ask: { to: 'PUT /v2/groups/g/locked', body: { apps: [app('web', { mem: 64 })] } },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{lock}' }] } },
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'locked, with force',
    given: lockedWhileRunning('/g/forced/web'),
    ask: { to: 'PUT /v2/groups/g/forced?force=true', body: { apps: [app('web', { mem: 64 })] } },
    answers: { status: 200, body: DEPLOYMENT },
  },
  {
    endpoint: 'PUT /v2/groups',
    when: 'to empty the root without force',
    given: steady('/g/kept/web'),
    ask: { to: 'PUT /v2/groups', body: { apps: [], pods: [], groups: [] } },
    answers: { status: 409 },
    differs: DIFFERENCES.emptyRoot,
  },
  {
    endpoint: 'PATCH /v2/groups/{id}',
    when: 'enforceRole of a top-level group',
    given: steady('/dev/web'),
    ask: { to: 'PATCH /v2/groups/dev', body: { enforceRole: true } },
    answers: { status: 200, body: { version: ISO } },
    after: async ({ api, send }) => {
      expect((await api.get('/v2/groups/dev')).enforceRole).toBe(true);
      const refused = await send({ to: 'POST /v2/apps', body: app('/dev/other', { role: '*' }) });
      expect(refused).toMatchObject({ status: 422, body: { details: [{ path: '/role' }] } });
      expect((await api.ask('POST', '/v2/apps', app('/dev/deep/er'))).role).toBe('dev');
    },
  },
  {
    endpoint: 'PATCH /v2/groups/{id}',
    when: 'enforceRole of any other',
    given: steady('/g/inner/web'),
    ask: { to: 'PATCH /v2/groups/g/inner', body: { enforceRole: true } },
    answers: { status: 422, errors: { '/enforceRole': [text] } },
  },
  {
    endpoint: 'PATCH /v2/groups/{id}',
    when: 'no such group',
    ask: { to: 'PATCH /v2/groups/none', body: { enforceRole: true } },
    answers: missing('/none'),
  },
  {
    endpoint: 'PUT /v2/groups/{id}',
    when: 'enforceRole together with a change of services',
    given: steady('/roled/web'),
    ask: { to: 'PUT /v2/groups/roled', body: { enforceRole: true, apps: [app('web', { mem: 64 })] } },
    answers: { status: 422, errors: { '/enforceRole': [text] } },
  },
  {
    endpoint: 'DELETE /v2/groups/{id}',
    when: 'a group with all that stands in it',
    given: shop('/g/delete'),
    ask: { to: 'DELETE /v2/groups/g/delete' },
    answers: { status: 200, body: DEPLOYMENT, headers: HEADERS },
    after: async ({ api, eventually }) => {
      await eventually('the group is gone', async () => ((await api.call('GET', '/v2/groups/g/delete')).status === 404 ? true : undefined));
    },
  },
  { endpoint: 'DELETE /v2/groups/{id}', when: 'no such group', ask: { to: 'DELETE /v2/groups/none' }, answers: missing('/none') },
  {
    endpoint: 'DELETE /v2/groups/{id}',
    when: 'an app of it is locked: no force unless it is turned on',
    given: locked('/g/deletelocked/web'),
    ask: { to: 'DELETE /v2/groups/g/deletelocked' },
    answers: { status: 409, is: { message: LOCKED, deployments: [{ id: '{deployment}' }] } },
  },
  {
    endpoint: 'DELETE /v2/groups/{id}',
    when: 'an app of it is locked, with force',
    given: locked('/g/deleteforced/web'),
    ask: { to: 'DELETE /v2/groups/g/deleteforced?force=true' },
    answers: { status: 200, body: DEPLOYMENT },
  },
  {
    endpoint: 'DELETE /v2/groups',
    when: 'the root without force',
    given: steady('/g/root/web'),
    ask: { to: 'DELETE /v2/groups' },
    answers: { status: 409 },
    differs: DIFFERENCES.emptyRoot,
  },
];

const plan = (
  when: string,
  id: string,
  before: Json | undefined,
  body: Json,
  steps: readonly Json[],
  differs?: (typeof DIFFERENCES)[keyof typeof DIFFERENCES],
  query = '',
): Case => ({
  endpoint: 'PUT /v2/groups/{id}?dryRun=true',
  when: `steps: ${when}`,
  ...(before !== undefined && { given: whole(id, `PUT /v2/groups${id}`, before) }),
  ask: { to: `PUT /v2/groups${id}?dryRun=true${query}`, body },
  answers: { status: 200 },
  after: (_, answer) => expect(answer.steps).toEqual(steps),
  ...(differs !== undefined && { differs }),
});

const three = (over: Json = {}) => ({
  apps: [app('web', { dependencies: ['api'], ...over.web }), app('api', { dependencies: ['db'], ...over.api }), app('db', over.db)],
});

/** What a plan consists of. */
const planning: readonly Case[] = [
  plan('all that is new starts at 0, then each layer is scaled once what it needs is there', '/p/new', undefined, three(), [
    step(['StartApplication', '/p/new/api'], ['StartApplication', '/p/new/db'], ['StartApplication', '/p/new/web']),
    step(['ScaleApplication', '/p/new/db']),
    step(['ScaleApplication', '/p/new/api']),
    step(['ScaleApplication', '/p/new/web']),
  ]),
  plan('what nobody needs in another order is side by side', '/p/flat', undefined, { apps: [app('a'), app('b')] }, [
    step(['StartApplication', '/p/flat/a'], ['StartApplication', '/p/flat/b']),
    step(['ScaleApplication', '/p/flat/a'], ['ScaleApplication', '/p/flat/b']),
  ]),
  plan('what goes stops before anything else', '/p/gone', { apps: [app('a'), app('b')] }, { apps: [app('b', { mem: 17 }), app('c')] }, [
    step(['StopApplication', '/p/gone/a']),
    step(['StartApplication', '/p/gone/c']),
    step(['RestartApplication', '/p/gone/b'], ['ScaleApplication', '/p/gone/c']),
  ]),
  plan('only the number of instances: scaled', '/p/scale', { apps: [app('a')] }, { apps: [app('a', { instances: 2 })] }, [
    step(['ScaleApplication', '/p/scale/a']),
  ]),
  plan('another configuration: restarted', '/p/other', { apps: [app('a')] }, { apps: [app('a', { cmd: 'other' })] }, [
    step(['RestartApplication', '/p/other/a']),
  ]),
  plan(
    'another configuration and no instances: scaled to 0',
    '/p/zero',
    { apps: [app('a')] },
    { apps: [app('a', { cmd: 'other', instances: 0 })] },
    [step(['ScaleApplication', '/p/zero/a'])],
  ),
  plan('restarts follow the dependencies', '/p/order', three(), three({ web: { mem: 17 }, api: { mem: 17 }, db: { mem: 17 } }), [
    step(['RestartApplication', '/p/order/db']),
    step(['RestartApplication', '/p/order/api']),
    step(['RestartApplication', '/p/order/web']),
  ]),
  plan('steps without actions are left out', '/p/empty', three(), three({ web: { mem: 17 } }), [
    step(['RestartApplication', '/p/empty/web']),
  ]),
  plan('nothing to move: no steps', '/p/none', three(), three(), []),
  plan(
    'what a group needs, all that stands in it needs, pods too',
    '/p/groups',
    undefined,
    {
      groups: [
        { id: 'front', dependencies: ['../back'], apps: [app('web')], pods: [pod('pod')] },
        { id: 'back', groups: [{ id: 'deep', apps: [app('db')] }] },
      ],
    },
    [
      step(
        ['StartApplication', '/p/groups/back/deep/db'],
        ['StartPod', '/p/groups/front/pod'],
        ['StartApplication', '/p/groups/front/web'],
      ),
      step(['ScaleApplication', '/p/groups/back/deep/db']),
      step(['ScalePod', '/p/groups/front/pod'], ['ScaleApplication', '/p/groups/front/web']),
    ],
  ),
  plan(
    'only what running instances can take up: scaled, where Marathon restarts',
    '/p/inplace',
    { apps: [app('a')] },
    { apps: [app('a', { labels: { team: 'x' }, backoffSeconds: 3 })] },
    [step(['ScaleApplication', '/p/inplace/a'])],
    DIFFERENCES.inPlace,
  ),
  plan(
    'the same with restart=marathon: restarted',
    '/p/marathon',
    { apps: [app('a')] },
    { apps: [app('a', { labels: { team: 'x' } })] },
    [step(['RestartApplication', '/p/marathon/a'])],
    DIFFERENCES.restartRule,
    '&restart=marathon',
  ),
];

export const groups: readonly Case[] = [...reading, ...creating, ...changing, ...planning];
