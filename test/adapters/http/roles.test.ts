import { expect, test } from 'vitest';
import { world } from './world.ts';

const pod = (id: string, over: object = {}) => ({
  id,
  containers: [{ name: 'c', resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: 'serve' } } }],
  ...over,
});
const app = (id: string, over: object = {}) => ({ id, cmd: 'serve', ...over });

/** A group whose role everything in it has. */
const enforced = async () => {
  const made = await world();
  await made.engine.act('group-/', {
    type: 'ChangeGroup',
    group: '/team',
    put: [{ id: '/team', dependencies: [], enforceRole: true }],
    removed: [],
    claims: [],
    changes: [],
    steps: [],
    deployment: 'none',
    force: false,
    basedOn: '',
  } as never);
  return made;
};

const written = (role?: string) => (role === undefined ? {} : { role });
const WRITES = [
  ['POST', '/v2/pods', (role?: string) => pod('/team/sub/p', written(role))],
  ['PUT', '/v2/pods/team/sub/p', (role?: string) => pod('/team/sub/p', written(role))],
  ['POST', '/v2/apps', (role?: string) => app('/team/sub/a', written(role))],
  ['PUT', '/v2/apps/team/sub/a', (role?: string) => app('/team/sub/a', written(role))],
] as const;

test.each(WRITES)('%s %s below a group that enforces its role has this role, and no other', async (method, url, body) => {
  const { call, engine } = await enforced();
  for (const other of ['*', 'other'])
    expect(await call(method, url, { body: body(other) })).toMatchObject({ status: 422, body: { details: [{ path: '/role' }] } });
  expect((await call(method, url, { body: body() })).status).toBe(201 - (url === '/v2/pods/team/sub/p' ? 1 : 0));
  expect([...engine.views.apps.all()].map(({ definition }) => definition.role)).toEqual(['team']);
});

test('a group write gives its apps and pods the role, also when it is enforced from this write on', async () => {
  const { call } = await enforced();
  const members = (role?: string) => ({ apps: [app('a', written(role))], pods: [pod('p', written(role))] });
  for (const [group, extra] of [
    ['/team', {}],
    ['/fresh', { enforceRole: true }],
  ] as const) {
    const refused = await call('PUT', `/v2/groups${group}`, { body: { ...extra, ...members('other') } });
    expect(refused).toMatchObject({ status: 422, body: { details: [{ path: '/apps(0)/role' }, { path: '/pods(0)/role' }] } });
    const foreseen = await call('PUT', `/v2/groups${group}?dryRun=true`, { body: { ...extra, ...members() } });
    expect([foreseen.status, foreseen.body.diff.map(({ id }: { id: string }) => id)]).toEqual([200, [`${group}/a`, `${group}/p`]]);
  }
});
