import { expect, test } from 'vitest';
import { simulatedServer } from '../../support/simulatedServer.ts';

const web = (more: object = {}) => ({ id: '/web', cmd: 'serve', cpus: 0.5, mem: 64, instances: 2, ...more });

/** All instances on one node, for the other one was cordoned meanwhile. */
const lopsided = async (more: object = {}) => {
  const server = await simulatedServer();
  const { api, atRest } = server;
  await api.ask('POST', '/v1/nodes/berth-2/cordon', {});
  await api.ask('PUT', '/v2/apps//web', web(more));
  await atRest();
  await api.ask('POST', '/v1/nodes/berth-2/uncordon', {});
  const plan = (body: object = {}) => api.call('POST', '/v1/rebalance', body);
  const places = () =>
    server.engine.views.instances
      .ofApp('/web')
      .filter(({ state }) => state === 'running.unchecked')
      .map(({ node }) => node)
      .toSorted();
  const over = async (id: string) => {
    await server.until(() => server.engine.views.roster.get(`rebalance-${id}` as never)?.owes === '');
    return api.get(`/v1/rebalance/${id}`);
  };
  return { ...server, plan, places, over };
};

test('a plan is answered, and nothing is written', async () => {
  const { plan, engine } = await lopsided();
  const head = engine.log.head();
  const { status, body } = await plan({ goal: 'empty', nodes: ['berth-1'] });
  expect(status).toBe(200);
  expect(body).toMatchObject({ goal: 'empty', before: { score: 2 }, after: { score: 0 }, cost: expect.any(Number), stuck: [] });
  expect(body.id).toBeUndefined();
  expect(body.moves).toHaveLength(2);
  expect(body.moves[0]).toMatchObject({ app: '/web', from: 'berth-1', to: 'berth-2', wave: 0, gain: 1, startMs: expect.any(Number) });
  expect(engine.log.head()).toBe(head);
});

test('with apply it is done, can be looked at, and the history says who wanted it', async () => {
  const { plan, over, places, api } = await lopsided();
  const { status, body } = await plan({ goal: 'empty', nodes: ['berth-1'], apply: true });
  expect(status).toBe(201);
  expect(await over(body.id)).toMatchObject({ id: body.id, state: 'completed', done: 2, skipped: 0, scoreBefore: 2, scorePlanned: 0 });
  expect(places()).toEqual(['berth-2', 'berth-2']);
  expect((await api.get('/v1/nodes/berth-1')).node.state).toBe('attached.answering.cordoned');
  const why = await api.get(`/v1/history/why?thing=${body.moves[0].instance}`);
  expect(JSON.stringify(why.paragraph)).toContain(`moved by rebalance ${body.id} from berth-1 to berth-2`);
  expect(JSON.stringify(why.chain)).toContain('RebalanceBegan');
});

test('one at a time: the second is refused while the first is under way, and an abort ends it', async () => {
  const { plan, api } = await lopsided();
  const { body } = await plan({ goal: 'empty', nodes: ['berth-1'], apply: true });
  expect(await plan({ apply: true })).toMatchObject({ status: 409, body: { message: expect.stringContaining(body.id) } });
  expect(await api.ask('DELETE', `/v1/rebalance/${body.id}`)).toMatchObject({ state: 'aborted', reason: 'aborted by request' });
});

test('what makes no sense is refused by name', async () => {
  const { plan, api } = await lopsided();
  for (const [body, path] of [
    [{ goal: 'empty' }, '/nodes'],
    [{ goal: 'spread', nodes: ['berth-1'] }, '/nodes'],
    [{ goal: 'empty', nodes: ['berth-1', 'berth-9'] }, '/nodes/1'],
    [{ goal: 'tidy' }, '/goal'],
    [{ maxMoves: 0 }, '/maxMoves'],
  ] as const) {
    const answer = await plan(body);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([422, expect.stringContaining(path)]);
  }
  expect((await api.call('GET', '/v1/rebalance/none')).status).toBe(404);
  expect((await api.call('DELETE', '/v1/rebalance/none')).status).toBe(404);
});
