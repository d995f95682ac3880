import { describe, expect, test } from 'vitest';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import { uuidOf } from '../../support/wireFacts.ts';
import { listen, serving } from './streams.ts';
import { world } from './world.ts';

const web = { id: '/web', cmd: 'serve', env: { PASSWORD: 'hunter2' }, container: { type: 'DOCKER', docker: { image: 'web' } } };
type Listed = { readonly type: string; readonly position: number; readonly stream: string };
const types = ({ facts }: { readonly facts: readonly Listed[] }) => facts.map(({ type }) => type);

describe('the raw facts', () => {
  test('come in order with all that is known about each, secrets hidden', async () => {
    const { call } = await world();
    await call('POST', '/v2/apps', { body: web });
    const { body, text } = await call('GET', '/v1/events');
    expect(types(body)).toEqual(['MembersClaimed', 'AppVersionAdded', 'DeploymentBegan', 'RequestReceived']);
    expect(body.facts[1]).toMatchObject({
      position: 2,
      stream: 'app-/web',
      revision: 0,
      wireType: 'AppVersionAdded.v1',
      at: '2030-01-01T00:00:00.000Z',
      by: 'token',
      term: 1,
      state: 'drafted',
      chart: 'app.v1',
      data: { app: '/web', definition: { env: { PASSWORD: { $sealed: 'hidden', key: 'app:/web' } } } },
    });
    expect(body.facts[3].data).toMatchObject({ command: 'DeployApp', subject: 'app-/web', body: { $sealed: 'hidden' } });
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain(Buffer.from('"hunter2"').toString('base64'));
    expect([body.next, body.head]).toEqual([4, 4]);
  });

  test('one that nobody can read is shown as such, its data hidden, and the others are there', async () => {
    const { call, engine } = await world();
    await call('POST', '/v2/apps', { body: web });
    const decode = engine.decode;
    Object.assign(engine, {
      decode: (stored: StoredFact) => {
        if (stored.type === 'DeploymentBegan.v1') throw new Error('what is this');
        return decode(stored);
      },
    });
    const { status, body } = await call('GET', '/v1/events');
    expect([status, types(body)]).toEqual([200, ['MembersClaimed', 'AppVersionAdded', 'DeploymentBegan', 'RequestReceived']]);
    expect(body.facts[2]).toMatchObject({ type: 'DeploymentBegan', unreadable: 'what is this', data: {} });
  });

  test('are filtered by stream, noun and type, and paged', async () => {
    const { call, actors } = await world();
    await call('POST', '/v2/apps', { body: web });
    await actors.addNode('n1');
    const list = async (query: string) => (await call('GET', `/v1/events?${query}`)).body;
    expect(types(await list('noun=node'))).toEqual(['NodeRegistered']);
    expect(types(await list('stream=app-/web'))).toEqual(['AppVersionAdded', 'DeploymentBegan']);
    expect(types(await list('stream=app-/web&after=2'))).toEqual(['DeploymentBegan']);
    expect(types(await list('type=NodeRegistered&type=DeploymentBegan'))).toEqual(['DeploymentBegan', 'NodeRegistered']);
    expect(types(await list('position=3'))).toEqual(['DeploymentBegan']);
    expect(types(await list('position=99'))).toEqual([]);
    const first = await list('limit=4');
    expect([types(first).length, first.next]).toEqual([4, 4]);
    expect(types(await list(`after=${first.next}`))).toEqual(['NodeRegistered']);
    expect((await call('GET', '/v1/events?limit=100000')).status).toBe(422);
    expect((await call('GET', '/v1/events?after=soon')).status).toBe(422);
  });

  test('of a leader that had been succeeded are shown as void', async () => {
    const { call, engine, actors } = await world();
    await actors.addNode('n1');
    await engine.act('lease-engine', { type: 'TakeLease', term: 2, holder: 'b' } as never);
    // The log itself fences; an older leader's fact behind the lease is what another log might hold.
    const [lease] = await engine.memory.readStream('lease-engine');
    Object.assign(lease?.meta ?? {}, { term: 2 });
    await engine.act('node-n1', { type: 'CordonNode', reason: 'late' } as never);
    const { facts } = (await call('GET', '/v1/events')).body;
    expect(facts.map(({ type, void: isVoid }: Listed & { void?: boolean }) => [type, isVoid])).toEqual([
      ['NodeRegistered', undefined],
      ['LeaseTaken', undefined],
      ['NodeCordoned', true],
    ]);
  });

  test('are followed with their positions as ids, and resumed without gap or repeat', async () => {
    const { http, call, actors } = await world();
    await actors.addNode('n1');
    const address = await serving(http);
    const listener = await listen(address, '/v1/events?follow=true&after=0');
    await listener.waitFor(1);
    await call('POST', '/v2/apps', { body: web });
    const events = await listener.waitFor(5);
    expect(events.map(({ id, event }) => [id, event])).toEqual([
      ['1', 'NodeRegistered'],
      ['2', 'MembersClaimed'],
      ['3', 'AppVersionAdded'],
      ['4', 'DeploymentBegan'],
      ['5', 'RequestReceived'],
    ]);
    const resumed = await listen(address, '/v1/events?follow=true&noun=app', { 'last-event-id': '3' });
    expect((await resumed.waitFor(1)).map(({ id }) => id)).toEqual(['4']);
    expect((await call('GET', '/v1/events?follow=true', { headers: { 'last-event-id': 'x' } })).status).toBe(400);
  });

  test('that are followed from the head leave out what was', async () => {
    const { http, actors } = await world();
    await actors.addNode('n1');
    const listener = await listen(await serving(http), '/v1/events?follow');
    await actors.addNode('n2');
    expect((await listener.waitFor(1))[0]).toMatchObject({ id: '2', data: { stream: 'node-n2' } });
  });
});

