import { describe, expect, test } from 'vitest';
import { START } from '../../support/fakeEngine.ts';
import { uuidOf } from '../../support/wireFacts.ts';
import { world } from './world.ts';

const web = { id: '/shop/web', cmd: 'serve', instances: 2, env: { KEY: 'secret' }, labels: { tier: 'front' } };
const iso = new Date(START).toISOString();

describe('creating an app', () => {
  test('answers 201 with the whole app, where it is, and its deployment', async () => {
    const { call, engine } = await world();
    const { status, headers, body } = await call('POST', '/v2/apps', { body: web });
    expect(status).toBe(201);
    expect(headers.location).toBe('/v2/apps/shop/web');
    expect(headers['marathon-deployment-id']).toBe(body.deployments[0].id);
    expect(body).toMatchObject({
      ...web,
      version: iso,
      versionInfo: { lastScalingAt: iso, lastConfigChangeAt: iso },
      tasksStaged: 0,
      tasksRunning: 0,
      tasksHealthy: 0,
      tasksUnhealthy: 0,
      tasks: [],
      portDefinitions: [{ port: 10_000, protocol: 'tcp', name: 'default', labels: {} }],
    });
    expect(engine.requests.map(({ by, body: asked }) => ({ by, asked }))).toEqual([
      { by: 'token', asked: { method: 'POST', url: '/v2/apps', clientIp: '127.0.0.1', body: web } },
    ]);
  });

  test('twice is 409', async () => {
    const { call } = await world();
    await call('POST', '/v2/apps', { body: web });
    const { status, body } = await call('POST', '/v2/apps', { body: web });
    expect([status, body]).toEqual([409, { message: 'An app with id [/shop/web] already exists.' }]);
  });

  test('with wrong fields is 422 with the path of each, and writes nothing', async () => {
    const { call, engine } = await world();
    const { status, body } = await call('POST', '/v2/apps', { body: { id: '/x', cmd: 'a', cpus: 'many', instances: -1 } });
    expect(status).toBe(422);
    expect(body.message).toBe('Invalid JSON');
    expect(body.details.map(({ path }: { path: string }) => path).sort()).toEqual(['/cpus', '/instances']);
    expect(engine.memory.head()).toBe(0);
  });

  test.each([
    ['{"id": "/x"', 400, 'Invalid JSON'],
    ['{"id": "/x", "__proto__": {}}', 400, 'Invalid JSON'],
    ['[1]', 400, 'Please specify data in JSON format'],
    ['', 400, 'Please specify data in JSON format'],
  ])('with the body %s is %i', async (text, wanted, message) => {
    const { call } = await world();
    const { status, body } = await call('POST', '/v2/apps', { body: text });
    expect([status, body.message]).toEqual([wanted, message]);
    expect(typeof body.details).toBe('string');
  });

  test('larger than the limit is 413, which names the limit with its unit', async () => {
    const { call } = await world();
    const { status, body } = await call('POST', '/v2/apps', { body: { ...web, labels: { big: 'x'.repeat(4 * 1024 * 1024) } } });
    expect([status, body]).toEqual([413, { message: 'The body is larger than 4194304 bytes.' }]);
  });

  test('apps never share a service port, asked for at once or not', async () => {
    const { call } = await world();
    const answers = await Promise.all(['/a', '/b', '/c'].map((id) => call('POST', '/v2/apps', { body: { id, cmd: 'sleep' } })));
    const ports = answers.map(({ body }) => body.portDefinitions[0].port);
    expect([...ports].sort()).toEqual([10_000, 10_001, 10_002]);
  });
});

