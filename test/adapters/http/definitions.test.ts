import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WARNING_CHARACTERS_MAX, WARNINGS_MAX, warningValue } from '../../../src/adapters/http/warnings.ts';
import { type Answer, type World, world } from './world.ts';

const web = { id: '/shop/web', cmd: 'serve', labels: { tier: 'front' } };
const folder = new URL('../../goldens/definitions/', import.meta.url);
const FIXTURES = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('.normalised.json'));
const fixture = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

const warningsOf = ({ headers }: Answer): readonly unknown[] => [headers.warning ?? []].flat();
const factsOf = async ({ engine }: World, id: string) => (await engine.memory.readStream(`app-${id}`)).map(({ type }) => type);

/** A world whose pool has room for anything the fixtures ask. */
const roomy = async (): Promise<World> => {
  const made = await world();
  const offer = { hostname: 'n', address: '10.0.0.1', cpus: 64, mem: 65_536, disk: 100_000, gpus: 8, portRanges: [[1, 65_535]] };
  const attributes = { rack: 'r1', 'cpu-model': 'xeon' };
  for (const [nth, id] of ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'].entries())
    await made.engine.act(`node-${id}`, {
      type: 'RegisterNode',
      endpoint: { kind: 'simulated', seed: 1 },
      offer: { ...offer, hostname: `${id}.example` },
      attributes: { ...attributes, rack: `r${nth}` },
      roles: ['*'],
      warnings: [],
      region: 'eu',
      zone: `z${nth}`,
    } as never);
  return made;
};

describe('a definition that is read and written back', () => {
  test.each(FIXTURES)('%s changes nothing, and the answer names the version and deployment that there are', async (name) => {
    const made = await roomy();
    const { call, steady, actors } = made;
    const { version: _, ...definition } = fixture(name);
    await steady({ ...definition, id: `/${definition.id.replace(/^\//, '')}` });
    const [{ id, version, instances }] = (await call('GET', '/v2/apps')).body.apps;
    if (instances > 0) await actors.launch(id, 'n1');
    const before = await factsOf(made, id);
    const url = '/v2/apps?embed=apps.tasks&embed=apps.taskStats&embed=apps.readiness&embed=apps.lastTaskFailure&embed=apps.failures';
    const [listed] = (await call('GET', url)).body.apps;
    const { app: alone } = (await call('GET', `/v2/apps${id}`)).body;
    const ofVersion = (await call('GET', `/v2/apps${id}/versions/${version}`)).body;
    for (const body of [listed, alone, ofVersion])
      for (const query of ['', '?partialUpdate=false', '?force=true', '?restart=marathon', '?strict=false']) {
        const answer = await call('PUT', `/v2/apps${id}${query}`, { body });
        expect([answer.status, answer.body]).toEqual([200, { version, deploymentId: answer.headers['marathon-deployment-id'] }]);
        expect(made.engine.views.deployments.get(answer.body.deploymentId)).toMatchObject({ app: id, outcome: 'succeeded' });
      }
    expect(await factsOf(made, id)).toEqual(before);
    expect((await call('GET', `/v2/apps${id}`)).body.app).toEqual(alone);
  });

  test('with an edit changes just that', async () => {
    const { call, engine, steady } = await roomy();
    await steady(web);
    const { app } = (await call('GET', '/v2/apps/shop/web')).body;
    engine.advance(5);
    expect((await call('PUT', '/v2/apps/shop/web', { body: { ...app, cmd: 'serve better' } })).status).toBe(200);
    expect(engine.views.apps.get('/shop/web')?.definition).toEqual({
      ...engine.views.apps.get('/shop/web')?.versions[0]?.definition,
      cmd: 'serve better',
    });
  });
});

describe('a version in a body', () => {
  const olderAndNewer = async () => {
    const made = await roomy();
    await made.steady(web);
    made.engine.advance(1_000);
    await made.call('PUT', '/v2/apps/shop/web', { body: { cmd: 'other' } });
    await made.actors.beginDeployment('/shop/web');
    await made.actors.endDeployment('/shop/web');
    const [newer, older] = (await made.call('GET', '/v2/apps/shop/web/versions')).body.versions as string[];
    return { ...made, newer, older, put: (body: object) => made.call('PUT', '/v2/apps/shop/web', { body }) };
  };
  const mixed = { message: "The 'version' field may only be combined with the 'id' field." };

  test('is a rollback where it stands alone or with the id', async () => {
    const { put, older, engine } = await olderAndNewer();
    expect((await put({ id: '/shop/web', version: older })).status).toBe(200);
    expect(engine.views.apps.get('/shop/web')?.definition.cmd).toBe('serve');
  });

  test('is refused beside a change: it cannot be both', async () => {
    const { put, older } = await olderAndNewer();
    expect(await put({ version: older, instances: 5 })).toMatchObject({ status: 422, body: mixed });
    expect(await put({ version: '2001-01-01T00:00:00.000Z', cmd: 'x2' })).toMatchObject({ status: 422, body: mixed });
  });

  test('is no rollback where the rest says that it was read: by another field of answers, or as the version that is there', async () => {
    const { put, newer, older, engine } = await olderAndNewer();
    expect((await put({ version: newer, instances: 2 })).status).toBe(200);
    expect((await put({ version: older, versionInfo: {}, instances: 3 })).status).toBe(200);
    expect(engine.views.apps.get('/shop/web')?.definition).toMatchObject({ cmd: 'other', instances: 3 });
  });

  test('is a text', async () => {
    const { put } = await olderAndNewer();
    expect((await put({ version: 5 })).body.details).toEqual([{ path: '/version', errors: ['error.expected.jsstring'] }]);
  });
});

describe('fields that nothing here knows', () => {
  const typo = { id: '/typo', cmd: 'sleep', instnces: 3, upgradeStrategy: { maximumOverCapacty: 0 }, maintainer: 'me' };

  test('are accepted, kept at the top, and warned of with what they may mean', async () => {
    const { call } = await roomy();
    const answer = await call('POST', '/v2/apps', { body: typo });
    expect([answer.status, answer.body.instnces, answer.body.maintainer]).toEqual([201, 3, 'me']);
    expect(warningsOf(answer)).toEqual([
      '299 - "/typo: /instnces is not a known field; did you mean `instances`? It is kept, and nothing follows from it"',
      '299 - "/typo: /maintainer is not a known field; it is kept, and nothing follows from it"',
      '299 - "/typo: /upgradeStrategy/maximumOverCapacty is not a known field; did you mean `maximumOverCapacity`? It is dropped"',
    ]);
  });

  test.each<['POST' | 'PUT' | 'PATCH', string, (body: object) => unknown]>([
    ['POST', '/v2/apps', (body) => body],
    ['PUT', '/v2/apps/typo', (body) => body],
    ['PATCH', '/v2/apps/typo', (body) => body],
    ['PUT', '/v2/apps', (body) => [body]],
    ['PATCH', '/v2/apps', (body) => [body]],
  ])('are refused by a strict %s of %s, with their paths and what they may mean', async (method, url, body) => {
    const made = await roomy();
    if (method === 'PATCH') await made.steady({ id: '/typo', cmd: 'sleep' });
    const before = await factsOf(made, '/typo');
    const answer = await made.call(method, `${url}?strict=true`, { body: body(typo) });
    expect([answer.status, answer.body]).toEqual([
      422,
      {
        message: 'Object is not valid',
        details: [
          { path: '/instnces', errors: ['is not a known field; did you mean `instances`?'] },
          { path: '/maintainer', errors: ['is not a known field'] },
          { path: '/upgradeStrategy/maximumOverCapacty', errors: ['is not a known field; did you mean `maximumOverCapacity`?'] },
        ],
      },
    ]);
    expect(await factsOf(made, '/typo')).toEqual(before);
  });

  test('are no reason to refuse an answer that is written back', async () => {
    const { call, steady } = await roomy();
    await steady(web);
    const { app } = (await call('GET', '/v2/apps/shop/web')).body;
    const answer = await call('PUT', '/v2/apps/shop/web?strict=true', { body: app });
    expect([answer.status, warningsOf(answer)]).toEqual([200, []]);
  });
});

describe('warnings', () => {
  test('hold ASCII only, quoted, and are cut', () => {
    expect(warningValue('a "b" \\ c\r\nX: y é 😀')).toBe('299 - "a \\"b\\" \\\\ c\\\\u000d\\\\u000aX: y \\\\u00e9 \\\\ud83d\\\\ude00"');
    expect(warningValue('x'.repeat(10_000)).length).toBeLessThanOrEqual(WARNING_CHARACTERS_MAX + '299 - ""'.length);
  });

  test('are no more than so many, the rest counted', async () => {
    const { call } = await roomy();
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, nth) => [`éxtra${nth}`, 1]));
    const answer = await call('POST', '/v2/apps', { body: { ...web, ...many } });
    expect(answer.status).toBe(201);
    expect(warningsOf(answer)).toHaveLength(WARNINGS_MAX);
    expect(warningsOf(answer).at(-1)).toBe('299 - "and 85 more"');
  });

  test('are told of what the pool cannot give, which is no refusal', async () => {
    const { call } = await roomy();
    const asked = {
      ...web,
      cpus: 100,
      constraints: [
        ['rack', 'LIKE', 'r[89]'],
        ['gpu-model', 'UNIQUE'],
      ],
    };
    const answer = await call('POST', '/v2/apps', { body: asked });
    expect(answer.status).toBe(201);
    expect(warningsOf(answer)).toEqual([
      '299 - "/shop/web: /cpus cannot be satisfied by the present pool: no node has 100 cpus; the largest has 64"',
      '299 - "/shop/web: /constraints cannot be satisfied by the present pool: no node satisfies rack LIKE r[89]"',
      '299 - "/shop/web: /constraints cannot be satisfied by the present pool: no node has the attribute of gpu-model UNIQUE"',
    ]);
  });

  test('name the apps that have the same port, at a creation, a change and a way back', async () => {
    const { call, steady } = await roomy();
    const ported = (id: string, port: number, requirePorts = false) => ({ ...web, id, portDefinitions: [{ port }], requirePorts });
    await steady(ported('/a', 10_001));
    await steady(ported('/b', 31_005, true));
    const service = (id: string) =>
      `299 - "${id}: service port 10001 is also that of /a: a balancer that listens on it serves one of them"`;
    const host = '299 - "/d: host port 31005 is also that of /b: they cannot be on the same node"';
    const created = await call('POST', '/v2/apps', { body: ported('/c', 10_001) });
    expect([created.status, warningsOf(created)]).toEqual([201, [service('/c')]]);
    const first = (await call('PUT', '/v2/apps/d', { body: ported('/d', 31_005, true) })) as Answer;
    expect([first.status, warningsOf(first)]).toEqual([201, [host]]);
    const moved = await call('PUT', '/v2/apps/d?force=true', { body: ported('/d', 31_006, true) });
    expect([moved.status, warningsOf(moved)]).toEqual([200, []]);
    expect(warningsOf(await call('PUT', '/v2/apps/d?force=true', { body: { version: first.body.version } }))).toEqual([host]);
  });

  test('are none where there is nothing to say, and none on a read', async () => {
    const { call } = await roomy();
    expect(warningsOf(await call('POST', '/v2/apps', { body: web }))).toEqual([]);
    expect((await call('GET', '/v2/apps')).headers).not.toHaveProperty('warning');
  });
});

