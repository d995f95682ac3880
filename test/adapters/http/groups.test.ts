import { describe, expect, test } from 'vitest';
import { WARNINGS_GATHERED_MAX, WARNINGS_MAX } from '../../../src/adapters/http/warnings.ts';
import type { GroupCommand } from '../../../src/domain/group/group.commands.ts';
import { ROOT_GROUP } from '../../../src/domain/group/group.facts.ts';
import { simulatedServer } from '../../support/simulatedServer.ts';
import { appOf } from '../../support/world.ts';

const app = (id: string, over: object = {}) => ({ id, cmd: 'serve', instances: 1, cpus: 0.1, mem: 16, ...over });
const shop = {
  id: '/shop',
  dependencies: ['/base'],
  apps: [app('web', { dependencies: ['api'] }), app('api', { instances: 2 })],
  groups: [{ id: 'jobs', apps: [app('clock')] }],
};

describe('many apps at once', () => {
  test('are one deployment in the order of their dependencies; one that is invalid or locked refuses them all', async () => {
    const { api, engine, atRest } = await simulatedServer();
    expect((await api.call('PUT', '/v2/apps', [app('/a'), app('/b', { cpus: -1 })])).status).toBe(422);
    expect((await api.call('PUT', '/v2/apps', [app('/a'), app('a')])).body.details).toEqual([
      { path: '(1)/id', errors: ['/a is there twice'] },
    ]);
    expect([...engine.views.apps.all()]).toEqual([]);
    const made = await api.call('PUT', '/v2/apps', [
      app('/a', { dependencies: ['/b'] }),
      app('/b', { constraints: [['rack', 'LIKE', 'nowhere']] }),
    ]);
    expect(made).toMatchObject({ status: 200, body: { deployments: [{ id: made.body.deploymentId }] } });
    const locked = await api.call('PUT', '/v2/apps', [app('/c'), app('/b', { cmd: 'other' })]);
    expect([locked.status, locked.body.deployments]).toEqual([409, [{ id: made.body.deploymentId }]]);
    expect((await api.call('GET', '/v2/apps/c')).status).toBe(404);
    expect((await api.get('/v2/apps/a')).app).toMatchObject({ tasksStaged: 0, tasksRunning: 0 });
    await api.ask('PUT', '/v2/apps?force=true&partialUpdate=false', [app('/a'), app('/b')]);
    await atRest();
    const version = (await api.get('/v2/apps/a')).app.version;
    expect(await api.ask('PUT', '/v2/apps', [app('/a'), app('/b')])).toMatchObject({ deployments: [] });
    expect((await api.get('/v2/apps/a')).app.version).toBe(version);
    expect((await api.call('PATCH', '/v2/apps', [{ id: '/zzz', cmd: 'sleep 2' }])).status).toBe(404);
    expect((await api.call('PUT', '/v2/apps', app('/a'))).status).toBe(400);
  });
});

const warningsOf = ({ headers }: { readonly headers: Headers }): string => headers.get('warning') ?? '';

