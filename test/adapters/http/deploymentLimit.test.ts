import { expect, test } from 'vitest';
import type { RequestFact } from '../../../src/domain/request/request.ts';
import { eventually } from '../../support/api.ts';
import { simulatedServer } from '../../support/simulatedServer.ts';

const app = (id: string, over: object = {}) => ({ id, cmd: 'serve', instances: 1, cpus: 0.1, mem: 16, ...over });
/** Its deployment waits until it is ended by hand. */
const waiting = (id: string) => app(id, { constraints: [['rack', 'LIKE', 'nowhere']] });
const limited = (max: number) => simulatedServer(2, { maxRunningDeployments: max });

test('as many deployments as are allowed begin, however many are asked for at once', async () => {
  const { api } = await limited(3);
  const answers = await Promise.all(Array.from({ length: 10 }, (_, nth) => api.call('POST', '/v2/apps', waiting(`/a${nth}`))));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 403, 403, 403, 403, 403, 403, 403]);
  expect(await api.get('/v2/deployments')).toHaveLength(3);
});

test('every write that would begin one more is refused, recorded, and leaves nothing', async () => {
  const { api, engine, atRest } = await limited(1);
  await api.ask('POST', '/v2/apps', app('/steady'));
  await atRest();
  await api.ask('POST', '/v2/apps', waiting('/a'));
  const members = () => [...engine.views.groups.members()].map(({ id }) => id);
  const before = members();
  const message = expect.stringContaining('Max number (1) of running deployments is achieved.');
  for (const [method, path, body] of [
    ['POST', '/v2/apps', app('/b')],
    ['PUT', '/v2/apps/b', app('/b')],
    ['PUT', '/v2/apps', [app('/b'), app('/c')]],
    ['PUT', '/v2/apps/steady', { instances: 2 }],
    ['POST', '/v2/apps/steady/restart', {}],
    ['DELETE', '/v2/apps/steady', undefined],
    ['PUT', '/v2/groups/g', { apps: [app('b')] }],
    ['POST', '/v2/pods', { id: '/p', containers: [{ name: 'c', resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: 'x' } } }] }],
  ] as const)
    expect([method, path, await api.call(method, path, body)]).toMatchObject([method, path, { status: 403, body: { message } }]);
  expect(members()).toEqual(before);
  const roots = (await engine.log.readAll({ after: 0, max: 1000 })).filter(({ stream }) => stream.startsWith('request-'));
  const outcomes = roots.map((root) => (engine.decode(root).fact as RequestFact).outcome);
  expect(outcomes.filter((outcome) => outcome.kind === 'refused' && outcome.code === 'too-many-deployments')).toHaveLength(8);
});

test('what takes over from a running deployment, changes nothing or ends one is no further one', async () => {
  const { api, atRest } = await limited(1);
  await api.ask('POST', '/v2/apps', app('/steady'));
  await atRest();
  const { deploymentId } = await api.ask('PUT', '/v2/apps/a', waiting('/a'));
  expect((await api.call('PUT', '/v2/apps/steady', app('/steady'))).status).toBe(200);
  expect((await api.call('PUT', '/v2/apps/a', { ...waiting('/a'), cmd: 'other' })).status).toBe(409);
  const taken = await api.call('PUT', '/v2/apps/a?force=true', { ...waiting('/a'), cmd: 'other' });
  expect([taken.status, taken.body.deploymentId === deploymentId]).toEqual([200, false]);
  expect((await api.call('PUT', '/v2/groups?force=true', { apps: [app('a'), app('b'), app('steady')] })).status).toBe(200);
  await atRest();
  expect((await api.call('POST', '/v2/apps', app('/c'))).status).toBe(201);
  await eventually(api, 'all run', async () => ((await api.get('/v2/tasks?status=running')).tasks.length === 4 ? true : undefined));
});