describe('a change in place', () => {
  const relabelled = async (query: string) => {
    const made = await roomy();
    await made.steady(web);
    made.engine.advance(5);
    const answer = await made.call('PUT', `/v2/apps/shop/web${query}`, { body: { labels: { tier: 'back' } } });
    return { ...made, answer, row: made.engine.views.apps.get('/shop/web') };
  };

  test('is a new version of the same configuration, with a deployment', async () => {
    const { answer, row, engine } = await relabelled('');
    expect(answer.body).toEqual({ version: row?.target.version, deploymentId: row?.deployment });
    expect(row?.target.configVersion).toBe(row?.versions[0]?.version);
    expect(engine.views.apps.definition('/shop/web', row?.target.configVersion ?? '')?.labels).toEqual({ tier: 'back' });
  });

  test('restarts as in Marathon where it is asked to', async () => {
    const { row } = await relabelled('?restart=marathon');
    expect(row?.target.configVersion).toBe(row?.target.version);
  });

  test('knows no other rule', async () => {
    const { answer } = await relabelled('?restart=always');
    expect([answer.status, answer.body.details[0].path]).toEqual([422, '/restart']);
  });
});

describe('bad input', () => {
  test.each<[string, unknown, unknown]>([
    ['cut off', '{"id": "/x"', { message: 'Invalid JSON', details: expect.any(String) }],
    ['no object', '"x"', { message: 'Please specify data in JSON format', details: 'an object was expected' }],
  ])('%s is 400', async (_, body, answered) => {
    const { call } = await world();
    const answer = await call('POST', '/v2/apps', { body });
    expect([answer.status, answer.body]).toEqual([400, answered]);
  });

  test('of the wrong type is 422 with every path', async () => {
    const { call } = await world();
    const answer = await call('POST', '/v2/apps', { body: { id: 5, cmd: ['a'], env: { A: 1 }, instances: '1' } });
    const details = [
      { path: '/id', errors: ['error.expected.jsstring'] },
      { path: '/cmd', errors: ['error.expected.jsstring'] },
      { path: '/env/A', errors: ['error.expected.jsstring'] },
      { path: '/instances', errors: ['error.expected.jsnumber'] },
    ];
    expect([answer.status, answer.body]).toEqual([422, { message: 'Invalid JSON', details }]);
  });

  test('that contradicts itself is refused: no node will ever do', async () => {
    const { call } = await roomy();
    const body = {
      ...web,
      constraints: [
        ['rack', 'CLUSTER', 'r1'],
        ['rack', 'IS', 'r2'],
      ],
    };
    const answer = await call('POST', '/v2/apps', { body });
    expect([answer.status, answer.body.details]).toEqual([
      422,
      [{ path: '/constraints(1)', errors: ['contradicts constraint 0: no node can satisfy both'] }],
    ]);
  });
});
