import { describe, expect, test } from 'vitest';
import { KNOWN_STATES, marathonState } from '../../../src/adapters/http/marathon/taskStates.ts';
import type { AppFact } from '../../../src/domain/app/app.facts.ts';
import type { InstanceFact } from '../../../src/domain/instance/instance.facts.ts';
import { INSTANCE_STATES } from '../../../src/domain/instance/instance.states.ts';
import { START } from '../../support/fakeEngine.ts';
import { type World, world } from './world.ts';

const iso = (ms = 0) => new Date(START + ms).toISOString();
const web = { id: '/web', cmd: 'serve', instances: 2 };

/** Two running instances of an app, on two nodes. */
const running = async (definition: Readonly<Record<string, unknown>> & { readonly id: string } = web) => {
  const made = await world();
  await made.actors.addNode('n1', '10.0.0.1');
  await made.actors.addNode('n2', '10.0.0.2');
  await made.steady(definition);
  const ids = [await made.actors.launch(definition.id, 'n1', 0), await made.actors.launch(definition.id, 'n2', 1)] as const;
  return { ...made, ids };
};

const taskOf = (id: string): string => `web.instance-${id}._app.1`;

const stopOf = async ({ engine }: Pick<World, 'engine'>, id: string) => {
  const facts = (await engine.memory.readStream(`instance-${id}`)).map((stored) => engine.decode(stored).fact as InstanceFact);
  return facts.find((fact) => fact.type === 'InstanceStopRequested');
};

describe('the names of states', () => {
  test('cover every state of the chart, and no other', () => {
    expect([...KNOWN_STATES].sort()).toEqual([...INSTANCE_STATES].sort());
  });

  test.each(INSTANCE_STATES)('%s is a condition of Marathon', (state) => {
    expect(marathonState(state).condition).toMatch(/^[A-Z][A-Za-z]+$/);
  });

  test('an exit with code 0 is finished, any other failed; an unknown state is a defect', () => {
    expect(marathonState('exited', { exitCode: 0, oom: false }).task).toBe('TASK_FINISHED');
    expect(marathonState('exited', { exitCode: 1, oom: false }).task).toBe('TASK_FAILED');
    expect(() => marathonState('dreaming')).toThrow("unknown instance state 'dreaming'");
  });
});

