import { describe, expect, test } from 'vitest';
import { type SimulatedServer, simulatedServer } from '../../support/simulatedServer.ts';

const web = (version: number, deployment?: Readonly<Record<string, unknown>>) => ({
  id: '/web',
  cmd: 'serve',
  cpus: 0.1,
  mem: 32,
  instances: 2,
  env: { V: String(version) },
  portDefinitions: [{ port: 0, name: 'http' }],
  ...(deployment !== undefined && { deployment }),
});

/** An app whose second version is being prepared by a command that does not end by itself. */
const preparing = async (): Promise<SimulatedServer> => {
  const server = await simulatedServer();
  await server.api.ask('PUT', '/v2/apps//web', web(1));
  await server.atRest();
  await server.api.ask('PUT', '/v2/apps//web', web(2, { before: { cmd: 'echo migrating; hang' } }));
  await server.until(() => [...server.engine.views.instances.ofApp('/web#before')].some(({ state }) => state === 'running.unchecked'));
  return server;
};

describe('the command of a deployment', () => {
  test('is listed beside its app’s instances, and what it says can be read', async () => {
    const { api, engine, url } = await preparing();
    const { instances } = await api.get('/v1/instances?app=/web');
    const [hook] = engine.views.instances.ofApp('/web#before');
    expect(instances).toHaveLength(3);
    expect(instances.at(-1)).toMatchObject({
      id: hook?.id,
      app: '/web',
      hook: 'before',
      attempt: 1,
      deployment: engine.views.apps.get('/web')?.deployment,
      state: 'running.unchecked',
    });
    const logs = await fetch(`${url}/v1/instances/${hook?.id}/logs`);
    expect(await logs.text()).toBe('migrating\n');
    expect((await api.get('/v1/instances')).instances).toHaveLength(3);
  });

  test('is none of the tasks of its app, whoever asks', async () => {
    const { api, engine } = await preparing();
    const [hook] = engine.views.instances.ofApp('/web#before');
    const { app } = await api.get('/v2/apps//web');
    expect([app.tasks.length, app.tasksRunning, app.tasksStaged]).toEqual([2, 2, 0]);
    expect((await api.get('/v2/tasks')).tasks).toHaveLength(2);
    expect((await api.get('/v1/endpoints?app=/web')).endpoints).toHaveLength(2);
    expect((await api.get('/v2/queue')).queue).toEqual([]);
    expect(JSON.stringify(await api.get('/mesos/master/state'))).not.toContain(hook?.id);
    const { gauges } = await api.get('/metrics');
    expect(gauges['marathon.instances.running.gauge'].value).toBe(2);
    expect((await api.ask('POST', '/v2/tasks/delete', { ids: [`web#before.instance-${hook?.id}._app.1`] })).tasks).toEqual([]);
    // What it holds of its node is held all the same.
    const { nodes } = await api.get('/v1/nodes');
    expect(nodes.reduce((sum: number, node: { instances: number }) => sum + node.instances, 0)).toBe(3);
  });
});

test('an app for every node is written without a number, answered with one, and written back as it is', async () => {
  const { api, atRest, until, engine } = await simulatedServer(3);
  const agent = { id: '/agent', cmd: 'watch', cpus: 0.1, mem: 32, perNode: true };
  const { deployments } = await api.ask('POST', '/v2/apps', agent);
  expect(deployments).toHaveLength(1);
  await atRest();
  const { app } = await api.get('/v2/apps//agent');
  expect(app).toMatchObject({ perNode: true, instances: 3, tasksRunning: 3 });
  await api.ask('PUT', '/v2/apps//agent', app);
  const { headers } = await api.call('PATCH', '/v2/apps//agent', { instances: 7 });
  expect(headers.get('warning')).toContain('/instances is not read: the app has one on every eligible node');
  expect((await api.get('/v2/apps//agent/versions')).versions).toHaveLength(1);
  await api.ask('POST', '/v1/nodes', { id: 'berth-4', endpoint: { kind: 'simulated', seed: 4711 } });
  await until(() => engine.views.apps.get('/agent')?.definition.instances === 4);
  await atRest();
  expect((await api.get('/v2/apps//agent')).app).toMatchObject({ instances: 4, tasksRunning: 4 });
  const { status, body } = await api.call('POST', '/v2/apps', { ...agent, id: '/two', constraints: [['rack', 'MAX_PER', '1']] });
  expect([status, body.details]).toEqual([
    422,
    [{ path: '/constraints(0)', errors: ['an app on every node takes only IS, IN, LIKE, UNLIKE'] }],
  ]);
});
