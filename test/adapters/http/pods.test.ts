import { describe, expect, test } from 'vitest';
import { START } from '../../support/fakeEngine.ts';
import { type World, world } from './world.ts';

const iso = (at = START) => new Date(at).toISOString();
const http = { name: 'http', containerPort: 80 };
const shop = {
  id: '/shop/web',
  labels: { tier: 'front' },
  networks: [{ mode: 'container/bridge' }],
  scaling: { kind: 'fixed', instances: 2 },
  containers: [
    {
      name: 'web',
      image: { kind: 'DOCKER', id: 'nginx:1' },
      resources: { cpus: 0.1, mem: 64 },
      endpoints: [http, { name: 'admin', containerPort: 81 }],
      environment: { KEY: 'secret' },
      healthCheck: { http: { endpoint: 'http', path: '/' } },
    },
    { name: 'logs', image: { kind: 'DOCKER', id: 'shipper:1' }, resources: { cpus: 0.1, mem: 32 }, endpoints: [{ name: 'tail' }] },
  ],
};
const plain = { ...shop, containers: shop.containers.map(({ healthCheck: _, ...rest }) => rest) };
const app = { id: '/shop/api', cmd: 'serve' };

/** A pod that is deployed and steady. */
const steady = async (world: World, definition: Readonly<Record<string, unknown>> = shop) => {
  await world.call('POST', '/v2/pods', { body: definition });
  await world.actors.beginDeployment(String(definition.id));
  await world.actors.endDeployment(String(definition.id));
};

/** With nodes, and as many instances as it wants, running. */
const running = async (definition = shop) => {
  const it = await world();
  await it.actors.addNode('n1', '10.0.0.1');
  await steady(it, definition);
  const ids: string[] = [];
  for (const slot of [0, 1]) {
    const id = await it.actors.request('/shop/web', slot);
    await it.actors.place(id, 'n1');
    const containers = ['web', 'logs'].map((name) => ({ name, id: `${name}-${slot}` }));
    await it.actors.report(id, { type: 'ReportContainerStarted', containerId: `c${slot}`, ipAddresses: ['172.17.0.2'], containers });
    if (it.engine.views.instances.get(id)?.gated === true) await it.actors.report(id, { type: 'ReportReady' });
    ids.push(id);
  }
  return { ...it, ids: ids as [string, string] };
};

