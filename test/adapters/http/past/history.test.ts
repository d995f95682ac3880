import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { listen, serving } from '../streams.ts';
import { type World, world } from '../world.ts';

const web = { id: '/web', cmd: 'serve', env: { PASSWORD: 'hunter2' }, container: { type: 'DOCKER', docker: { image: 'web' } } };
type Line = { readonly type: string; readonly position: number; readonly stream: string; readonly sentence: string };
const types = (history: readonly Line[]) => history.map(({ type }) => type);
const get = async ({ call }: World, path: string) => call('GET', `/v1/history${path}`);

/** An app with one instance, changed and at rest again. */
const changed = async () => {
  const told = await world();
  const { call, actors } = told;
  await actors.addNode('n1');
  await call('POST', '/v2/apps', { body: web });
  await actors.beginDeployment('/web');
  await actors.launch('/web', 'n1');
  await actors.endDeployment('/web');
  const before = told.engine.memory.head();
  told.engine.advance(60_000);
  await call('PUT', '/v2/apps/web', { body: { cmd: 'serve 2', env: { PASSWORD: 'hunter3' } } });
  const deployment = await actors.beginDeployment('/web');
  await actors.endDeployment('/web');
  return { ...told, before, deployment };
};

describe('a story over HTTP', () => {
  test('is asked for between two moments, filtered, and from its end', async () => {
    const told = await changed();
    const { before } = told;
    const all = (await get(told, '?subject=/web')).body.history;
    expect((await get(told, '//web')).body.history).toEqual(all);
    const history = async (query: string) => (await get(told, `?subject=/web&${query}`)).body.history as readonly Line[];
    expect(await history(`to=${before}`)).toEqual(all.filter(({ position }: Line) => position <= before));
    expect(await history(`from=${before + 1}`)).toEqual(all.filter(({ position }: Line) => position > before));
    expect(await history('from=-30s')).toEqual(all.filter(({ position }: Line) => position > before));
    expect(await history('from=2030-01-01T00:01:00Z&to=2030-01-01T00:01:00Z')).toEqual(
      all.filter(({ position }: Line) => position > before),
    );
    expect(types(await history('type=ContainerStarted&type=InstancePlaced'))).toEqual(['InstancePlaced', 'ContainerStarted']);
    expect(new Set((await history('noun=request')).map(({ stream }) => stream.split('-')[0]))).toEqual(new Set(['request']));
    expect(await history('grep=TOOK%20THE%20LOCK')).toHaveLength(2);
    expect(await history('last=2')).toEqual(all.slice(-2));
    expect(await history('by=nobody')).toEqual([]);
  });

  test('what is asked for wrongly is said by the name of the parameter', async () => {
    const told = await changed();
    const said = async (query: string) => {
      const { status, body } = await get(told, query);
      return [status, body.details?.[0]?.path ?? body.message];
    };
    expect(await said('?subject=/web&from=soon')).toEqual([400, '/from']);
    expect(await said('?subject=/web&to=9999')).toEqual([400, '/to']);
    expect(await said('?subject=/web&from=5&to=2')).toEqual([400, '/from']);
    expect(await said('?subject=nobody')).toEqual([404, "Nothing is recorded of 'nobody'"]);
    expect((await get(told, '')).status).toBe(422);
    expect((await get(told, '?subject=/web&limit=10001')).status).toBe(422);
    expect(await said('/diff?from=5&to=2')).toEqual([400, '/from']);
    expect(await said('/diff?from=1&noun=ship')).toEqual([400, '/noun']);
    expect((await get(told, '/diff')).status).toBe(422);
    expect(await said('/timeline?subject=nobody')).toEqual([404, "Nothing is recorded of 'nobody'"]);
    expect(await said('/receipts/none')).toEqual([404, "Deployment 'none' does not exist"]);
  });

  test('a subject that is called like a route is asked for by the parameter', async () => {
    const told = await world();
    await told.actors.addNode('diff');
    expect((await get(told, '?subject=diff')).body).toMatchObject({ subject: 'node-diff', history: [{ type: 'NodeRegistered' }] });
  });

  test('is followed: first what was, then what comes, and on from the last event that was heard', async () => {
    const told = await changed();
    const { http, actors, engine } = told;
    const all = (await get(told, '?subject=/web')).body.history as readonly Line[];
    const address = await serving(http);
    const listener = await listen(address, '/v1/history/follow?subject=/web');
    expect((await listener.waitFor(all.length)).map(({ data }) => data)).toEqual(all);
    await actors.addNode('n2');
    const id = await actors.launch('/web', 'n1');
    const events = await listener.waitFor(all.length + 3);
    expect(events.slice(all.length).map(({ event, data }) => [event, data.stream])).toEqual(
      ['InstanceRequested', 'InstancePlaced', 'ContainerStarted'].map((type) => [type, `instance-${id}`]),
    );
    const lastBefore = String(all.at(-1)?.position);
    const resumed = await listen(address, '/v1/history/follow?subject=/web&type=ContainerStarted', { 'last-event-id': lastBefore });
    expect((await resumed.waitFor(1))[0]).toMatchObject({ id: String(engine.memory.head()), event: 'ContainerStarted' });
    const latest = await listen(address, '/v1/history/follow?subject=/web&last=1');
    expect((await latest.waitFor(1))[0]).toMatchObject({ id: String(engine.memory.head()) });
    expect((await get(told, '/follow?subject=/web&after=99999')).status).toBe(400);
  });
});