describe('reading tasks', () => {
  test('a task says where it runs, since when, and of which version', async () => {
    const { call, ids } = await running();
    const { body } = await call('GET', '/v2/apps/web/tasks');
    expect(body.tasks).toHaveLength(2);
    expect(body.tasks[0]).toEqual({
      id: taskOf(ids[0]),
      appId: '/web',
      host: '10.0.0.1',
      ports: [31_000],
      servicePorts: [10_000],
      ipAddresses: [{ ipAddress: '10.0.0.1', protocol: 'IPv4' }],
      slaveId: 'n1',
      state: 'TASK_RUNNING',
      stagedAt: iso(),
      startedAt: iso(),
      version: iso(),
      localVolumes: [],
      region: 'eu',
      zone: 'a',
      role: '*',
    });
  });

  test('a load balancer that takes only tasks with good results keeps them over a restart of the engine, before anything was probed', async () => {
    const { call, actors, ids } = await running({ ...web, healthChecks: [{ protocol: 'TCP' }, { protocol: 'HTTP' }] });
    const results = async () =>
      (await call('GET', '/v2/apps/web')).body.app.tasks.map((task: { healthCheckResults?: unknown }) => task.healthCheckResults);
    const recorded = (id: string) => ({ alive: true, consecutiveFailures: 0, firstSuccess: iso(), instanceId: `web.instance-${id}` });
    expect(await results()).toEqual(ids.map((id) => [recorded(id), recorded(id)]));
    await actors.report(ids[0], { type: 'ReportUnhealthy', probe: 'HTTP', failures: 1, cause: 'refused' });
    expect(await results()).toEqual([undefined, [recorded(ids[1]), recorded(ids[1])]]);
    expect((await call('GET', '/v2/apps/web')).body.app).toMatchObject({ tasksHealthy: 1, tasksUnhealthy: 1 });
  });

  test('one that is known to be unhealthy is shown so over a restart of the engine', async () => {
    const { call, actors, ids } = await running({ ...web, healthChecks: [{ protocol: 'TCP' }] });
    await actors.report(ids[0], { type: 'ReportUnhealthy', probe: 'TCP', failures: 3, cause: 'refused' });
    expect((await call('GET', '/v2/apps/web')).body.app.tasks[0].healthCheckResults).toEqual([
      { alive: false, consecutiveFailures: 3, lastFailureCause: 'refused', instanceId: `web.instance-${ids[0]}` },
    ]);
  });

  test('health results are those of the probes; counts follow them, and after a restart what was recorded', async () => {
    const { call, engine, ids } = await running({ ...web, healthChecks: [{ protocol: 'TCP' }] });
    expect((await call('GET', '/v2/apps/web')).body.app).toMatchObject({ tasksHealthy: 2, tasksUnhealthy: 0 });
    engine.health.set(ids[0], [{ check: 0, alive: false, consecutiveFailures: 2, lastFailure: START, lastFailureCause: 'refused' }]);
    const { app } = (await call('GET', '/v2/apps/web')).body;
    expect(app).toMatchObject({ tasksHealthy: 1, tasksUnhealthy: 1 });
    expect(app.tasks[0].healthCheckResults).toEqual([
      { alive: false, consecutiveFailures: 2, lastFailure: iso(), lastFailureCause: 'refused', instanceId: `web.instance-${ids[0]}` },
    ]);
  });

  test('all tasks can be listed by status; what waits for a place has no task yet', async () => {
    const { call, actors } = await running();
    await actors.request('/web', 2);
    const starting = await actors.request('/web', 3);
    await actors.place(starting, 'n1');
    const states = async (query: string) =>
      (await call('GET', `/v2/tasks${query}`)).body.tasks.map(({ state }: { state: string }) => state);
    expect(await states('')).toEqual(['TASK_RUNNING', 'TASK_RUNNING', 'TASK_STAGING']);
    expect(await states('?status=staging')).toEqual(['TASK_STAGING']);
    expect(await states('?status%5B%5D=running')).toEqual(['TASK_RUNNING', 'TASK_RUNNING']);
    expect((await call('GET', '/v2/apps/*/tasks')).body.tasks).toHaveLength(3);
    expect((await call('GET', '/v2/apps/none/tasks')).status).toBe(404);
    expect(await states('?status=sleeping')).toEqual([]);
    expect(await states('?status=running&status=staging')).toHaveLength(3);
  });

  test('as text is not acceptable, unless something else is, too', async () => {
    const { call } = await running();
    for (const path of ['/v2/tasks', '/v2/apps/web/tasks', '/v2/apps/*/tasks']) {
      const asked = async (accept: string) => (await call('GET', path, { headers: { accept } })).status;
      expect(await asked('text/plain')).toBe(406);
      expect(await asked('text/plain;q=0.9, application/json')).toBe(200);
      expect(await asked('text/plain, */*;q=0.1')).toBe(200);
    }
  });
});