describe('creating a pod', () => {
  test('answers 201 with the whole pod, where it is, and its deployment', async () => {
    const { call, engine } = await world();
    const { status, headers, body } = await call('POST', '/v2/pods', { body: shop });
    expect([status, headers.location]).toEqual([201, '/v2/pods/shop/web']);
    expect(headers['marathon-deployment-id']).toBe(engine.views.apps.get('/shop/web')?.deployment);
    expect(body).toMatchObject({ ...shop, version: iso(), executorResources: { cpus: 0.1, mem: 32, disk: 10 }, role: '*' });
    expect((await call('GET', '/v2/pods/shop/web')).body).toEqual(body);
    expect((await call('GET', '/v2/pods')).body).toEqual([body]);
  });

  test('twice is 409, and so is one with the id of an app, or an app with the id of a pod', async () => {
    const { call } = await world();
    await call('POST', '/v2/pods', { body: shop });
    await call('POST', '/v2/apps', { body: app });
    const conflict = (kind: string, id: string) => [409, { message: `${kind} with id [${id}] already exists.` }];
    const asked = async (...args: Parameters<World['call']>) => {
      const { status, body } = await call(...args);
      return [status, body];
    };
    expect(await asked('POST', '/v2/pods', { body: shop })).toEqual(conflict('A pod', '/shop/web'));
    expect(await asked('POST', '/v2/pods', { body: { ...shop, id: app.id } })).toEqual(conflict('An app', app.id));
    expect(await asked('PUT', '/v2/pods/shop/api', { body: { ...shop, id: app.id } })).toEqual(conflict('An app', app.id));
    expect(await asked('POST', '/v2/apps', { body: { ...app, id: shop.id } })).toEqual(conflict('A pod', shop.id));
    expect(await asked('PUT', '/v2/apps/shop/web', { body: { cmd: 'serve' } })).toEqual(conflict('A pod', shop.id));
  });

  test('with wrong fields is 422 with the path of each, and writes nothing', async () => {
    const { call, engine } = await world();
    const { status, body } = await call('POST', '/v2/pods', { body: { ...shop, volumes: [{ name: 'data' }] } });
    expect([status, body]).toEqual([
      422,
      {
        message: 'Object is not valid',
        details: [{ path: '/volumes(0)', errors: ['volume must be referenced by at least one container'] }],
      },
    ]);
    expect(engine.views.apps.get('/shop/web')).toBeUndefined();
  });

  test.each(['[]', '"pod"', '{'])('with %s for a body is 400', async (body) => {
    const { call } = await world();
    expect((await call('POST', '/v2/pods', { body })).status).toBe(400);
  });

  test('with a field that nobody knows is told so, or refused when it asks for that', async () => {
    const { call } = await world();
    const slip = { ...shop, scheduling: { killselection: 'OLDEST_FIRST' } };
    const refused = await call('POST', '/v2/pods?strict=true', { body: slip });
    expect([refused.status, refused.body.details[0].path]).toEqual([422, '/scheduling/killselection']);
    const { status, headers } = await call('POST', '/v2/pods', { body: slip });
    expect([status, String(headers.warning)]).toEqual([201, expect.stringContaining('did you mean `killSelection`?')]);
  });

  test('gives its endpoints service ports, which an update keeps', async () => {
    const it = await world();
    await steady(it);
    const ports = () => it.engine.views.apps.get('/shop/web')?.definition.container?.portMappings?.map(({ servicePort }) => servicePort);
    expect(ports()).toEqual([10_000, 10_001, 10_002]);
    await it.call('PUT', '/v2/pods/shop/web', { body: { ...shop, user: 'www' } });
    expect(ports()).toEqual([10_000, 10_001, 10_002]);
  });
});

