import { expect, test } from 'vitest';
import { BUFFERED_BYTES, type Delivery, type Group, groupOf } from '../../../../../../src/adapters/log/esdb/server/persistent/group.ts';
import type { Message } from '../../../../../../src/adapters/log/esdb/server/persistent/message.ts';
import type { GroupSettings } from '../../../../../../src/adapters/log/esdb/server/persistent/settings.ts';
import type { StoreEvent } from '../../../../../../src/domain/ports/eventStore.ts';
import { idOfEvent, storeEvent } from '../../../../../support/storeEvents.ts';
import { groupSettings } from './groupSettings.ts';

const START = 1_000;

const group = (given: Partial<GroupSettings> = {}): Group => groupOf({ ...groupSettings, ...given }, -1n, -1n, START);
const message = (n: number, given: Partial<StoreEvent> = {}): Message => ({
  event: storeEvent(n, given),
  place: BigInt(n),
  isReplayed: false,
});
const read = (to: Group, from: number, until: number): void =>
  to.take(
    Array.from({ length: until - from + 1 }, (_, i) => message(from + i)),
    BigInt(until),
    0,
  );
const sent = (from: Group, now = START): readonly Delivery[] => {
  const deliveries: Delivery[] = [];
  for (let next = from.next(now); next !== undefined; next = from.next(now)) deliveries.push(next);
  return deliveries;
};
const told = (deliveries: readonly Delivery[]): readonly string[] =>
  deliveries.map(
    ({ consumer, message: { event }, retryCount }) => `${event.revision}→${consumer}${retryCount > 0 ? ` (${retryCount})` : ''}`,
  );
const ack = (of: Group, consumer: string, ...ns: number[]): void => {
  of.acknowledge(consumer, ns.map(idOfEvent), START);
};
const nack = (of: Group, consumer: string, action: 'park' | 'retry' | 'skip', ...ns: number[]): void =>
  of.refuse(consumer, ns.map(idOfEvent), action, 'because');

test('a consumer is sent no more than it may hold, and the next as it answers', () => {
  const one = group();
  read(one, 0, 4);
  expect(sent(one)).toEqual([]);
  one.connect('a', 2);
  expect(told(sent(one))).toEqual(['0→a', '1→a']);
  expect(sent(one)).toEqual([]);
  expect(one.slotsOf('a')).toEqual({ free: 0, flying: 2 });
  ack(one, 'a', 1);
  expect(told(sent(one))).toEqual(['2→a']);
});

test('a consumer that takes no more just now is sent nothing until it does', () => {
  const one = group();
  one.connect('a', 5);
  one.hold('a', true);
  read(one, 0, 0);
  expect(sent(one)).toEqual([]);
  one.hold('a', false);
  expect(told(sent(one))).toEqual(['0→a']);
});

test('round robin gives each in turn, and passes over who has no room', () => {
  const one = group({ strategy: 'RoundRobin' });
  for (const name of ['a', 'b', 'c']) one.connect(name, name === 'b' ? 1 : 3);
  read(one, 0, 6);
  expect(told(sent(one))).toEqual(['0→a', '1→b', '2→c', '3→a', '4→c', '5→a', '6→c']);
});

test('dispatch to single gives all to the first, and to the next what the first has no room for', () => {
  const one = group({ strategy: 'DispatchToSingle' });
  one.connect('a', 2);
  one.connect('b', 2);
  read(one, 0, 2);
  expect(told(sent(one))).toEqual(['0→a', '1→a', '2→b']);
  ack(one, 'a', 0, 1);
  read(one, 3, 4);
  expect(told(sent(one))).toEqual(['3→a', '4→a']);
});

/** Who is sent each stream's events, by stream. */
const pinnedTo = (deliveries: readonly Delivery[]): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(
    [...Map.groupBy(deliveries, ({ message: { event } }) => event.stream)].map(([stream, of]) => [
      stream,
      new Set(of.map(({ consumer }) => consumer)),
    ]),
  );

test('pinned gives all of one stream to one consumer, and few move when another comes', () => {
  const one = group({ strategy: 'Pinned' });
  const messages = (from: number) => Array.from({ length: 200 }, (_, i) => message(from + i, { stream: `orders-${i % 50}` }));
  for (const name of ['a', 'b', 'c']) one.connect(name, 1000);
  one.take(messages(0), 199n, 0);
  const before = pinnedTo(sent(one));
  expect([...before.values()].every((consumers) => consumers.size === 1)).toBe(true);
  expect(new Set([...before.values()].flatMap((consumers) => [...consumers])).size).toBe(3);
  one.connect('d', 1000);
  one.take(messages(200), 399n, 0);
  const after = pinnedTo(sent(one));
  const moved = [...after].filter(([stream, to]) => [...to][0] !== [...(before.get(stream) ?? [])][0]);
  expect(moved.length).toBeGreaterThan(0);
  expect(moved.every(([, to]) => to.has('d'))).toBe(true);
});