describe('killing tasks', () => {
  test('one is asked to stop with a signal and its grace, and answered as it was', async () => {
    const made = await running({ ...web, taskKillGracePeriodSeconds: 20 });
    const { call, ids } = made;
    const { status, body } = await call('DELETE', `/v2/apps/web/tasks/${taskOf(ids[0])}`);
    expect([status, body.task.id, body.task.state]).toEqual([200, taskOf(ids[0]), 'TASK_RUNNING']);
    expect(await stopOf(made, ids[0])).toEqual({
      type: 'InstanceStopRequested',
      reason: 'killed by request',
      signal: 'SIGTERM',
      drainMs: 1000,
      killAt: START + 21_000,
    });
    expect(await stopOf(made, ids[1])).toBeUndefined();
  });

  test('all of a host, by address or node; wiped at once', async () => {
    const made = await running();
    const { call, ids } = made;
    const { body } = await call('DELETE', '/v2/apps/web/tasks?host=10.0.0.2&wipe=true');
    expect(body.tasks.map(({ id }: { id: string }) => id)).toEqual([taskOf(ids[1])]);
    expect(await stopOf(made, ids[1])).toMatchObject({ killAt: START });
    expect((await call('DELETE', '/v2/apps/web/tasks?host=nowhere')).body).toEqual({ tasks: [] });
    expect((await call('DELETE', '/v2/apps/web/tasks?host=*')).body.tasks).toHaveLength(2);
  });

  test('with scale is a deployment of fewer instances that retires these first', async () => {
    const { call, engine, ids } = await running();
    const { status, body, headers } = await call('DELETE', `/v2/apps/web/tasks/${taskOf(ids[1])}?scale=true`);
    expect([status, headers['marathon-deployment-id']]).toEqual([200, body.deploymentId]);
    const facts = (await engine.memory.readStream('app-/web')).map((stored) => engine.decode(stored).fact as AppFact);
    expect(facts.at(-1)).toMatchObject({ type: 'DeploymentBegan', to: { instances: 1 }, retire: [ids[1]] });
    expect((await call('DELETE', '/v2/apps/web/tasks?scale=true')).status).toBe(409);
    expect((await call('DELETE', '/v2/apps/web/tasks?scale=true&force=true')).status).toBe(200);
    expect(engine.views.apps.get('/web')?.target.instances).toBe(0);
  });

  test('with scale, asked for twice, is one deployment, and takes each task off once', async () => {
    const { call, engine, ids } = await running();
    const url = `/v2/apps/web/tasks/${taskOf(ids[1])}?scale=true`;
    const answers = await Promise.all([call('DELETE', url), call('DELETE', url), call('DELETE', `${url}&force=true`)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await call('DELETE', url)).body).toEqual((await call('DELETE', `${url}&force=true`)).body);
    expect(engine.views.apps.get('/web')?.target.instances).toBe(1);
    const both = await call('POST', '/v2/tasks/delete?scale=true&force=true', { body: { ids: ids.map(taskOf) } });
    expect([both.status, engine.views.apps.get('/web')?.target.instances]).toEqual([200, 0]);
  });

  test('scale and wipe together make no sense; an unknown task or app is 404', async () => {
    const { call } = await running();
    const { status, body } = await call('DELETE', '/v2/apps/web/tasks?scale=true&wipe=true');
    expect([status, body.message]).toEqual([400, 'You cannot use scale and wipe at the same time.']);
    expect(await call('DELETE', '/v2/apps/web/tasks/web.nonsense')).toMatchObject({
      status: 404,
      body: { message: "Task 'web.nonsense' does not exist" },
    });
    expect((await call('DELETE', '/v2/apps/none/tasks')).status).toBe(404);
  });

  test('by ids, in any form that Marathon wrote; an id of no form is 400', async () => {
    const { call, ids, engine } = await running();
    const { status, body } = await call('POST', '/v2/tasks/delete', {
      body: { ids: [taskOf(ids[0]), `web.${ids[1]}`, `web.instance-unknown._app.1`] },
    });
    expect([status, body.tasks.length]).toEqual([200, 2]);
    expect(engine.views.instances.get(ids[1])?.state).toBe('draining');
    expect(await call('POST', '/v2/tasks/delete', { body: { ids: ['?'] } })).toMatchObject({
      status: 400,
      body: { message: "Invalid task id '?'" },
    });
    expect(await call('POST', '/v2/tasks/delete', { body: { ids: 3 } })).toMatchObject({
      status: 422,
      body: { details: [{ path: '/ids' }] },
    });
  });

  test.each([
    ['a task', (id: string) => `web.instance-${id}._app.1`],
    ['a task before 1.5', (id: string) => `web.marathon-${id}`],
    ['a task before 1.4', (id: string) => `web.${id}`],
    ['an instance', (id: string) => `web.instance-${id}`],
  ])('one by the id of %s', async (_, idOf) => {
    const { call, ids, engine } = await running();
    expect((await call('DELETE', `/v2/apps/web/tasks/${idOf(ids[0])}`)).body.task.id).toBe(taskOf(ids[0]));
    await call('POST', '/v2/tasks/delete', { body: { ids: [idOf(ids[1])] } });
    expect(ids.map((id) => engine.views.instances.get(id)?.state)).toEqual(['draining', 'draining']);
  });

  test('one that is on its way out already is not counted once more by a scale', async () => {
    const { call, ids, engine } = await running();
    await call('DELETE', `/v2/apps/web/tasks/${taskOf(ids[0])}`);
    await call('POST', '/v2/tasks/delete?scale=true', { body: { ids: [taskOf(ids[0]), taskOf(ids[1])] } });
    expect(engine.views.apps.get('/web')?.target.instances).toBe(1);
  });

  test('by ids: scale and wipe together make no sense there, either', async () => {
    const { call } = await running();
    expect((await call('POST', '/v2/tasks/delete?scale=true&wipe=true', { body: { ids: [] } })).status).toBe(400);
    expect((await call('POST', '/v2/tasks/delete', { body: { ids: [] } })).body).toEqual({ tasks: [] });
  });

  test('by ids with scale is a deployment', async () => {
    const { call, ids, engine } = await running();
    const { body } = await call('POST', '/v2/tasks/delete?scale=true', { body: { ids: [taskOf(ids[0])] } });
    expect(engine.views.apps.get('/web')).toMatchObject({ deployment: body.deploymentId, target: { instances: 1 } });
  });
});