test('what changed between two moments is told with who, secrets hidden', async () => {
  const told = await changed();
  const { status, body, text } = await get(told, `/diff?from=${told.before}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    from: { position: told.before, at: '2030-01-01T00:00:00.000Z' },
    apps: [
      {
        app: '/web',
        became: 'changed',
        fields: [
          {
            field: 'cmd',
            from: 'serve',
            to: 'serve 2',
            mark: { by: 'token', at: '2030-01-01T00:01:00.000Z', request: expect.any(String) },
          },
        ],
        sealed: ['env.PASSWORD'],
      },
    ],
    deployments: [{ deployment: told.deployment, began: { by: 'token' }, ended: { outcome: 'succeeded' } }],
  });
  expect(text).not.toContain('hunter');
  expect((await get(told, `/diff?from=${told.before}&app=/other`)).body).toMatchObject({ apps: [], deployments: [] });
  expect(Object.keys((await get(told, `/diff?from=${told.before}&noun=app`)).body)).toEqual(['from', 'to', 'apps']);
});

test('a timeline is told of one app, of all, and of one instance', async () => {
  const told = await changed();
  const [instance] = [...told.engine.views.instances.all()];
  const one = (await get(told, '/timeline?subject=/web')).body;
  expect(one.apps).toMatchObject([
    { app: '/web', instances: [{ instance: instance?.id }], deployments: [{}, { deployment: told.deployment }] },
  ]);
  const all = (await get(told, '/timeline')).body;
  expect(all.apps).toMatchObject([{ app: '/web', instances: [], states: one.apps[0].states }]);
  const { subject, visits } = (await get(told, `/timeline?subject=${instance?.id}`)).body;
  expect([subject, visits.at(-1)]).toMatchObject([
    `instance-${instance?.id}`,
    { state: 'running.unchecked', since: '2030-01-01T00:00:00.000Z', ms: 60_000, lasts: true },
  ]);
  const { visits: cut } = (await get(told, `/timeline?subject=${instance?.id}&to=2030-01-01T00:00:20Z`)).body;
  expect(cut.at(-1)).toMatchObject({ state: 'running.unchecked', ms: 20_000, lasts: true });
  expect((await get(told, `/timeline?subject=/web&from=${told.before + 1}`)).body.apps[0].newPaths).toEqual(expect.any(Array));
});

test('a receipt comes with the hash of its canonical JSON, and as Markdown', async () => {
  const told = await changed();
  const { body, text } = await get(told, `/receipts/${told.deployment}`);
  expect(body).toMatchObject({
    underWay: false,
    receipt: { app: '/web', asked: { by: 'token', command: 'DeployApp' } },
    sealed: ['env.PASSWORD'],
  });
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, each]) => [key, sorted(each)]),
          )
        : value;
  // Whoever has the answer can check the hash without this program.
  expect(
    createHash('sha256')
      .update(JSON.stringify(sorted(body.receipt)))
      .digest('hex'),
  ).toBe(body.sha256);
  expect(text).not.toContain('hunter');
  const markdown = await get(told, `/receipts/${told.deployment}?format=markdown`);
  expect(markdown.headers['content-type']).toBe('text/markdown; charset=utf-8');
  expect(markdown.text).toContain(body.sha256);
  await told.call('PUT', '/v2/apps/web', { body: { cmd: 'serve 3' } });
  expect((await get(told, `/receipts/${told.deployment}`)).body.sha256).toBe(body.sha256);
  const running = await told.actors.beginDeployment('/web');
  const early = (await get(told, `/receipts/${running}`)).body;
  expect([early.underWay, early.sha256]).toEqual([true, undefined]);
});
