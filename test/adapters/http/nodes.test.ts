import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { START } from '../../support/fakeEngine.ts';
import { world } from './world.ts';

const offer = {
  hostname: 'h',
  address: '10.0.0.9',
  cpus: 8,
  mem: 1024,
  disk: 500,
  gpus: 0,
  enforces: { cpu: true, memory: false },
  warnings: ['no cgroup'],
};
const node = { id: 'n1', endpoint: { kind: 'simulated', seed: 1 }, attributes: { rack: 'a' } };

describe('adding a node', () => {
  test('asks the host what it offers', async () => {
    const { call, engine } = await world();
    engine.offer = async () => E.right(offer);
    const { status, headers, body } = await call('POST', '/v1/nodes', { body: { ...node, region: 'eu', portRanges: [[100, 200]] } });
    expect([status, headers.location]).toEqual([201, '/v1/nodes/n1']);
    const amounts = { cpus: 8, mem: 1024, disk: 500, gpus: 0 };
    expect(body.node).toEqual({
      id: 'n1',
      endpoint: node.endpoint,
      attributes: { rack: 'a' },
      roles: ['*'],
      region: 'eu',
      warnings: ['no cgroup'],
      state: 'attached.answering.ready',
      since: new Date(START).toISOString(),
      hostname: 'h',
      address: '10.0.0.9',
      portRanges: [[100, 200]],
      instances: 0,
      resources: { total: amounts, used: { cpus: 0, mem: 0, disk: 0, gpus: 0, ports: [] }, free: amounts },
    });
    expect((await call('POST', '/v1/nodes', { body: node })).status).toBe(409);
  });

  test('a host that is in the pool already is no second node, and that it was asked for is recorded', async () => {
    const { call, engine } = await world();
    const { enforces: _, warnings: __, ...amounts } = offer;
    const body = { ...node, endpoint: { kind: 'docker', socket: '/run/d.sock' }, offer: { ...amounts, portRanges: [[1, 2]] } };
    expect((await call('POST', '/v1/nodes', { body })).status).toBe(201);
    const twice = await call('POST', '/v1/nodes', { body: { ...body, id: 'n2' } });
    expect([twice.status, twice.body.message]).toEqual([409, 'That host is in the pool already, as node [n1].']);
    expect(engine.views.nodes.get('n2')).toBeUndefined();
    const [root] = (await engine.log.readAll({ after: 0, max: 100 })).slice(-1).map((stored) => engine.decode(stored).fact);
    expect(root).toMatchObject({ type: 'RequestReceived', subject: 'node-n2', outcome: { kind: 'refused', code: 'already-exists' } });
  });

  test('may lend more than the host has, and other factors later; both are shown', async () => {
    const { call } = await world();
    const { enforces: _, warnings: __, ...amounts } = offer;
    const brought = { ...amounts, portRanges: [[1, 2]] };
    const added = await call('POST', '/v1/nodes', { body: { ...node, offer: brought, oversubscribe: { cpus: 2, mem: 1 } } });
    expect([added.status, added.body.node.oversubscribe]).toEqual([201, { cpus: 2 }]);
    expect(added.body.node.resources).toMatchObject({
      total: { cpus: 16, mem: 1024, disk: 500 },
      offered: { cpus: 8, mem: 1024 },
      free: { cpus: 16 },
    });
    const changed = await call('PUT', '/v1/nodes/n1/oversubscribe', { body: { mem: 1.5 } });
    expect(changed.body.node.resources).toMatchObject({ total: { cpus: 8, mem: 1536 }, offered: { cpus: 8, mem: 1024 } });
    const once = await call('PUT', '/v1/nodes/n1/oversubscribe', { body: {} });
    expect(once.body.node).not.toHaveProperty('oversubscribe');
    expect(once.body.node.resources).not.toHaveProperty('offered');
  });

  test.each([
    [{ cpus: 0.5 }, 'cpus'],
    [{ mem: 101 }, 'mem'],
    [{ disk: 2 }, 'disk'],
  ])('lends between once and a hundred times its cpus and memory, so that %j is refused by name', async (oversubscribe, named) => {
    const { call } = await world();
    const { enforces: _, warnings: __, ...amounts } = offer;
    const refused = await call('POST', '/v1/nodes', { body: { ...node, offer: { ...amounts, portRanges: [[1, 2]] }, oversubscribe } });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining(named)]);
    expect((await call('PUT', '/v1/nodes/n1/oversubscribe', { body: {} })).status).toBe(404);
  });

  test('may bring its offer', async () => {
    const { call } = await world();
    const { enforces: _, warnings: __, ...amounts } = offer;
    const { status, body } = await call('POST', '/v1/nodes', { body: { ...node, offer: { ...amounts, portRanges: [[1, 2]] } } });
    expect([status, body.node.portRanges]).toEqual([201, [[1, 2]]]);
  });

  test('that does not answer is 502 with the reason, and nothing is written', async () => {
    const { call, engine } = await world();
    const { status, body } = await call('POST', '/v1/nodes', { body: node });
    expect([status, body]).toEqual([
      502,
      { message: 'The host cannot be added: HostUnreachable: nobody set an offer', fault: 'HostUnreachable' },
    ]);
    expect(engine.memory.head()).toBe(0);
  });

  test('that never answers is given up', async () => {
    const { call, engine } = await world();
    engine.offer = () => new Promise(() => {});
    engine.clock.schedule = (_, callback) => {
      setImmediate(callback);
      return () => {};
    };
    const { status, body } = await call('POST', '/v1/nodes', { body: node });
    expect([status, body.message]).toEqual([502, 'The host cannot be added: HostUnreachable: no answer within 20000 ms']);
  });

  test('that cannot be used is 422, and so is what is no node', async () => {
    const { call } = await world();
    const unusable = await call('POST', '/v1/nodes', { body: { ...node, endpoint: { kind: 'process', root: '/x' } } });
    expect([unusable.status, unusable.body.fault]).toEqual([422, 'StartRejected']);
    const wrong = await call('POST', '/v1/nodes', { body: { ...node, id: '../x', portRanges: [[9, 1]] } });
    expect(wrong.status).toBe(422);
    expect(wrong.body.details.map(({ path }: { path: string }) => path).sort()).toEqual(['/id', '/portRanges/0']);
  });
});

