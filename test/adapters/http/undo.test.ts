import { expect, test } from 'vitest';
import { historyOf } from '../../support/api.ts';
import { simulatedServer } from '../../support/simulatedServer.ts';

const web = (more: object = {}) => ({ id: '/web', cmd: 'serve', cpus: 0.1, mem: 64, instances: 2, ...more });

const started = async () => {
  const server = await simulatedServer();
  const put = async (path: string, body: object): Promise<void> => {
    await server.api.ask('PUT', path, body);
    await server.atRest();
  };
  await put('/v2/apps//web', web());
  const lastRequest = async (): Promise<string> =>
    (await historyOf(server.api, '/web')).filter(({ type }) => type === 'RequestReceived').at(-1).correlationId;
  const undo = (undoes: string, more: object = {}) => server.api.call('POST', '/v1/undo', { undoes, ...more });
  return { ...server, put, lastRequest, undo };
};

test('a deployment is taken back, once, and what others changed since stays', async () => {
  const { api, engine, put, lastRequest, undo, atRest } = await started();
  await put('/v2/apps//web', { cmd: 'serve worse', env: { A: '1' } });
  const request = await lastRequest();
  await put('/v2/apps//web', { instances: 3 });
  const head = engine.log.head();
  const shown = await undo(request);
  expect(shown).toMatchObject({ status: 200, body: { parts: [{ app: '/web', does: 'deploy', restored: ['cmd', 'env/A'] }] } });
  expect(engine.log.head()).toBe(head);
  expect((await undo(request, { apply: true })).status).toBe(200);
  await atRest();
  const { app } = await api.get('/v2/apps//web');
  expect(app).toMatchObject({ cmd: 'serve', env: {}, instances: 3 });
  expect(await undo(request)).toMatchObject({ status: 409, body: { message: expect.stringContaining('undone already') } });
});

test('what was shown is what is done: a change in between is a conflict, and nothing is written', async () => {
  const { api, engine, put, lastRequest, undo, atRest } = await started();
  await put('/v2/apps//web', { cmd: 'serve worse' });
  const request = await lastRequest();
  const { basedOn } = (await undo(request)).body;
  expect(Object.keys(basedOn)).toEqual(['/web']);
  await put('/v2/apps//web', { env: { B: '2' } });
  const head = engine.log.head();
  const refused = await undo(request, { apply: true, basedOn });
  expect(refused).toMatchObject({ status: 409, body: { message: expect.stringContaining('/web was changed meanwhile') } });
  expect(engine.log.head()).toBe(head);
  const again = (await undo(request)).body.basedOn;
  expect((await undo(request, { apply: true, basedOn: again })).status).toBe(200);
  await atRest();
  expect((await api.get('/v2/apps//web')).app).toMatchObject({ cmd: 'serve', env: { B: '2' } });
});

test('a scale, a creation and a removal are taken back', async () => {
  const { api, put, lastRequest, undo, atRest } = await started();
  const created = await lastRequest();
  await put('/v2/apps//web', { instances: 4 });
  expect((await undo(await lastRequest(), { apply: true })).status).toBe(200);
  await atRest();
  expect((await api.get('/v2/apps//web')).app.instances).toBe(2);
  await api.ask('DELETE', '/v2/apps//web');
  await atRest();
  const removed = await lastRequest();
  expect(await undo(removed, { apply: true })).toMatchObject({ status: 200, body: { parts: [{ does: 'deploy' }] } });
  await atRest();
  expect((await api.get('/v2/apps//web')).app).toMatchObject({ cmd: 'serve', instances: 2 });
  expect(await undo(created, { apply: true })).toMatchObject({ status: 200, body: { parts: [{ does: 'destroy' }] } });
  await atRest();
  expect((await api.call('GET', '/v2/apps//web')).status).toBe(404);
});

test('a change of a group is taken back for all of its apps', async () => {
  const { api, put, undo, atRest } = await started();
  const apps = (cmd: string) => ({ apps: ['a', 'b'].map((id) => ({ id: `/shop/${id}`, cmd, cpus: 0.1, mem: 32 })) });
  await put('/v2/groups//shop', apps('one'));
  await put('/v2/groups//shop', apps('two'));
  const { body } = await undo('last');
  expect(body.parts.map(({ app }: { app: string }) => app)).toEqual(['/shop/a', '/shop/b']);
  expect((await undo(body.undoes, { apply: true })).status).toBe(200);
  await atRest();
  for (const id of ['a', 'b']) expect((await api.get(`/v2/apps//shop/${id}`)).app.cmd).toBe('one');
});

test('a cordon is taken back, and what cannot be is refused by name', async () => {
  const { api, undo } = await started();
  await api.ask('POST', '/v1/nodes/berth-1/cordon', { reason: 'repair' });
  const node = await historyOf(api, 'berth-1');
  const cordon = node.find(({ type }) => type === 'NodeCordoned').correlationId;
  expect(await undo(cordon, { apply: true })).toMatchObject({ status: 200, body: { does: 'UncordonNode' } });
  const added = node.find(({ type }) => type === 'NodeRegistered').correlationId;
  expect(await undo(added)).toMatchObject({ status: 409, body: { message: expect.stringContaining('cannot be undone') } });
  expect((await undo('nothing')).status).toBe(404);
});