describe('a group', () => {
  test('is warned of ports that its own members have in common, and of what the pool cannot give them', async () => {
    const { api } = await simulatedServer();
    const ported = { portDefinitions: [{ port: 10_001 }] };
    const pod = {
      id: 'p',
      networks: [{ mode: 'host' }],
      containers: [{ name: 'c', resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: 'serve' } } }],
      scheduling: { placement: { constraints: [{ fieldName: 'rack', operator: 'IS', value: 'nowhere' }] } },
    };
    const made = await api.call('PUT', '/v2/groups/dup', { apps: [app('a', ported), app('b', { ...ported, cpus: 9000 })], pods: [pod] });
    expect([made.status, made.body.details]).toEqual([201, undefined]);
    const told = warningsOf(made);
    expect(told).toContain('/dup/a: service port 10001 is also that of /dup/b');
    expect(told).toContain('/dup/b: service port 10001 is also that of /dup/a');
    expect(told).toContain('/dup/b: /cpus cannot be satisfied by the present pool');
    expect(told).toContain('/dup/p: /constraints cannot be satisfied by the present pool');
  });

  test('of many members is warned of no more than an answer holds', async () => {
    const { api } = await simulatedServer();
    const apps = Array.from({ length: 300 }, (_, nth) => app(`a${nth}`, { instances: 1, cpus: 9000 + nth }));
    const made = await api.call('PUT', '/v2/groups/many', { apps });
    const told = warningsOf(made).split(/, (?=299 - )/);
    expect([told.length, told.at(-1)]).toEqual([WARNINGS_MAX, `299 - "and ${WARNINGS_GATHERED_MAX - WARNINGS_MAX + 1} more at least"`]);
  });

  test('comes with all that stands in it, by one deployment whose steps follow the dependencies', async () => {
    const { api, atRest } = await simulatedServer();
    const made = await api.call('PUT', '/v2/groups', { id: '/', groups: [{ id: 'base', apps: [app('db')] }, shop] });
    expect(made).toMatchObject({ status: 200, body: { version: expect.any(String), deploymentId: expect.any(String) } });
    expect((await api.get('/v2/apps/shop/web')).app).toMatchObject({
      version: made.body.version,
      deployments: [{ id: made.body.deploymentId }],
    });
    const [plan] = await api.get('/v2/deployments');
    expect(plan).toMatchObject({ id: made.body.deploymentId, totalSteps: 4 });
    expect(plan.steps.map(({ actions }: { actions: { app: string }[] }) => actions.map((each) => each.app))).toEqual([
      ['/base/db', '/shop/api', '/shop/jobs/clock', '/shop/web'],
      ['/base/db'],
      ['/shop/api', '/shop/jobs/clock'],
      ['/shop/web'],
    ]);
    await atRest();
    const { tasks } = await api.get('/v2/tasks');
    const startOf = (id: string) =>
      Math.max(
        ...tasks.filter((task: { appId: string }) => task.appId === id).map((task: { startedAt: string }) => Date.parse(task.startedAt)),
      );
    expect(startOf('/base/db')).toBeLessThanOrEqual(startOf('/shop/api'));
    expect(startOf('/shop/api')).toBeLessThanOrEqual(startOf('/shop/web'));
    expect(await api.get('/v2/groups/shop?embed=group.groups&embed=group.apps')).toMatchObject({
      id: '/shop',
      dependencies: ['/base'],
      apps: [{ id: '/shop/api' }, { id: '/shop/web', dependencies: ['/shop/api'] }],
      groups: [{ id: '/shop/jobs', apps: [{ id: '/shop/jobs/clock' }], groups: [] }],
    });
  });

  test('loses what a write does not list, tells it beforehand, and comes back with a version', async () => {
    const { api, atRest } = await simulatedServer();
    const { version } = await api.ask('PUT', '/v2/groups/shop', { ...shop, dependencies: [] });
    await atRest();
    const less = { apps: [app('api', { instances: 2 })] };
    const foreseen = await api.ask('PUT', '/v2/groups/shop?dryRun=true', less);
    expect(foreseen).toEqual({
      steps: [{ actions: [{ action: 'StopApplication', app: '/shop/web' }] }],
      diff: [{ id: '/shop/web', kind: 'app', change: 'remove', fields: [] }],
      groups: { set: [], removed: [] },
    });
    await api.ask('PUT', '/v2/groups/shop', less);
    await atRest();
    expect((await api.call('GET', '/v2/apps/shop/web')).status).toBe(404);
    expect((await api.get('/v2/apps')).apps.map(({ id }: { id: string }) => id)).toEqual(['/shop/api', '/shop/jobs/clock']);
    expect(await api.get('/v2/groups/shop/versions')).toContain(version);
    await api.ask('PUT', '/v2/groups/shop', { version });
    await atRest();
    expect((await api.get('/v2/apps/shop/web')).app).toMatchObject({ tasksRunning: 1, dependencies: ['/shop/api'] });
    expect(await api.call('PUT', '/v2/groups/shop', { version: '2001-01-01T00:00:00.000Z' })).toMatchObject({ status: 422 });
  });

  test('is scaled by a factor, and removed with all that stands in it', async () => {
    const { api, atRest } = await simulatedServer();
    await api.ask('PUT', '/v2/groups/shop', { ...shop, dependencies: [] });
    await atRest();
    await api.ask('PUT', '/v2/groups/shop', { scaleBy: 1.5 });
    await atRest();
    const counts = (await api.get('/v2/apps')).apps.map(({ id, tasksRunning }: { id: string; tasksRunning: number }) => [id, tasksRunning]);
    expect(counts).toEqual([
      ['/shop/api', 3],
      ['/shop/jobs/clock', 2],
      ['/shop/web', 2],
    ]);
    await api.ask('DELETE', '/v2/groups/shop');
    await atRest();
    expect((await api.get('/v2/apps')).apps).toEqual([]);
    expect((await api.call('GET', '/v2/groups/shop')).status).toBe(404);
  });

  test('takes a way back in mid-deployment, and what still runs the old configuration stays', async () => {
    const { api, atRest } = await simulatedServer();
    await api.ask('PUT', '/v2/groups/shop', { ...shop, dependencies: [] });
    await atRest();
    const before = (await api.get('/v2/tasks')).tasks.map(({ id }: { id: string }) => id).sort();
    const stuck = app('api', { instances: 2, constraints: [['rack', 'LIKE', 'nowhere']] });
    const { deploymentId } = await api.ask('PUT', '/v2/groups/shop?force=true', {
      ...shop,
      dependencies: [],
      apps: [app('web', { dependencies: ['api'], cmd: 'new' }), stuck],
    });
    expect((await api.call('PUT', '/v2/apps/shop/web', { cmd: 'other' })).status).toBe(409);
    expect((await api.call('DELETE', '/v2/apps/shop/web?force=false')).body.deployments).toEqual([{ id: deploymentId }]);
    await api.ask('DELETE', `/v2/deployments/${deploymentId}`);
    await atRest();
    expect((await api.get('/v2/tasks')).tasks.map(({ id }: { id: string }) => id).sort()).toEqual(before);
    expect((await api.get('/v2/apps/shop/web')).app.cmd).toBe('serve');
  });

  test('is refused with the cycle named, with ids that clash, and when it would empty the root without being forced', async () => {
    const { api, atRest } = await simulatedServer();
    await api.ask('PUT', '/v2/groups/shop', { ...shop, dependencies: [] });
    await atRest();
    const cyclic = await api.call('PUT', '/v2/apps/shop/api', { dependencies: ['/shop/web'] });
    expect([cyclic.status, cyclic.body.details]).toEqual([
      422,
      [{ path: '/dependencies', errors: [expect.stringContaining('/shop/api → /shop/web → /shop/api')] }],
    ]);
    const both = [app('a', { dependencies: ['b'] }), app('b', { dependencies: ['a'] })];
    for (const query of ['', '?dryRun=true']) {
      const written = await api.call('PUT', `/v2/groups/ring${query}`, { apps: both });
      expect([written.status, written.body.details[0].errors]).toEqual([422, [expect.stringContaining('/ring/a → /ring/b → /ring/a')]]);
    }
    expect((await api.call('GET', '/v2/groups/ring')).status).toBe(404);
    expect((await api.call('POST', '/v2/apps', app('/shop'))).status).toBe(409);
    expect((await api.call('POST', '/v2/apps', app('/shop/web/deeper'))).status).toBe(409);
    expect((await api.call('PUT', '/v2/groups', { apps: [], groups: [] })).status).toBe(409);
    expect((await api.call('DELETE', '/v2/groups')).status).toBe(409);
    expect((await api.get('/v2/apps')).apps).toHaveLength(3);
    expect((await api.call('DELETE', '/v2/groups?force=true')).status).toBe(200);
    await atRest();
    expect((await api.get('/v2/groups')).apps).toEqual([]);
    expect((await api.call('POST', '/v2/apps', app('/shop'))).status).toBe(201);
  });

  test('that waits for a lock is taken back without a trace in what it has not come to', async () => {
    const { api, engine, atRest } = await simulatedServer();
    await api.ask('PUT', '/v2/apps/shop/web', app('/shop/web'));
    await atRest();
    const stuck = await api.ask('PUT', '/v2/apps/shop/web', { constraints: [['rack', 'LIKE', 'nowhere']] });
    const definition = { ...appOf(app('/shop/web')), cmd: 'other' };
    const plan: GroupCommand = {
      type: 'ChangeGroup',
      group: '/shop',
      put: [],
      removed: [],
      claims: [],
      changes: [{ id: '/shop/web', kind: 'app', reason: 'change', definition }],
      steps: [{ actions: [{ action: 'Restart', kind: 'app', id: '/shop/web' }] }],
      deployment: engine.ids.next(),
      force: false,
      basedOn: engine.views.groups.version(),
    };
    await engine.submit(ROOT_GROUP, plan, { id: engine.ids.next(), by: 'tester', body: {} });
    expect(engine.views.plans.get(plan.deployment)?.outcome).toBeUndefined();
    expect((await api.call('DELETE', `/v2/deployments/${plan.deployment}`)).status).toBe(200);
    expect((await api.get('/v2/apps/shop/web')).app).toMatchObject({ cmd: 'serve', constraints: [['rack', 'LIKE', 'nowhere']] });
    await api.ask('DELETE', `/v2/deployments/${stuck.deploymentId}`);
    await atRest();
    expect(engine.views.plans.get(plan.deployment)?.outcome).toBe('cancelled');
    expect((await api.get('/v2/apps/shop/web')).app).toMatchObject({ cmd: 'serve', constraints: [], tasksRunning: 1 });
  });
});
