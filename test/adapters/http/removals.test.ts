import { expect, test } from 'vitest';
import { simulatedServer } from '../../support/simulatedServer.ts';

const app = (id: string, over: object = {}) => ({ id, cmd: 'serve', instances: 1, cpus: 0.1, mem: 16, ...over });
const pod = { id: 'p', containers: [{ name: 'c', resources: { cpus: 0.1, mem: 16 }, exec: { command: { shell: 'serve' } } }] };
const warningOf = ({ headers }: { readonly headers: Headers }) => headers.get('warning');

test('whoever removes what others depend on is told who does', async () => {
  const { api, atRest } = await simulatedServer();
  const needy = app('web', { dependencies: ['/g/db', '/g/p', '/h'] });
  await api.ask('PUT', '/v2/groups', {
    groups: [
      { id: 'g', apps: [app('db'), needy], pods: [pod] },
      { id: 'h', apps: [app('one')] },
    ],
  });
  await atRest();
  expect(warningOf(await api.call('DELETE', '/v2/apps/g/db'))).toBe('299 - "/g/db: is removed while /g/web depends on it"');
  expect(warningOf(await api.call('DELETE', '/v2/pods/g/p'))).toBe('299 - "/g/p: is removed while /g/web depends on it"');
  expect(warningOf(await api.call('DELETE', '/v2/groups/h'))).toBe('299 - "/h: is removed while /g/web depends on it"');
  await atRest();
  expect(warningOf(await api.call('DELETE', '/v2/apps/g/web'))).toBeNull();
});

test('an app that a plan holds is removed at once: the plan ends cancelled, and the others are free', async () => {
  const { api, engine, atRest } = await simulatedServer();
  await api.ask('PUT', '/v2/groups/g', { apps: [app('a'), app('b', { dependencies: ['a'] })] });
  await atRest();
  const stuck = app('a', { cmd: 'other', constraints: [['rack', 'LIKE', 'nowhere']] });
  const { deploymentId } = await api.ask('PUT', '/v2/groups/g', { apps: [stuck, app('b', { dependencies: ['a'], cmd: 'other' })] });
  expect(engine.views.apps.get('/g/b')?.held).toBe(true);

  const refused = await api.call('DELETE', '/v2/apps/g/b?force=false');
  expect([refused.status, refused.body.deployments]).toEqual([409, [{ id: deploymentId }]]);
  expect((await api.call('DELETE', '/v2/apps/g/b')).status).toBe(200);
  await atRest();
  expect(engine.views.plans.get(deploymentId)?.outcome).toBe('cancelled');
  expect([...engine.views.apps.all()].map(({ id, deployment }) => [id, deployment])).toEqual([['/g/a', undefined]]);
  expect((await api.call('PUT', '/v2/apps/g/a', { cmd: 'third', constraints: [] })).status).toBe(200);
  await atRest();
  expect(engine.views.instances.ofApp('/g/a').map(({ state }) => state)).toEqual(['running.unchecked']);
});
