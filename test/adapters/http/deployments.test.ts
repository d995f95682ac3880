import { describe, expect, test } from 'vitest';
import { START } from '../../support/fakeEngine.ts';
import { world } from './world.ts';

const web = { id: '/web', cmd: 'serve', instances: 2 };
const iso = new Date(START).toISOString();

describe('deployments', () => {
  test('a running one has its steps; a first one starts and scales', async () => {
    const { call, actors } = await world();
    await call('POST', '/v2/apps', { body: web });
    const id = await actors.beginDeployment('/web');
    const scale = { action: 'ScaleApplication', app: '/web' };
    expect((await call('GET', '/v2/deployments')).body).toEqual([
      {
        id,
        version: iso,
        affectedApps: ['/web'],
        affectedPods: [],
        steps: [{ actions: [{ action: 'StartApplication', app: '/web' }] }, { actions: [scale] }],
        currentActions: [{ ...scale, readinessCheckResults: [] }],
        currentStep: 2,
        totalSteps: 2,
      },
    ]);
    await actors.endDeployment('/web');
    expect((await call('GET', '/v2/deployments')).body).toEqual([]);
  });

  test('shows how ready the new instances are, while it runs and no longer', async () => {
    const { call, actors, engine } = await world();
    await actors.addNode('n1');
    const portDefinitions = [{ port: 0, name: 'http-api' }];
    await call('POST', '/v2/apps', { body: { ...web, instances: 1, portDefinitions, readinessChecks: [{}] } });
    await actors.beginDeployment('/web');
    const id = await actors.request('/web');
    await actors.place(id, 'n1');
    await actors.start(id);
    const result = { name: 'readinessCheck', ready: false, lastResponse: { status: 503, contentType: 'text/plain', body: 'wait' } };
    engine.readiness.set(id, [result]);
    const shown = [{ ...result, taskId: `web.instance-${id}._app.1` }];
    const [{ currentActions }] = (await call('GET', '/v2/deployments')).body;
    expect(currentActions).toEqual([{ action: 'ScaleApplication', app: '/web', readinessCheckResults: shown }]);
    const embedded = async () => (await call('GET', '/v2/apps/web?embed=app.readiness')).body.app.readinessCheckResults;
    expect(await embedded()).toEqual(shown);
    await actors.endDeployment('/web');
    expect(await embedded()).toEqual([]);
  });

  test('is listed, and can be reverted, from the moment that its app is locked', async () => {
    const { call, engine } = await world();
    const { body } = await call('POST', '/v2/apps', { body: web });
    const [{ id }] = body.deployments;
    expect((await call('GET', '/v2/deployments')).body.map((each: { id: string }) => each.id)).toEqual([id]);
    expect((await call('DELETE', `/v2/deployments/${id}`)).status).toBe(200);
    expect(engine.views.apps.get('/web')?.deployment).not.toBe(id);
  });

  test.each([
    ['PUT', '/v2/apps/web', { cmd: 'other' }, 'RestartApplication'],
    ['PUT', '/v2/apps/web', { instances: 7 }, 'ScaleApplication'],
    ['DELETE', '/v2/apps/web', undefined, 'StopApplication'],
  ] as const)('%s %s of %j is a %s', async (method, url, body, action) => {
    const { call, actors, steady } = await world();
    await steady(web);
    await call(method, url, body === undefined ? {} : { body });
    await actors.beginDeployment('/web');
    expect((await call('GET', '/v2/deployments')).body[0].steps).toEqual([{ actions: [{ action, app: '/web' }] }]);
  });

  test('is reverted by another one that goes back to the definition before', async () => {
    const { call, actors, engine, steady } = await world();
    await steady(web);
    engine.advance(5);
    await call('PUT', '/v2/apps/web', { body: { cmd: 'worse' } });
    const id = await actors.beginDeployment('/web');
    const { status, body, headers } = await call('DELETE', `/v2/deployments/${id}`);
    expect([status, headers['marathon-deployment-id']]).toEqual([200, body.deploymentId]);
    expect(engine.views.apps.get('/web')).toMatchObject({
      deployment: body.deploymentId,
      definition: { cmd: 'serve' },
      target: { configVersion: iso },
    });
  });

  test('of a new app is reverted by its removal', async () => {
    const { call, actors, engine } = await world();
    await call('POST', '/v2/apps', { body: web });
    const id = await actors.beginDeployment('/web');
    const { body } = await call('DELETE', `/v2/deployments/${id}`);
    await actors.beginDeployment('/web');
    expect(engine.views.deployments.get(body.deploymentId)?.to).toBeUndefined();
  });

  test('can be cancelled before it has recorded anything itself', async () => {
    const { call, actors, engine } = await world();
    await call('POST', '/v2/apps', { body: web });
    const id = engine.views.apps.get('/web')?.deployment ?? '';
    const timers: (() => void)[] = [];
    engine.clock.schedule = (_, callback) => {
      timers.push(callback);
      return () => {};
    };
    const cancelled = call('DELETE', `/v2/deployments/${id}?force=true`);
    while (timers.length === 0) await new Promise(setImmediate);
    await actors.beginDeployment('/web');
    for (const go of timers) go();
    expect((await cancelled).status).toBe(202);
    expect(engine.views.deployments.get(id)?.state).toBe('releasing.stopped');
  });

  test('is only cancelled with force, and 404 when it does not run', async () => {
    const { call, actors, engine } = await world();
    await call('POST', '/v2/apps', { body: web });
    const id = await actors.beginDeployment('/web');
    expect(await call('DELETE', `/v2/deployments/${id}?force=true`)).toMatchObject({ status: 202, text: '' });
    expect(engine.views.deployments.get(id)?.state).toBe('releasing.stopped');
    const { status, body } = await call('DELETE', '/v2/deployments/none');
    expect([status, body.message]).toEqual([404, 'DeploymentPlan none does not exist']);
  });
});

