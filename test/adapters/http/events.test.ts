import { describe, expect, test } from 'vitest';
import { SLOW_CONSUMER_LIMIT_FACTS } from '../../../src/adapters/http/feed.ts';
import type { EventLog, StoredFact } from '../../../src/domain/kernel/ports.ts';
import { wireFact } from '../../support/wireFacts.ts';
import { listen, serving } from './streams.ts';
import { world } from './world.ts';

const web = { id: '/web', cmd: 'serve' };

/** An app whose whole life is recorded, and the address of its server. */
const lived = async () => {
  const made = await world();
  await made.actors.addNode('n1');
  await made.steady(web);
  await made.actors.launch('/web', 'n1');
  return { ...made, address: await serving(made.http) };
};

/** Batches of 1,000 facts after which a listener that does not read is cut off in any case: some kernels keep tens of MiB for it. */
const SLOW_BATCHES_MAX = 200;

/** Counts the log's subscriptions that have ended. */
const watchSubscriptions = ({ log }: { readonly log: Pick<EventLog, 'subscribe'> }) => {
  let ended = 0;
  const { subscribe } = log;
  const counted: EventLog['subscribe'] = async (after, onFacts) => {
    const subscription = await subscribe(after, onFacts);
    const close = async (): Promise<void> => {
      ended += 1;
      await subscription.close();
    };
    return { close };
  };
  Object.assign(log, { subscribe: counted });
  return { ended: () => ended };
};