describe('a pod', () => {
  test('that there are pods at all is told by HEAD', async () => {
    const { http } = await world();
    const { statusCode, body } = await http.inject({
      method: 'HEAD',
      url: '/v2/pods',
      headers: { authorization: 'Bearer a-token-of-the-test', host: '127.0.0.1' },
    });
    expect([statusCode, body]).toEqual([200, '']);
  });

  test('is replaced as a whole; what is answered can be written back and changes nothing', async () => {
    const it = await world();
    await steady(it);
    const { body } = await it.call('GET', '/v2/pods/shop/web');
    const row = it.engine.views.apps.get('/shop/web');
    it.engine.advance(5);
    const { status, headers } = await it.call('PUT', '/v2/pods/shop/web', { body });
    expect(status).toBe(200);
    expect(headers).toHaveProperty('marathon-deployment-id');
    expect(it.engine.views.apps.get('/shop/web')?.definition).toEqual(row?.definition);
    expect(it.engine.views.apps.get('/shop/web')?.target.configVersion).toBe(row?.target.configVersion);
    expect((await it.call('PUT', '/v2/pods/shop/web?force=true', { body: { ...plain, labels: {} } })).body).not.toHaveProperty('labels');
  });

  test('scaled is the same configuration', async () => {
    const it = await world();
    await steady(it);
    it.engine.advance(5);
    await it.call('PUT', '/v2/pods/shop/web', { body: { ...shop, scaling: { kind: 'fixed', instances: 5 } } });
    const row = it.engine.views.apps.get('/shop/web');
    expect(row?.target).toEqual({ version: iso(START + 5), configVersion: iso(), instances: 5 });
    expect(row?.versions.at(-1)?.reason).toBe('scale');
  });

  test('changed in place keeps its instances, unless Marathon is to be followed', async () => {
    const it = await world();
    await steady(it);
    it.engine.advance(5);
    const relabelled = { ...shop, labels: { tier: 'back' } };
    await it.call('PUT', '/v2/pods/shop/web?force=true', { body: relabelled });
    expect(it.engine.views.apps.get('/shop/web')?.target).toMatchObject({ version: iso(START + 5), configVersion: iso() });
    await it.call('PUT', '/v2/pods/shop/web?force=true&restart=marathon', { body: shop });
    expect(it.engine.views.apps.get('/shop/web')?.target.configVersion).toBe(iso(START + 6));
  });

  test('under the id of another is 400', async () => {
    const { call } = await world();
    const { status, body } = await call('PUT', '/v2/pods/shop/other', { body: shop });
    expect([status, body]).toEqual([400, { message: "'/shop/other' does not match definition's id ('/shop/web')" }]);
  });

  test('is locked by its deployment, unless forced', async () => {
    const { call } = await world();
    await call('POST', '/v2/pods', { body: shop });
    const changed = { body: { ...shop, user: 'www' } };
    expect((await call('PUT', '/v2/pods/shop/web', changed)).status).toBe(409);
    expect((await call('PUT', '/v2/pods/shop/web?force=true', changed)).status).toBe(200);
  });

  test('is removed with 202 and where its deployment is', async () => {
    const it = await world();
    await steady(it);
    const { status, headers, text } = await it.call('DELETE', '/v2/pods/shop/web');
    const id = headers['marathon-deployment-id'];
    expect([status, headers.location, text]).toEqual([202, `/v2/deployments/${id}`, '']);
    expect((await it.call('GET', '/v2/pods/shop/web::status')).body.status).toBe('TERMINAL');
    await it.actors.beginDeployment('/shop/web');
    await it.actors.endDeployment('/shop/web');
    expect((await it.call('GET', '/v2/pods/shop/web')).status).toBe(404);
    expect((await it.call('POST', '/v2/apps', { body: { ...app, id: shop.id } })).status).toBe(201);
  });

  test('has its versions, newest first, each with its definition', async () => {
    const it = await world();
    await steady(it);
    it.engine.advance(5);
    await it.call('PUT', '/v2/pods/shop/web', { body: { ...shop, user: 'www' } });
    expect((await it.call('GET', '/v2/pods/shop/web::versions')).body).toEqual([iso(START + 5), iso()]);
    const { body } = await it.call('GET', `/v2/pods/shop/web::versions/${iso()}`);
    expect(body).toMatchObject({ ...shop, version: iso() });
    expect(body).not.toHaveProperty('user');
    const unknown = await it.call('GET', '/v2/pods/shop/web::versions/2001-01-01T00:00:00.000Z');
    expect([unknown.status, unknown.body.message]).toEqual([404, "Pod '/shop/web' does not exist in version 2001-01-01T00:00:00.000Z"]);
  });

  test.each([
    ['GET', '/v2/pods/shop/api'],
    ['GET', '/v2/pods/shop/api::status'],
    ['GET', '/v2/pods/shop/api::versions'],
    ['DELETE', '/v2/pods/shop/api'],
    ['DELETE', '/v2/pods/shop/api::instances/shop_api.instance-a0000000-0000-5000-8000-000000000000'],
  ] as const)('%s %s of an app is 404', async (method, url) => {
    const { call } = await world();
    await call('POST', '/v2/apps', { body: app });
    const { status, body } = await call(method, url);
    expect([status, body]).toEqual([404, { message: "Pod '/shop/api' does not exist" }]);
  });

  test('%s below it that there is not is 405', async () => {
    const it = await world();
    await steady(it);
    expect((await it.call('GET', '/v2/pods/shop/web::instances')).status).toBe(405);
    expect((await it.call('GET', '/v2/pods/shop/web::nonsense')).status).toBe(405);
  });
});