describe('reading apps', () => {
  test('lists by parts of id and command, and by labels, in order', async () => {
    const { call } = await world();
    await call('POST', '/v2/apps', { body: web });
    await call('POST', '/v2/apps', { body: { id: '/db', cmd: 'Store things' } });
    const ids = async (query: string) => (await call('GET', `/v2/apps${query}`)).body.apps.map(({ id }: { id: string }) => id);
    expect(await ids('')).toEqual(['/db', '/shop/web']);
    expect(await ids('?id=SHOP')).toEqual(['/shop/web']);
    expect(await ids('?cmd=store')).toEqual(['/db']);
    expect(await ids('?label=tier')).toEqual(['/shop/web']);
    expect(await ids('?label=tier%3D%3Dback')).toEqual([]);
    expect((await call('GET', '/v2/apps?label=%3D%3D')).status).toBe(422);
  });

  test('the list has counts and deployments; embed adds the rest, under both names of the statistics', async () => {
    const { call, actors, engine, steady } = await world();
    await actors.addNode('n1');
    await steady(web);
    await actors.launch('/shop/web', 'n1');
    engine.advance(10_000);
    const [plain] = (await call('GET', '/v2/apps')).body.apps;
    expect(plain).toMatchObject({ tasksRunning: 1, tasksStaged: 0, deployments: [] });
    expect(plain).not.toHaveProperty('tasks');
    const [rich] = (await call('GET', '/v2/apps?embed=apps.tasks&embed=apps.taskStats&embed=nonsense')).body.apps;
    expect(rich.tasks).toHaveLength(1);
    const counts = { staged: 0, running: 1, healthy: 0, unhealthy: 0 };
    const stats = { stats: { counts, lifeTime: { averageSeconds: 10, medianSeconds: 10 } } };
    expect(rich.taskStats).toEqual({ startedAfterLastScaling: stats, withLatestConfig: stats, totalSummary: stats });
    expect(rich.tasksStats).toEqual(rich.taskStats);
  });

  test.each([
    ['tasks', ['tasks']],
    ['failures', ['tasks', 'lastTaskFailure']],
    ['lastTaskFailure', ['lastTaskFailure']],
    ['readiness', ['readinessCheckResults']],
    ['taskStats', ['tasksStats', 'taskStats']],
    ['deployments', []],
    ['counts', []],
    ['group.apps', []],
    ['nonsense', []],
  ])('embed=%s adds %j, with any prefix of Marathon or none', async (embed, added) => {
    const { call, actors, steady } = await world();
    await actors.addNode('n1');
    await steady(web);
    const id = await actors.launch('/shop/web', 'n1');
    await actors.report(id, { type: 'ReportContainerExited', exitCode: 3, oom: false });
    const keys = async (query: string): Promise<readonly string[]> =>
      Object.keys((await call('GET', `/v2/apps${query}`)).body.apps[0]).sort();
    const plain = await keys('');
    expect(plain).toEqual(expect.arrayContaining(['deployments', 'tasksStaged', 'tasksRunning', 'tasksHealthy', 'tasksUnhealthy']));
    for (const prefix of ['', 'app.', 'apps.', 'group.apps.'])
      expect(await keys(`?embed=${prefix}${embed}`)).toEqual([...plain, ...added].sort());
  });

  test('of many versions the newest fifty are listed, and all can be read', async () => {
    const { call, engine, steady } = await world();
    await steady(web);
    for (let n = 1; n <= 50; n++) {
      engine.advance(1_000);
      await call('PUT', '/v2/apps/shop/web?force=true', { body: { instances: n + 2 } });
    }
    const { versions } = (await call('GET', '/v2/apps/shop/web/versions')).body;
    expect(versions).toHaveLength(50);
    expect([versions[0], versions.at(-1)]).toEqual([new Date(START + 50_000).toISOString(), new Date(START + 1_000).toISOString()]);
    expect((await call('GET', `/v2/apps/shop/web/versions/${iso}`)).body.instances).toBe(2);
  });

  test('one app has its tasks and its last failure', async () => {
    const { call, actors, steady } = await world();
    await actors.addNode('n1');
    await steady(web);
    const id = await actors.launch('/shop/web', 'n1');
    await actors.report(id, { type: 'ReportContainerExited', exitCode: 3, oom: false });
    const { body } = await call('GET', '/v2/apps//shop/web');
    expect(body.app.tasks).toEqual([]);
    expect(body.app.lastTaskFailure).toEqual({
      appId: '/shop/web',
      host: '10.0.0.1',
      message: 'Exited with status 3',
      state: 'TASK_FAILED',
      taskId: `shop_web.instance-${id}._app.1`,
      timestamp: iso,
      version: iso,
      slaveId: 'n1',
    });
  });

  test('a group is all apps below it; an unknown app is 404', async () => {
    const { call } = await world();
    await call('POST', '/v2/apps', { body: web });
    expect((await call('GET', '/v2/apps/shop/*')).body['*']).toHaveLength(1);
    expect(await call('GET', '/v2/apps/shop')).toMatchObject({ status: 404, body: { message: "App '/shop' does not exist" } });
    expect(await call('GET', '/v2/apps/nothing/*')).toMatchObject({ status: 404, body: { message: "Group '/nothing' does not exist" } });
    expect((await call('GET', '/v2/apps/*')).body['*']).toHaveLength(1);
    expect((await (await world()).call('GET', '/v2/apps/*')).body).toEqual({ '*': [] });
  });

  test('versions are listed newest first, each readable; an unknown one is 404', async () => {
    const { call, engine, steady } = await world();
    await steady(web);
    engine.advance(1_000);
    await call('PUT', '/v2/apps/shop/web', { body: { cmd: 'serve better' } });
    const { versions } = (await call('GET', '/v2/apps/shop/web/versions')).body;
    expect(versions).toEqual([new Date(START + 1_000).toISOString(), iso]);
    expect((await call('GET', `/v2/apps/shop/web/versions/${iso}`)).body).toMatchObject({ cmd: 'serve', version: iso });
    const { status, body } = await call('GET', '/v2/apps/shop/web/versions/2001-01-01T00:00:00.000Z');
    expect([status, body.message]).toEqual([404, "App '/shop/web' does not exist in version 2001-01-01T00:00:00.000Z"]);
  });
});