describe('the queue', () => {
  test('shows what waits for its delay, and lifts it', async () => {
    const { call, actors, engine, steady } = await world();
    await steady(web);
    const id = await actors.request('/web', 0, 60_000);
    const { queue } = (await call('GET', '/v2/queue')).body;
    expect(queue).toHaveLength(1);
    expect(queue[0]).toMatchObject({
      count: 1,
      role: '*',
      delay: { timeLeftSeconds: 60, overdue: false },
      since: iso,
      app: { id: '/web', cmd: 'serve' },
    });
    expect((await call('DELETE', '/v2/queue//web/delay')).status).toBe(204);
    expect(engine.views.instances.get(id)?.state).toBe('requested');
    const { status, body } = await call('DELETE', '/v2/queue/other/delay');
    expect([status, body.message]).toEqual([404, 'Application /other not found in tasks queue.']);
  });

  test('says in the words of Marathon why no node takes it, and why the last one failed', async () => {
    const { call, actors, steady } = await world();
    await actors.addNode('n1');
    await steady(web);
    const failing = await actors.request('/web', 0);
    await actors.place(failing, 'n1');
    await actors.report(failing, {
      type: 'ReportStartFailed',
      fault: { _tag: 'CommandNotFound', command: 'serve', message: 'no such file' },
    });
    const id = await actors.request('/web', 1);
    await actors.report(id, { type: 'DeferPlacement', considered: 5, excluded: { cpus: 3, constraint: 1, runtime: 1 } });
    const [item] = (await call('GET', '/v2/queue')).body.queue;
    const rejections = [
      { reason: 'UnfulfilledRole', declined: 0, processed: 5 },
      { reason: 'UnfulfilledConstraint', declined: 2, processed: 5 },
      { reason: 'NoCorrespondingReservationFound', declined: 0, processed: 3 },
      { reason: 'AgentMaintenance', declined: 0, processed: 3 },
      { reason: 'InsufficientCpus', declined: 3, processed: 3 },
      { reason: 'InsufficientMemory', declined: 0, processed: 0 },
      { reason: 'InsufficientDisk', declined: 0, processed: 0 },
      { reason: 'InsufficientGpus', declined: 0, processed: 0 },
      { reason: 'InsufficientPorts', declined: 0, processed: 0 },
      { reason: 'DeclinedScarceResources', declined: 0, processed: 0 },
    ];
    expect(item).toMatchObject({
      delay: { timeLeftSeconds: 0, overdue: true },
      processedOffersSummary: {
        processedOffersCount: 5,
        unusedOffersCount: 5,
        lastUnusedOfferAt: iso,
        rejectSummaryLastOffers: rejections,
        rejectSummaryLaunchAttempt: rejections,
        excluded: { cpus: 3, constraint: 1, runtime: 1 },
      },
      lastTaskFailure: { message: 'CommandNotFound: no such file', state: 'TASK_FAILED' },
    });
  });

  test('embeds what each node would offer, and every reason why it does not do', async () => {
    const { call, actors, engine, steady } = await world();
    await actors.addNode('n1');
    await steady(web);
    await actors.launch('/web', 'n1', 0);
    await actors.request('/web', 1);
    engine.refusals = [
      {
        node: 'n1',
        free: { cpus: 0.5, mem: 64, disk: 0, gpus: 0 },
        failed: [
          { filter: 'runtime', reason: 'UnfulfilledConstraint', because: 'no Docker' },
          { filter: 'constraint', reason: 'UnfulfilledConstraint', because: 'not unique' },
          { filter: 'cpus', reason: 'InsufficientCpus', because: 'wants 1 cpus' },
        ],
      },
      { node: 'gone', free: { cpus: 0, mem: 0, disk: 0, gpus: 0 }, failed: [] },
    ];
    const item = async (query: string) => (await call('GET', `/v2/queue${query}`)).body.queue[0];
    expect(await item('')).not.toHaveProperty('lastUnusedOffers');
    const { lastUnusedOffers, processedOffersSummary } = await item('?embed=lastUnusedOffers');
    expect(processedOffersSummary.lastUsedOfferAt).toBe(iso);
    expect(lastUnusedOffers).toEqual([
      {
        offer: {
          id: 'n1-offer',
          hostname: '10.0.0.1',
          agentId: 'n1',
          resources: [
            { name: 'cpus', role: '*', scalar: 0.5 },
            { name: 'mem', role: '*', scalar: 64 },
            { name: 'disk', role: '*', scalar: 0 },
            { name: 'gpus', role: '*', scalar: 0 },
            { name: 'ports', role: '*', ranges: [{ begin: 31_000, end: 32_000 }] },
          ],
          attributes: [],
        },
        reason: ['UnfulfilledConstraint', 'InsufficientCpus'],
        because: ['no Docker', 'not unique', 'wants 1 cpus'],
        timestamp: iso,
      },
    ]);
  });
});