describe('for apps a pod is not there', () => {
  test.each([
    ['GET', '/v2/apps/shop/web', undefined],
    ['PATCH', '/v2/apps/shop/web', { cpus: 1 }],
    ['PUT', '/v2/apps/shop/web', { version: iso() }],
    ['DELETE', '/v2/apps/shop/web', undefined],
    ['POST', '/v2/apps/shop/web/restart', undefined],
    ['GET', '/v2/apps/shop/web/tasks', undefined],
    ['DELETE', '/v2/apps/shop/web/tasks', undefined],
    ['GET', '/v2/apps/shop/web/versions', undefined],
    ['GET', `/v2/apps/shop/web/versions/${iso()}`, undefined],
  ] as const)('%s %s is 404', async (method, url, body) => {
    const it = await world();
    await steady(it);
    const { status, body: answer } = await it.call(method, url, body === undefined ? {} : { body });
    expect([status, answer]).toEqual([404, { message: "App '/shop/web' does not exist" }]);
  });

  test('and in no list', async () => {
    const it = await world();
    await steady(it);
    await it.call('POST', '/v2/apps', { body: app });
    expect((await it.call('GET', '/v2/apps')).body.apps.map(({ id }: { id: string }) => id)).toEqual(['/shop/api']);
    expect((await it.call('GET', '/v2/apps/shop/*')).body['*'].map(({ id }: { id: string }) => id)).toEqual(['/shop/api']);
  });
});