describe('history', () => {
  test("tells an app's story with its deployments, instances and requests, in sentences", async () => {
    const { call, actors } = await world();
    await actors.addNode('n1');
    await call('POST', '/v2/apps', { body: { id: '/other', cmd: 'serve' } });
    await call('POST', '/v2/apps', { body: web });
    const deployment = await actors.beginDeployment('/web');
    const id = await actors.launch('/web', 'n1');
    const { body } = await call('GET', '/v1/history//web');
    expect(body.subject).toBe('app-/web');
    expect(body.history.map(({ sentence }: { sentence: string }) => sentence)).toEqual([
      'App /web was created: version 2030-01-01T00:00:00.000Z with 1 instance.',
      `Deployment ${deployment} took the lock of /web: from no instances to 1 instance of version 2030-01-01T00:00:00.000Z, by rolling.`,
      'DeployApp was asked for of /web and accepted.',
      `Deployment ${deployment} started to move /web to 1 instance of version 2030-01-01T00:00:00.000Z.`,
      `Instance ${id} was requested for slot 0 of /web, version 2030-01-01T00:00:00.000Z, attempt 1.`,
      `Instance ${id} was placed on node n1 with port 31000, out of 1 node.`,
      `Instance ${id} started as c-0000.`,
    ]);
  });

  test('of an instance in any form of its id, of a node, of a deployment', async () => {
    const { call, actors } = await world();
    await actors.addNode('n1');
    await call('POST', '/v2/apps', { body: web });
    const deployment = await actors.beginDeployment('/web');
    const id = await actors.launch('/web', 'n1');
    const subject = async (name: string) => (await call('GET', `/v1/history/${name}`)).body.subject;
    for (const form of [id, `web.instance-${id}`, `web.instance-${id}._app.1`, `web.${id}`])
      expect(await subject(form)).toBe(`instance-${id}`);
    expect(await subject('n1')).toBe('node-n1');
    expect(await subject(deployment)).toBe(`deployment-${deployment}`);
    expect(await subject('web')).toBe('app-/web');
    expect(await call('GET', '/v1/history/nothing')).toMatchObject({ status: 404, body: { message: "Nothing is recorded of 'nothing'" } });
    expect((await call('GET', `/v1/history/${uuidOf(500)}`)).status).toBe(404);
  });

  test('comes in pages', async () => {
    const { call, actors } = await world();
    await call('POST', '/v2/apps', { body: web });
    await actors.addNode('n1');
    await actors.launch('/web', 'n1');
    const one = (await call('GET', '/v1/history//web?limit=4')).body;
    const two = (await call('GET', `/v1/history//web?limit=4&after=${one.next}`)).body;
    expect([one.history.length, two.history.length, two.next]).toEqual([4, 2, undefined]);
  });
});