describe('changing an app', () => {
  test('PUT keeps what the body does not name, and answers version and deployment', async () => {
    const { call, engine, steady } = await world();
    await steady(web);
    engine.advance(5);
    const { status, body, headers } = await call('PUT', '/v2/apps/shop/web', { body: { cmd: 'other' } });
    expect(status).toBe(200);
    expect(body).toEqual({ version: new Date(START + 5).toISOString(), deploymentId: headers['marathon-deployment-id'] });
    expect(engine.views.apps.get('/shop/web')).toMatchObject({
      deployment: body.deploymentId,
      definition: { cmd: 'other', instances: 2, env: { KEY: 'secret' } },
    });
  });

  test('PUT with partialUpdate=false replaces the whole definition but keeps its service ports', async () => {
    const { call, engine, steady } = await world();
    await steady(web);
    await call('PUT', '/v2/apps/shop/web?partialUpdate=false', { body: { cmd: 'other' } });
    expect(engine.views.apps.get('/shop/web')?.definition).toMatchObject({ instances: 1, env: {}, portDefinitions: [{ port: 10_000 }] });
  });

  test('PUT creates what is not there, PATCH does not', async () => {
    const { call } = await world();
    expect(await call('PATCH', '/v2/apps/new', { body: { cmd: 'sleep' } })).toMatchObject({
      status: 404,
      body: { message: "App '/new' does not exist" },
    });
    const { status, headers } = await call('PUT', '/v2/apps/new', { body: { cmd: 'sleep' } });
    expect([status, headers.location]).toEqual([201, '/v2/apps/new']);
  });

  test('PATCH changes some fields; only instances changed is a scale that keeps the configuration', async () => {
    const { call, engine, steady } = await world();
    await steady(web);
    engine.advance(5);
    expect((await call('PATCH', '/v2/apps/shop/web', { body: { instances: 5 } })).status).toBe(200);
    expect(engine.views.apps.get('/shop/web')?.versions.map(({ reason, configVersion }) => [reason, configVersion])).toEqual([
      ['create', iso],
      ['scale', iso],
    ]);
  });

  test('a scale while it is deployed is the new target of that deployment, which is the one that is answered', async () => {
    const { call, engine } = await world();
    const { body: made } = await call('POST', '/v2/apps', { body: web });
    engine.advance(5);
    const { status, body } = await call('PUT', '/v2/apps/shop/web', { body: { instances: 6 } });
    expect([status, body]).toEqual([200, { version: new Date(START + 5).toISOString(), deploymentId: made.deployments[0].id }]);
    const again = await call('PUT', '/v2/apps/shop/web', { body: { instances: 6 } });
    expect([again.status, again.body]).toEqual([200, body]);
  });

  test('a body of just a version goes back to it', async () => {
    const { call, engine, steady } = await world();
    await steady(web);
    engine.advance(5);
    await call('PUT', '/v2/apps/shop/web', { body: { cmd: 'worse' } });
    const { status } = await call('PUT', '/v2/apps/shop/web?force=true', { body: { id: '/shop/web', version: iso } });
    expect(status).toBe(200);
    const row = engine.views.apps.get('/shop/web');
    expect([row?.definition.cmd, row?.versions.at(-1)?.reason]).toEqual(['serve', 'rollback']);
    const more = await call('PUT', '/v2/apps/shop/web', { body: { version: iso, cmd: 'sleep' } });
    expect([more.status, more.body.message]).toEqual([422, "The 'version' field may only be combined with the 'id' field."]);
  });

  test('is 409 while a deployment holds the lock, naming it, unless forced', async () => {
    const { call } = await world();
    const { body: made } = await call('POST', '/v2/apps', { body: web });
    const { status, body } = await call('PUT', '/v2/apps/shop/web', { body: { cmd: 'sleep' } });
    expect(status).toBe(409);
    expect(body).toEqual({
      message:
        "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
      deployments: [{ id: made.deployments[0].id }],
    });
    expect((await call('PUT', '/v2/apps/shop/web?force=true', { body: { cmd: 'sleep' } })).status).toBe(200);
  });

  test('may be forced or not in the words of any language; what is neither yes nor no is refused', async () => {
    const { call } = await world();
    await call('POST', '/v2/apps', { body: web });
    const put = async (force: string) => (await call('PUT', `/v2/apps/shop/web?force=${force}`, { body: { cmd: 'sleep' } })).status;
    expect(await put('False')).toBe(409);
    expect(await put('perhaps')).toBe(422);
    expect(await put('True')).toBe(200);
  });

  test('is made once more when somebody else was quicker', async () => {
    const { call, engine, steady } = await world();
    await steady(web);
    const { submit } = engine;
    let between = 1;
    const raced: typeof engine = Object.assign(engine, {
      submit: async (...args: Parameters<typeof submit>) => {
        if (between-- > 0) {
          const definition = engine.views.apps.get('/shop/web')?.definition;
          await engine.act('app-/shop/web', {
            type: 'DeployApp',
            definition: { ...definition, mem: 999 },
            reason: 'change',
            mode: 'change',
            force: false,
            deployment: uuidOf(77),
          } as never);
        }
        return submit(...args);
      },
    });
    expect((await call('PUT', '/v2/apps/shop/web?force=true', { body: { cmd: 'mine' } })).status).toBe(200);
    expect(raced.views.apps.get('/shop/web')?.definition).toMatchObject({ cmd: 'mine', mem: 999 });
  });
});