describe('the status of a pod', () => {
  test('is that of its instances and their containers', async () => {
    const { call, ids, engine } = await running();
    engine.health.set(ids[0], [{ check: 0, alive: true, consecutiveFailures: 0 }]);
    const { body } = await call('GET', '/v2/pods/shop/web::status');
    expect(body).toMatchObject({ id: '/shop/web', status: 'STABLE', spec: { id: '/shop/web', version: iso() }, terminationHistory: [] });
    expect(body.instances).toHaveLength(2);
    const at = { statusSince: iso(), lastUpdated: iso(), lastChanged: iso() };
    expect(body.instances[0]).toEqual({
      id: `shop_web.instance-${ids[0]}`,
      status: 'STABLE',
      conditions: [],
      ...at,
      agentHostname: 'n1.example',
      agentId: 'n1',
      agentRegion: 'eu',
      agentZone: 'a',
      resources: { cpus: 0.3, mem: 128, disk: 10, gpus: 0 },
      networks: [{ addresses: ['172.17.0.2'] }],
      specReference: `/v2/pods/shop/web::versions/${iso()}`,
      localVolumes: [],
      role: '*',
      containers: [
        {
          name: 'web',
          status: 'TASK_RUNNING',
          ...at,
          containerId: `shop_web.instance-${ids[0]}.web.1`,
          conditions: [{ name: 'healthy', value: 'true', reason: 'health-reported-by-mesos', lastChanged: iso(), lastUpdated: iso() }],
          endpoints: [
            { name: 'http', allocatedHostPort: 31_000, healthy: true },
            { name: 'admin', allocatedHostPort: 31_001 },
          ],
          resources: { cpus: 0.1, mem: 64, disk: 0, gpus: 0 },
        },
        {
          name: 'logs',
          status: 'TASK_RUNNING',
          ...at,
          containerId: `shop_web.instance-${ids[0]}.logs.1`,
          conditions: [],
          endpoints: [{ name: 'tail', allocatedHostPort: 31_002 }],
          resources: { cpus: 0.1, mem: 32, disk: 0, gpus: 0 },
        },
      ],
    });
    for (const url of ['/v2/pods::status', '/v2/pods/::status']) expect((await call('GET', url)).body).toEqual([body]);
  });

  test('is degraded while a container is not healthy, and says which', async () => {
    const { call, actors, ids, engine } = await running();
    engine.health.set(ids[0], [{ check: 0, alive: false, consecutiveFailures: 1 }]);
    await actors.report(ids[0], { type: 'ReportUnhealthy', probe: 'HTTP', failures: 1, cause: 'refused' });
    const { body } = await call('GET', '/v2/pods/shop/web::status');
    expect(body.status).toBe('DEGRADED');
    expect(body.instances[0]).toMatchObject({ status: 'DEGRADED', message: 'at least one container is not healthy' });
    expect(body.instances[0].containers[0]).toMatchObject({
      conditions: [{ value: 'false' }],
      endpoints: [{ healthy: false }, { name: 'admin' }],
    });
    expect(body.instances[1].status).toBe('STABLE');
  });

  test('right after a restart of the engine is what was recorded', async () => {
    const { call, actors, ids } = await running();
    const conditions = async () => (await call('GET', '/v2/pods/shop/web::status')).body.instances[0].containers[0].conditions;
    expect(await conditions()).toMatchObject([{ value: 'true' }]);
    await actors.report(ids[0], { type: 'ReportUnhealthy', probe: 'HTTP', failures: 1, cause: 'refused' });
    expect(await conditions()).toMatchObject([{ value: 'false' }]);
  });

  test('of an instance on its way up and down', async () => {
    const it = await world();
    await it.actors.addNode('n1');
    await steady(it);
    const states = async () =>
      (await it.call('GET', '/v2/pods/shop/web::status')).body.instances.map(({ status }: { status: string }) => status);
    const id = await it.actors.request('/shop/web');
    expect(await states()).toEqual([]);
    await it.actors.place(id, 'n1');
    expect(await states()).toEqual(['STAGING']);
    await it.actors.start(id);
    // Nobody has asked its check yet.
    expect(await states()).toEqual(['DEGRADED']);
    await it.actors.report(id, { type: 'ReportNodeUnreachable', node: 'n1', inactiveAfterMs: 1000, expungeAfterMs: 2000 });
    expect(await states()).toEqual(['DEGRADED']);
    await it.actors.report(id, { type: 'StopInstance', reason: 'x', signal: 'SIGTERM', drainMs: 0, graceMs: 0 });
    await it.actors.report(id, { type: 'ReportContainerGone', node: 'n1' });
    expect(await states()).toEqual([]);
  });

  test('of a container that has finished while the others go on is its own', async () => {
    const { call, actors, engine, ids } = await running(plain as never);
    engine.advance(7);
    await actors.report(ids[0], { type: 'ReportPodContainerExited', name: 'logs', exitCode: 0, oom: false });
    const { body } = await call('GET', '/v2/pods/shop/web::status');
    expect(body.status).toBe('STABLE');
    const [web, logs] = body.instances[0].containers;
    expect(web).toMatchObject({ status: 'TASK_RUNNING', statusSince: iso() });
    expect(logs).toMatchObject({
      status: 'TASK_FINISHED',
      statusSince: iso(START + 7),
      endpoints: [],
      termination: { exitCode: 0, message: 'Exited with status 0' },
    });
    expect(logs).not.toHaveProperty('resources');
    const { tasks } = (await call('GET', '/v2/tasks')).body;
    expect(tasks.map(({ state }: { state: string }) => state)).toEqual(['TASK_RUNNING', 'TASK_FINISHED', 'TASK_RUNNING', 'TASK_RUNNING']);
  });

  test('remembers those that ended, each with how its containers did', async () => {
    const { call, actors, engine, ids } = await running(plain as never);
    engine.advance(7);
    const containers = [
      { name: 'web', exitCode: 3, oom: false },
      { name: 'logs', signal: 'SIGTERM', oom: false },
    ];
    await actors.report(ids[0], { type: 'ReportContainerExited', exitCode: 3, oom: false, containers });
    const { body } = await call('GET', '/v2/pods/shop/web::status');
    expect(body.status).toBe('DEGRADED');
    expect(body.terminationHistory).toEqual([
      {
        instanceID: `shop_web.instance-${ids[0]}`,
        startedAt: iso(),
        terminatedAt: iso(START + 7),
        message: 'Exited with status 3',
        containers: [
          {
            containerId: `shop_web.instance-${ids[0]}.web.1`,
            lastKnownState: 'TASK_FAILED',
            termination: { exitCode: 3, message: 'Exited with status 3' },
          },
          {
            containerId: `shop_web.instance-${ids[0]}.logs.1`,
            lastKnownState: 'TASK_FAILED',
            termination: { message: 'Ended by SIGTERM' },
          },
        ],
      },
    ]);
  });
});