test('pinned lets others go past a message whose consumer has no room', () => {
  const one = group({ strategy: 'Pinned' });
  one.connect('a', 1);
  one.connect('b', 1);
  one.take(
    Array.from({ length: 40 }, (_, i) => message(i, { stream: `orders-${i}` })),
    39n,
    0,
  );
  const [first, second, ...rest] = sent(one);
  expect(rest).toEqual([]);
  expect(new Set([first?.consumer, second?.consumer])).toEqual(new Set(['a', 'b']));
});

test('pinned by correlation follows the correlation id across streams', () => {
  const one = group({ strategy: 'PinnedByCorrelation' });
  for (const name of ['a', 'b', 'c']) one.connect(name, 100);
  const metadata = (id: number) => new TextEncoder().encode(JSON.stringify({ $correlationId: `c${id}` }));
  one.take(
    Array.from({ length: 60 }, (_, i) => message(i, { stream: `orders-${i}`, metadata: metadata(i % 6) })),
    59n,
    0,
  );
  const byId = Map.groupBy(sent(one), ({ message: { event } }) => event.revision % 6);
  expect([...byId.values()].map((of) => new Set(of.map(({ consumer }) => consumer)).size)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('what is refused comes again before what is new, with its count', () => {
  const one = group();
  one.connect('a', 2);
  read(one, 0, 3);
  sent(one);
  nack(one, 'a', 'retry', 0);
  expect(told(sent(one))).toEqual(['0→a (1)']);
});

test('what was tried often enough is parked, and done only when that is on disk', () => {
  const one = group({ maxRetryCount: 2 });
  one.connect('a', 1);
  read(one, 0, 0);
  for (const retry of [0, 1, 2]) {
    expect(told(sent(one))).toEqual([`0→a${retry > 0 ? ` (${retry})` : ''}`]);
    nack(one, 'a', 'retry', 0);
  }
  expect(sent(one)).toEqual([]);
  const parkings = one.toPark(10);
  expect(parkings.map(({ reason }) => reason)).toEqual(['Not processed in 3 tries']);
  expect(one.toPark(10)).toEqual([]);
  expect(one.done()).toBe(-1n);
  one.parked(parkings);
  expect(one.done()).toBe(0n);
  expect(one.counts().open).toBe(0);
});

test('a consumer parks and skips what it names, and nothing that it does not hold', () => {
  const one = group();
  one.connect('a', 2);
  one.connect('b', 2);
  read(one, 0, 3);
  expect(told(sent(one))).toEqual(['0→a', '1→b', '2→a', '3→b']);
  nack(one, 'a', 'park', 0, 1);
  nack(one, 'a', 'skip', 2, 3);
  expect(one.toPark(10).map(({ entry, reason }) => [entry.message.event.revision, reason])).toEqual([
    [0, 'Parked by its consumer: because'],
  ]);
  expect(one.counts()).toMatchObject({ flying: 2, open: 3 });
});

test('what nobody answered in time comes again, to anybody', () => {
  const one = group({ messageTimeout: 500 });
  one.connect('a', 1);
  one.connect('b', 1);
  read(one, 0, 1);
  expect(told(sent(one))).toEqual(['0→a', '1→b']);
  expect(one.wakeAt()).toBe(START + 500);
  one.expire(START + 499);
  expect(one.counts().flying).toBe(2);
  one.expire(START + 500);
  expect(told(sent(one, START + 500))).toEqual(['0→a (1)', '1→b (1)']);
});

test('an acknowledgement that comes late still counts, whoever has the message by now', () => {
  const one = group({ messageTimeout: 500 });
  one.connect('a', 1);
  read(one, 0, 0);
  sent(one);
  one.connect('b', 1);
  one.expire(START + 500);
  expect(told(sent(one, START + 500))).toEqual(['0→b (1)']);
  nack(one, 'a', 'park', 0);
  expect(one.toPark(1)).toEqual([]);
  ack(one, 'a', 0);
  expect(one.done()).toBe(0n);
  expect(one.slotsOf('b')).toEqual({ free: 1, flying: 0 });
});

test('with no timeout a message is held for as long as its consumer is there', () => {
  const one = group({ messageTimeout: 0 });
  one.connect('a', 1);
  read(one, 0, 0);
  sent(one);
  expect(one.wakeAt()).toBeUndefined();
  one.expire(START + 1e9);
  expect(one.counts().flying).toBe(1);
});

test('what a consumer held when it went is given to others, and counts as a try unless it asked to stop', () => {
  const one = group();
  one.connect('a', 2);
  read(one, 0, 1);
  sent(one);
  one.disconnect('a', true);
  one.connect('b', 2);
  expect(told(sent(one))).toEqual(['0→b (1)', '1→b (1)']);
  one.disconnect('b', false);
  one.connect('c', 2);
  expect(told(sent(one))).toEqual(['0→c (1)', '1→c (1)']);
});

test('two messages of one id, of two streams, are two', () => {
  const one = group();
  one.connect('a', 1);
  one.connect('b', 1);
  one.take([message(0), { ...message(1, { stream: 'orders-2', id: idOfEvent(0) }) }], 1n, 0);
  sent(one);
  ack(one, 'b', 0);
  expect([one.slotsOf('a').flying, one.slotsOf('b').flying, one.done()]).toEqual([1, 0, -1n]);
  ack(one, 'a', 0);
  expect(one.done()).toBe(1n);
});

test('a buffer that is full wants no more, and counts what waits to be parked', () => {
  const one = group({ historyBufferSize: 5 });
  read(one, 0, 2);
  expect(one.room()).toBe(2);
  one.connect('a', 2);
  sent(one);
  expect(one.room()).toBe(4);
  nack(one, 'a', 'park', 0, 1);
  expect(one.room()).toBe(2);
  sent(one);
  expect(one.room()).toBe(3);
  one.parked(one.toPark(10));
  expect(one.room()).toBe(5);
});

test('a group keeps no more bytes than it may, whatever its buffer counts', () => {
  const one = group();
  one.connect('a', 1);
  one.take([message(0, { data: new Uint8Array(BUFFERED_BYTES) })], 0n, 0);
  expect(one.room()).toBe(0);
  sent(one);
  expect(one.room()).toBe(0);
  ack(one, 'a', 0);
  expect(one.room()).toBe(groupSettings.historyBufferSize);
});

test('everything is done up to the first that is not, whatever the order of the answers', () => {
  const one = group();
  one.connect('a', 10);
  read(one, 0, 4);
  sent(one);
  ack(one, 'a', 1, 2, 4);
  expect(one.done()).toBe(-1n);
  ack(one, 'a', 0);
  expect(one.done()).toBe(2n);
  ack(one, 'a', 3);
  expect(one.done()).toBe(4n);
});

test('a message that comes again holds the checkpoint back', () => {
  const one = group();
  one.connect('a', 10);
  read(one, 0, 1);
  sent(one);
  nack(one, 'a', 'retry', 0);
  ack(one, 'a', 1);
  expect(one.done()).toBe(-1n);
});

test('events that are none of the group’s carry the checkpoint on', () => {
  const one = groupOf(groupSettings, 0n, -1n, START);
  one.connect('a', 10);
  one.take([message(7)], 20n, 19);
  sent(one);
  expect(one.done()).toBe(0n);
  ack(one, 'a', 7);
  expect(one.done()).toBe(20n);
});

test('a checkpoint is made by time once enough is done, and at once when much is', () => {
  const one = group({ minCheckpointCount: 2, maxCheckpointCount: 4, checkpointAfter: 1000 });
  one.connect('a', 10);
  read(one, 0, 9);
  sent(one);
  ack(one, 'a', 0);
  expect(one.checkpointDue(START + 5000)).toBeUndefined();
  ack(one, 'a', 1);
  expect(one.checkpointDue(START + 999)).toBeUndefined();
  expect(one.wakeAt()).toBe(START + 1000);
  expect(one.checkpointDue(START + 1000)).toBe(1n);
  one.checkpointKept(1n, START + 1000);
  expect(one.checkpointDue(START + 9000)).toBeUndefined();
  ack(one, 'a', 2, 3, 4, 5);
  expect(one.checkpointDue(START + 1001)).toBe(5n);
});

test('parked messages that are tried again begin anew, and have an order of their own', () => {
  const one = groupOf({ ...groupSettings, maxRetryCount: 0 }, 5n, 2n, START);
  one.connect('a', 10);
  const link = (n: number) => storeEvent(n, { id: idOfEvent(100 + n), type: '$>', stream: 'parked' });
  one.takeReplayed(
    [3, 4].map((n) => ({ event: storeEvent(n), link: link(n), place: BigInt(n), isReplayed: true })),
    4n,
  );
  expect(told(sent(one))).toEqual(['3→a', '4→a']);
  ack(one, 'a', 104);
  expect([one.replayedDone(), one.replaysOpen(), one.done()]).toEqual([2n, 1, 5n]);
  nack(one, 'a', 'retry', 103);
  const parkings = one.toPark(10);
  expect(parkings.map(({ reason }) => reason)).toEqual(['Not processed in 1 try']);
  one.parked(parkings);
  expect([one.replayedDone(), one.replaysOpen()]).toEqual([4n, 0]);
});