describe('/v2/events', () => {
  test('is an event stream with the line ends of Marathon, and only for who accepts one', async () => {
    const { call, address } = await lived();
    const listener = await listen(address, '/v2/events');
    await listener.waitFor(1);
    expect(listener.status).toBe(200);
    expect(listener.headers).toMatchObject({ 'content-type': 'text/event-stream', connection: 'close' });
    expect(listener.text()).toMatch(/^event: event_stream_attached\r\ndata: \{.*\}\r\n\r\n$/);
    expect((await call('GET', '/v2/events')).status).toBe(405);
  });

  test('tells what happens live, each with position and number as id', async () => {
    const { address, actors, engine } = await lived();
    const listener = await listen(address, '/v2/events');
    await listener.waitFor(1);
    const head = engine.memory.head();
    await actors.launch('/web', 'n1', 1);
    const events = await listener.waitFor((all) => all.filter(({ event }) => event === 'status_update_event').length === 2);
    expect(events.slice(1).map(({ id, event, data }) => [id, event, data.taskStatus ?? data.condition])).toEqual(
      [
        [`${head + 1}.0`, 'instance_changed_event', 'Scheduled'],
        [`${head + 2}.0`, 'status_update_event', 'TASK_STAGING'],
        [`${head + 2}.1`, 'instance_changed_event', 'Staging'],
        [`${head + 3}.0`, 'status_update_event', 'TASK_RUNNING'],
        [`${head + 3}.1`, 'instance_changed_event', 'Running'],
      ].slice(0, events.length - 1),
    );
    expect(events[2]?.data).toMatchObject({ host: '10.0.0.1', slaveId: 'n1', appId: '/web', eventType: 'status_update_event' });
  });

  test('resumes behind the last event, at every place, without gap or repeat', async () => {
    const { address } = await lived();
    const whole = await listen(address, '/v2/events', { 'last-event-id': '0.0' });
    const events = (
      await whole.waitFor((all) => all.some(({ data }) => data.taskStatus === 'TASK_RUNNING') && all.at(-1)?.data.condition === 'Running')
    ).filter(({ id }) => id !== undefined);
    const ids = events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(events.map(({ event }) => event)).toEqual([
      'api_post_event',
      'group_change_success',
      'deployment_info',
      'deployment_step_success',
      'deployment_info',
      'deployment_step_success',
      'deployment_success',
      'instance_changed_event',
      'status_update_event',
      'instance_changed_event',
      'status_update_event',
      'instance_changed_event',
    ]);
    for (const [index, id] of ids.entries()) {
      if (index === ids.length - 1) break;
      const resumed = await listen(address, '/v2/events', { 'last-event-id': id ?? '' });
      const rest = await resumed.waitFor((all) => all.at(-1)?.id === ids.at(-1));
      expect(rest.filter((event) => event.id !== undefined)).toEqual(events.slice(index + 1));
      resumed.close();
    }
  });

  test('goes on live behind what it replayed', async () => {
    const { address, actors } = await lived();
    const listener = await listen(address, '/v2/events?event_type=status_update_event', { 'last-event-id': '0.0' });
    await listener.waitFor(2);
    await actors.launch('/web', 'n1', 1);
    const events = await listener.waitFor(4);
    expect(events.map(({ data }) => data.taskStatus)).toEqual(['TASK_STAGING', 'TASK_RUNNING', 'TASK_STAGING', 'TASK_RUNNING']);
  });

  test('gives only the types that are asked for', async () => {
    const { address, actors } = await lived();
    const listener = await listen(address, '/v2/events?event_type=deployment_success&event_type=instance_changed_event', {
      'last-event-id': '0.0',
    });
    await actors.launch('/web', 'n1', 1);
    const events = await listener.waitFor(7);
    expect([...new Set(events.map(({ event }) => event))]).toEqual(['deployment_success', 'instance_changed_event']);
  });

  test('resumes between the events of one fact', async () => {
    const { address, engine } = await lived();
    const began = (await engine.memory.readStream('app-/web')).find(({ type }) => type === 'DeploymentBegan.v1');
    const place = `${began?.position}.0`;
    const listener = await listen(address, '/v2/events', { 'last-event-id': place });
    const events = await listener.waitFor((all) => all.some(({ event }) => event === 'deployment_success'));
    const heard = events.filter(({ id }) => id !== undefined).slice(0, 3);
    expect(heard.map(({ id, event, data }) => [id, event, data.currentStep.actions[0].action])).toEqual([
      [`${began?.position}.1`, 'deployment_step_success', 'StartApplication'],
      [`${began?.position}.2`, 'deployment_info', 'ScaleApplication'],
      [expect.stringMatching(/\.0$/), 'deployment_step_success', 'ScaleApplication'],
    ]);
  });

  test('tells from where a change was asked for, live as in a replay, and from nowhere once that was shredded', async () => {
    const { address, call, engine, actors } = await lived();
    const live = await listen(address, '/v2/events?event_type=api_post_event&plan-format=light');
    await call('PUT', '/v2/apps/web', { body: { instances: 3 } });
    const [heard] = await live.waitFor(1);
    expect(heard?.data).toMatchObject({ eventType: 'api_post_event', clientIp: '127.0.0.1', uri: '/v2/apps/web' });
    await actors.addNode('n2');
    const replayed = await listen(address, '/v2/events?event_type=api_post_event', { 'last-event-id': '0.0' });
    expect((await replayed.waitFor(2))[1]).toEqual(heard);
    const decode = engine.decode;
    Object.assign(engine, {
      decode: (stored: StoredFact) => {
        const recorded = decode(stored);
        return stored.type.startsWith('RequestReceived.')
          ? { ...recorded, fact: { ...recorded.fact, body: { $shredded: true } } }
          : recorded;
      },
    });
    const shredded = await listen(address, '/v2/events?event_type=api_post_event', { 'last-event-id': '0.0' });
    expect((await shredded.waitFor(2)).map(({ data }) => data.clientIp)).toEqual(['', '']);
  });

  test('tells of a change that was refused, and why', async () => {
    const { address, call } = await lived();
    const listener = await listen(address, '/v2/events?event_type=group_change_failed');
    await call('PUT', '/v2/apps/web', { body: { cmd: 'other' } });
    expect((await call('PUT', '/v2/apps/web', { body: { cmd: 'third' } })).status).toBe(409);
    const [failed] = await listener.waitFor(1);
    expect(failed?.id).toMatch(/^\d+\.0$/);
    expect(failed?.data).toMatchObject({ groupId: '/', reason: expect.stringMatching(/^App is locked/) });
  });

  test('tells of each leader as the registration of the framework', async () => {
    const { address, engine } = await lived();
    await engine.act('lease-engine', { type: 'TakeLease', term: 1, holder: 'a:1' } as never);
    await engine.act('lease-engine', { type: 'TakeLease', term: 2, holder: 'b:2' } as never);
    const [first] = await engine.memory.readStream('lease-engine');
    const listener = await listen(address, '/v2/events?event_type=scheduler_registered_event', { 'last-event-id': '0.0' });
    const events = await listener.waitFor(2);
    expect(events.map(({ data }) => [data.frameworkId, data.master])).toEqual([
      [`${first?.id}-0000`, 'a:1'],
      [`${first?.id}-0000`, 'b:2'],
    ]);
  });

  test('tells those who listen who comes and goes, without ids', async () => {
    const { address } = await lived();
    const listener = await listen(address, '/v2/events');
    await listener.waitFor(1);
    const other = await listen(address, '/v2/events');
    await other.waitFor(1);
    other.close();
    const events = await listener.waitFor(3);
    expect(events.map(({ event, id }) => [event, id])).toEqual([
      ['event_stream_attached', undefined],
      ['event_stream_attached', undefined],
      ['event_stream_detached', undefined],
    ]);
    expect(events[2]?.data).toMatchObject({ remoteAddress: '127.0.0.1', eventType: 'event_stream_detached' });
  });

  test('has an empty line when nothing happens', async () => {
    const { engine, http } = await world();
    const beats: (() => void)[] = [];
    engine.clock.schedule = (after, callback) => {
      expect(after).toBe(10_000);
      beats.push(callback);
      return () => {};
    };
    const listener = await listen(await serving(http), '/v2/events');
    await listener.waitFor(1);
    const before = listener.text().length;
    while (beats.length === 0) await new Promise(setImmediate);
    beats.shift()?.();
    while (listener.text().length === before) await new Promise(setImmediate);
    expect(listener.text().slice(before)).toBe('\r\n');
  });

  test('leaves out the facts of a leader that had been succeeded', async () => {
    const { address, engine, actors } = await lived();
    await engine.act('lease-engine', { type: 'TakeLease', term: 2, holder: 'b' } as never);
    const [lease] = await engine.memory.readStream('lease-engine');
    Object.assign(lease?.meta ?? {}, { term: 2 });
    const late = engine.memory.head();
    await actors.launch('/web', 'n1', 1);
    const listener = await listen(address, '/v2/events', { 'last-event-id': '0.0' });
    await listener.waitFor((all) => all.some(({ event }) => event === 'event_stream_attached'));
    await actors.addNode('n9');
    const events = await listener.waitFor(14);
    expect(events.every(({ id }) => id === undefined || Number(id.split('.')[0]) <= late)).toBe(true);
  });

  test('cuts off a listener that does not read, and nobody else', async () => {
    const { address, engine } = await lived();
    const following = watchSubscriptions(engine);
    const stuck = await listen(address, '/v1/events?follow=true');
    const reading = await listen(address, '/v1/events?follow=true&type=NodeReturned');
    stuck.pause();
    const { memory } = engine;
    // Reasons long enough to fill what the kernel keeps for a connection, at the pace of the one who reads.
    const data = JSON.stringify({ reason: 'x'.repeat(2_000) });
    const last = (await memory.readStream('node-n1')).length - 1;
    // How much the kernel takes before the stuck one's facts begin to wait is the kernel's to say.
    let batches = 0;
    for (let n = 0; following.ended() === 0 && n < SLOW_BATCHES_MAX; n++) {
      batches = n + 1;
      const facts = Array.from({ length: 1_000 }, (_, m) =>
        wireFact(0x10_0000 + n * 1_000 + m, m < 999 ? { type: 'NodeCordoned.v1', data } : { type: 'NodeReturned.v1', data: '{}' }),
      );
      await memory.append('node-n1', last + n * 1_000, facts);
      await reading.waitFor(n + 1);
    }
    expect(following.ended()).toBe(1);
    expect(batches).toBeGreaterThan(SLOW_CONSUMER_LIMIT_FACTS / 1_000);
    stuck.resume();
    await stuck.ended;
    expect(stuck.events().filter(({ event }) => event === 'NodeReturned').length).toBeLessThan(batches);
  });

  test('an id that is none of ours is 400', async () => {
    const { address } = await lived();
    expect((await listen(address, '/v2/events', { 'last-event-id': 'abc' })).status).toBe(400);
  });

  test('ends when the server closes', async () => {
    const { http, address } = await lived();
    const listener = await listen(address, '/v2/events');
    await listener.waitFor(1);
    await http.close();
    await listener.ended;
    expect(listener.text().endsWith('\r\n\r\n')).toBe(true);
  });
});
