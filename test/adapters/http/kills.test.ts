import { describe, expect, test } from 'vitest';
import { type SimulatedServer, simulatedServer } from '../../support/simulatedServer.ts';

const app = (id: string, over: object = {}) => ({ id, cmd: 'serve', instances: 3, cpus: 0.1, mem: 16, ...over });
const pod = {
  id: '/p',
  scaling: { kind: 'fixed', instances: 2 },
  containers: [{ name: 'c', resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: 'serve' } } }],
};

const running = async () => {
  const made = await simulatedServer();
  await made.api.ask('PUT', '/v2/groups', { apps: [app('a'), app('b'), app('c')], pods: [pod] });
  await made.atRest();
  return made;
};
const instancesOf = ({ engine }: SimulatedServer, id: string) => engine.views.apps.get(id)?.target.instances;
/** Those of its instances that go on. */
const liveOf = ({ engine }: SimulatedServer, id: string) => engine.views.instances.ofApp(id).map((row) => row.id);
const tasksOf = async ({ api }: SimulatedServer, appId: string): Promise<readonly string[]> =>
  (await api.get('/v2/tasks')).tasks.flatMap((task: { id: string; appId: string }) => (task.appId === appId ? [task.id] : []));

describe('tasks of several apps and pods, killed for good', () => {
  test('are one deployment, which stops just them and leaves as many fewer', async () => {
    const made = await running();
    const { api, atRest } = made;
    const [[a0], [b0, b1], [p0]] = [await tasksOf(made, '/a'), await tasksOf(made, '/b'), await tasksOf(made, '/p')];
    const before = new Map(['/a', '/b', '/p'].map((id) => [id, liveOf(made, id)]));
    const { status, headers, body } = await api.call('POST', '/v2/tasks/delete?scale=true', { ids: [a0, b0, b1, p0] });
    expect([status, headers.get('marathon-deployment-id'), body.deployments]).toEqual([
      200,
      body.deploymentId,
      [{ id: body.deploymentId }],
    ]);
    await atRest();
    expect(['/a', '/b', '/c', '/p'].map((id) => instancesOf(made, id))).toEqual([2, 1, 3, 1]);
    const named = [a0, b0, b1, p0].map((id) => /(?:instance|marathon)-([0-9a-f-]{36})/.exec(id ?? '')?.[1]);
    for (const [id, were] of before) expect(liveOf(made, id).toSorted()).toEqual(were.filter((one) => !named.includes(one)).toSorted());
  });

  test.each(['', '&force=true'])('asked for twice at once, are taken off once (%s)', async (force) => {
    const made = await running();
    const { api, atRest } = made;
    const [[a0], [b0]] = [await tasksOf(made, '/a'), await tasksOf(made, '/b')];
    const kill = () => api.call('POST', `/v2/tasks/delete?scale=true${force}`, { ids: [a0, b0] });
    const answers = await Promise.all([kill(), kill(), kill()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await atRest();
    expect(['/a', '/b'].map((id) => instancesOf(made, id))).toEqual([2, 2]);
    expect(liveOf(made, '/a')).toHaveLength(2);
  });

  test('of which one app is locked, are refused together', async () => {
    const made = await running();
    const { api } = made;
    const [[a0], [b0]] = [await tasksOf(made, '/a'), await tasksOf(made, '/b')];
    const { deploymentId } = await api.ask('PUT', '/v2/apps/b', { constraints: [['rack', 'LIKE', 'nowhere']] });
    const { status, body } = await api.call('POST', '/v2/tasks/delete?scale=true', { ids: [a0, b0] });
    expect([status, body.deployments, instancesOf(made, '/a')]).toEqual([409, [{ id: deploymentId }], 3]);
  });
});