describe('killing instances', () => {
  test('one is stopped and answered as it was', async () => {
    const { call, engine, ids } = await running();
    const { status, body } = await call('DELETE', `/v2/pods/shop/web::instances/shop_web.instance-${ids[0]}`);
    expect([status, body]).toEqual([
      200,
      {
        instanceId: `shop_web.instance-${ids[0]}`,
        state: { condition: 'Running', since: iso(), activeSince: iso(), healthy: true, goal: 'Running' },
        agentInfo: { host: 'n1.example', agentId: 'n1', region: 'eu', zone: 'a', attributes: [] },
        runSpecVersion: iso(),
        unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
      },
    ]);
    expect(engine.views.instances.get(ids[0])?.state).toBe('draining');
    expect(engine.views.instances.get(ids[1])?.state).toBe('running.checked.ready');
  });

  test('many are those that the body lists, of this pod; wiped, they are stopped at once', async () => {
    const { call, engine, ids } = await running();
    const named = ids.map((id) => `shop_web.instance-${id}`);
    const other = 'shop_web.instance-b0000000-0000-5000-8000-000000000000';
    const { status, body } = await call('DELETE', '/v2/pods/shop/web::instances?wipe=true', { body: [...named, other] });
    expect([status, body.map(({ instanceId }: { instanceId: string }) => instanceId)]).toEqual([200, named]);
    expect(ids.map((id) => engine.views.instances.get(id)?.state)).toEqual(['stopping', 'stopping']);
  });

  test.each([
    [
      'of nobody',
      'shop_web.instance-b0000000-0000-5000-8000-000000000000',
      404,
      "Task 'shop_web.instance-b0000000-0000-5000-8000-000000000000' does not exist",
    ],
    ['of no form', 'nonsense', 422, 'Object is not valid'],
  ])('an id %s is refused', async (_, id, status, message) => {
    const { call } = await running();
    const answer = await call('DELETE', `/v2/pods/shop/web::instances/${id}`);
    expect([answer.status, answer.body.message]).toEqual([status, message]);
  });

  test('a body that is no list of ids is refused, and nobody is stopped', async () => {
    const { call, engine, ids } = await running();
    expect((await call('DELETE', '/v2/pods/shop/web::instances', { body: {} })).status).toBe(400);
    expect((await call('DELETE', '/v2/pods/shop/web::instances', { body: [`shop_web.instance-${ids[0]}`, 1] })).status).toBe(422);
    expect(engine.views.instances.get(ids[0])?.state).toBe('running.checked.ready');
  });
});