describe('a node in the pool', () => {
  test('says what its instances hold of it', async () => {
    const { call, actors, steady } = await world();
    await actors.addNode('n1');
    await steady({ id: '/web', cmd: 'serve', cpus: 0.5, mem: 64 });
    await actors.launch('/web', 'n1');
    const { body } = await call('GET', '/v1/nodes/n1');
    expect(body.node).toMatchObject({
      instances: 1,
      resources: { used: { cpus: 0.5, mem: 64, disk: 0, gpus: 0, ports: [31_000] }, free: { cpus: 3.5, mem: 4032, disk: 10_000, gpus: 0 } },
    });
    expect((await call('GET', '/v1/nodes')).body.nodes).toEqual([body.node]);
  });

  test('is cordoned, uncordoned and removed', async () => {
    const { call, actors, engine } = await world();
    await actors.addNode('n1');
    expect((await call('POST', '/v1/nodes/n1/cordon', { body: { reason: 'disk is failing' } })).body.node).toMatchObject({
      state: 'attached.answering.cordoned',
      reason: 'disk is failing',
    });
    expect((await call('POST', '/v1/nodes/n1/uncordon')).body.node.state).toBe('attached.answering.ready');
    expect((await call('DELETE', '/v1/nodes/n1')).body.node.state).toBe('removed');
    expect(engine.views.nodes.get('n1')).toBeUndefined();
  });

  test.each([
    ['GET', '/v1/nodes/none'],
    ['DELETE', '/v1/nodes/none'],
    ['POST', '/v1/nodes/none/cordon'],
    ['POST', '/v1/nodes/none/uncordon'],
  ] as const)('%s %s is 404', async (method, url) => {
    const { call } = await world();
    expect(await call(method, url)).toMatchObject({ status: 404, body: { message: "Node 'none' does not exist" } });
  });
});