describe('restart and removal', () => {
  test('restart is a new version of the same definition', async () => {
    const { call, engine, steady } = await world();
    await steady(web);
    engine.advance(5);
    const { status, body } = await call('POST', '/v2/apps/shop/web/restart');
    expect(status).toBe(200);
    expect(engine.views.apps.get('/shop/web')).toMatchObject({ deployment: body.deploymentId, target: { configVersion: body.version } });
    expect((await call('POST', '/v2/apps/shop/web/restart')).status).toBe(409);
    expect((await call('POST', '/v2/apps/nothing/restart')).status).toBe(404);
  });

  test('removal is forced unless told otherwise', async () => {
    const { call, engine } = await world();
    await call('POST', '/v2/apps', { body: web });
    expect((await call('DELETE', '/v2/apps/shop/web?force=false')).status).toBe(409);
    const { status, body } = await call('DELETE', '/v2/apps/shop/web');
    expect([status, body.version]).toEqual([200, iso]);
    expect(engine.views.apps.get('/shop/web')?.deployment).toBe(body.deploymentId);
    expect(await call('DELETE', '/v2/apps/none')).toMatchObject({ status: 404, body: { message: "App '/none' does not exist" } });
  });

  test('what is not an operation of an app is refused', async () => {
    const { call, steady } = await world();
    await steady(web);
    expect((await call('POST', '/v2/apps/shop/web')).status).toBe(405);
    expect((await call('PUT', '/v2/apps/shop/*', { body: { cmd: 'sleep' } })).status).toBe(404);
    expect((await call('GET', '/v2/apps/shop/web?embed=x&minPosition=no')).status).toBe(422);
    expect((await call('DELETE', '/v2/apps/shop/web?force=perhaps')).status).toBe(422);
  });
});