describe('elsewhere in the API', () => {
  test.each([
    ['PUT', { ...shop, user: 'www' }, 'RestartPod'],
    ['PUT', { ...shop, scaling: { kind: 'fixed', instances: 7 } }, 'ScalePod'],
    ['DELETE', undefined, 'StopPod'],
  ] as const)('%s is a deployment of the pod: %2$s', async (method, body, action) => {
    const it = await world();
    await steady(it);
    await it.call(method, '/v2/pods/shop/web', body === undefined ? {} : { body });
    await it.actors.beginDeployment('/shop/web');
    const [deployment] = (await it.call('GET', '/v2/deployments')).body;
    expect(deployment).toMatchObject({
      affectedApps: [],
      affectedPods: ['/shop/web'],
      steps: [{ actions: [{ action, pod: '/shop/web' }] }],
      currentActions: [{ action, pod: '/shop/web' }],
    });
    expect(deployment.currentActions[0]).not.toHaveProperty('app');
  });

  test('a first one starts and scales it, and a revert goes back', async () => {
    const it = await world();
    await it.call('POST', '/v2/pods', { body: shop });
    const id = await it.actors.beginDeployment('/shop/web');
    const [{ steps }] = (await it.call('GET', '/v2/deployments')).body;
    expect(steps.flatMap(({ actions }: { actions: unknown }) => actions)).toEqual([
      { action: 'StartPod', pod: '/shop/web' },
      { action: 'ScalePod', pod: '/shop/web' },
    ]);
    expect((await it.call('DELETE', `/v2/deployments/${id}`)).status).toBe(200);
  });

  test('the queue names a pod that waits as one', async () => {
    const it = await world();
    await steady(it);
    await it.actors.request('/shop/web');
    const { queue } = (await it.call('GET', '/v2/queue')).body;
    expect(queue).toMatchObject([{ count: 1, pod: { id: '/shop/web', version: iso() } }]);
    expect(queue[0]).not.toHaveProperty('app');
  });

  test('each container of a pod is a task, with its own ports and health', async () => {
    const { call, ids, engine } = await running();
    engine.health.set(ids[0], [{ check: 0, alive: true, consecutiveFailures: 0 }]);
    const { tasks } = (await call('GET', '/v2/tasks')).body;
    expect(tasks).toHaveLength(4);
    expect(tasks[0]).toMatchObject({
      id: `shop_web.instance-${ids[0]}.web.1`,
      appId: '/shop/web',
      ports: [31_000, 31_001],
      servicePorts: [10_000, 10_001],
      state: 'TASK_RUNNING',
      healthCheckResults: [{ alive: true, instanceId: `shop_web.instance-${ids[0]}` }],
    });
    expect(tasks[1]).toMatchObject({ id: `shop_web.instance-${ids[0]}.logs.1`, ports: [31_002], servicePorts: [10_002] });
    expect(tasks[1]).not.toHaveProperty('healthCheckResults');
  });

  test('the informational check of a container is shown with that one', async () => {
    const checked = {
      ...plain,
      containers: plain.containers.map((each, nth) => (nth === 1 ? { ...each, check: { tcp: { endpoint: 'tail' } } } : each)),
    };
    const { call, ids, engine } = await running(checked as never);
    engine.checks.set(ids[0], { tcp: { succeeded: true } });
    const { tasks } = (await call('GET', '/v2/tasks')).body;
    expect(tasks[1]).toMatchObject({ checkResult: { tcp: { succeeded: true } } });
    expect(tasks[0]).not.toHaveProperty('checkResult');
    const { instances } = (await call('GET', '/v2/pods/shop/web::status')).body;
    expect(instances[0].containers[1]).toMatchObject({ checkResult: { tcp: { succeeded: true } } });
    expect(instances[0].containers[0]).not.toHaveProperty('checkResult');
  });

  test('killing any of its tasks stops the instance, once; with scale for good', async () => {
    const { call, ids, engine } = await running();
    const ofFirst = ['web', 'logs'].map((name) => `shop_web.instance-${ids[0]}.${name}.1`);
    const { status, body } = await call('POST', '/v2/tasks/delete', { body: { ids: ofFirst } });
    expect([status, body.tasks.map(({ id }: { id: string }) => id)]).toEqual([200, ofFirst]);
    expect(engine.views.instances.get(ids[0])?.state).toBe('draining');
    await call('POST', '/v2/tasks/delete?scale=true', { body: { ids: [`shop_web.instance-${ids[1]}.web.1`] } });
    expect(engine.views.apps.get('/shop/web')?.definition).toMatchObject({ instances: 1, pod: {} });
  });

  test('the values of its variables are sealed in the log', async () => {
    const { call, engine } = await world();
    await call('POST', '/v2/pods', { body: shop });
    const [added] = await engine.memory.readStream('app-/shop/web');
    expect(added?.data).toContain('"environment":{"KEY":{"$sealed"');
    expect(engine.views.apps.get('/shop/web')?.definition.pod?.containers[0]?.environment).toEqual({ KEY: 'secret' });
  });

  test('its operations are described', async () => {
    const { call } = await world();
    const { paths } = (await call('GET', '/openapi.json')).body;
    expect(Object.keys(paths['/v2/pods'])).toEqual(expect.arrayContaining(['get', 'post']));
    expect(Object.keys(paths['/v2/pods/{id}'])).toEqual(expect.arrayContaining(['get', 'put', 'delete']));
    for (const suffix of ['::status', '::versions', '::versions/{version}', '::instances', '::instances/{instance}'])
      expect(paths).toHaveProperty([`/v2/pods/{id}${suffix}`]);
    expect(paths).toHaveProperty(['/v2/pods::status']);
  });
});
