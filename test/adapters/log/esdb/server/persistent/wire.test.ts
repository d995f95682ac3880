import {
  persistentSubscriptionToAllSettingsFromDefaults as allSettings,
  END,
  EventStoreDBClient,
  eventTypeFilter,
  PARK,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionDroppedError,
  PersistentSubscriptionExistsError,
  PersistentSubscriptionFailedError,
  PersistentSubscriptionMaximumSubscribersReachedError,
  type PersistentSubscriptionToStream,
  RETRY,
  SKIP,
  START,
  STOP,
  persistentSubscriptionToStreamSettingsFromDefaults as streamSettings,
} from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { memoryEventStore } from '../../../../../support/memoryEventStore.ts';
import { newEvent } from '../../../../../support/storeEvents.ts';
import { fill, rejection, type Seen, serve, take, until } from './served.ts';

const FROM_START = { startFrom: START } as const;
const PARKED = '$persistentsubscription-orders-1::group-parked';

const ackAll = (subscription: PersistentSubscriptionToStream, seen: readonly Seen[]): Promise<void> =>
  subscription.ack(...seen.map(({ raw }) => raw));
const numbers = (seen: readonly Seen[]): readonly number[] => seen.map(({ n }) => n);

const numberIn = ({ event }: { readonly event?: { readonly data: unknown } }): number => {
  const { n } = (event?.data ?? {}) as { readonly n?: number };
  return n ?? Number.NaN;
};

/** A group `group` on `orders-1` with a consumer. */
const consumed = async (settings: Partial<ReturnType<typeof streamSettings>> = {}, bufferSize = 10) => {
  const store = memoryEventStore();
  const served = await serve(store);
  await served.client.createPersistentSubscriptionToStream('orders-1', 'group', streamSettings({ ...FROM_START, ...settings }));
  const subscription = served.client.subscribeToPersistentSubscriptionToStream('orders-1', 'group', { bufferSize });
  const messages = subscription[Symbol.asyncIterator]();
  const parked = async () => (await served.client.getPersistentSubscriptionToStreamInfo('orders-1', 'group')).stats.parkedMessageCount;
  return { store, ...served, subscription, messages, parked };
};

test('a consumer is sent what was there and what comes, no more than it holds room for', async () => {
  const { store, client, subscription, messages } = await consumed({}, 3);
  await fill(store, 'orders-1', 0, 4);
  const first = await take(messages, 3);
  expect(numbers(first)).toEqual([0, 1, 2]);
  const { stats, connections } = await client.getPersistentSubscriptionToStreamInfo('orders-1', 'group');
  expect([stats.totalInFlightMessages, connections[0]?.availableSlots]).toEqual([3, 0]);
  await ackAll(subscription, first);
  expect(numbers(await take(messages, 2))).toEqual([3, 4]);
  await fill(store, 'orders-1', 5, 5);
  expect(numbers(await take(messages, 1))).toEqual([5]);
});

test('a refused message is tried again, skipped or parked, as its consumer says', async () => {
  const { store, client, subscription, messages, parked } = await consumed();
  await fill(store, 'orders-1', 0, 2);
  const [first, second, third] = await take(messages, 3);
  if (first === undefined || second === undefined || third === undefined) throw new Error('three were sent');
  await subscription.nack(RETRY, 'not now', first.raw);
  const [again] = await take(messages, 1);
  expect(again).toMatchObject({ n: 0, retries: 1 });
  await subscription.nack(SKIP, 'not mine', second.raw);
  await subscription.nack(PARK, 'broken', third.raw);
  await until(async () => expect(await parked()).toBe(1n));
  const links = [];
  for await (const { event } of client.readStream(PARKED)) links.push(event);
  expect(links).toMatchObject([{ type: '$>', metadata: { reason: 'Parked by its consumer: broken', subscriptionEventNumber: 2 } }]);
  expect(Buffer.from(links[0]?.data as Uint8Array).toString()).toBe('2@orders-1');
});

test('parked messages are tried again when asked for, and leave when they are done', async () => {
  const { store, client, subscription, messages, parked } = await consumed({ maxRetryCount: 0 });
  await fill(store, 'orders-1', 0, 3);
  for (const { raw } of await take(messages, 4)) await subscription.nack(RETRY, 'down', raw);
  await until(async () => expect(await parked()).toBe(4n));
  await client.replayParkedMessagesToStream('orders-1', 'group', { stopAt: 3 });
  const again = await take(messages, 3);
  expect(again.map(({ n, retries }) => [n, retries])).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
  ]);
  expect(await parked()).toBe(1n);
  await ackAll(subscription, again.slice(0, 2));
  const [, , third] = again;
  if (third !== undefined) await subscription.nack(PARK, 'again', third.raw);
  await until(() =>
    expect(store.readStream(PARKED, { from: 0, direction: 'forwards', max: 9 })).toMatchObject([{ revision: 3 }, { revision: 4 }]),
  );
  await client.replayParkedMessagesToStream('orders-1', 'group');
  const last = await take(messages, 2);
  expect(numbers(last)).toEqual([3, 2]);
  await ackAll(subscription, last);
  await until(() => expect(store.readStream(PARKED, { from: 0, direction: 'forwards', max: 9 })).toEqual([]));
});

test('what is not answered in time comes again', async () => {
  const { store, subscription, messages } = await consumed({ messageTimeout: 50 });
  await fill(store, 'orders-1', 0, 0);
  expect(await take(messages, 2)).toMatchObject([
    { n: 0, retries: 0 },
    { n: 0, retries: 1 },
  ]);
  await subscription.unsubscribe();
});

test('what a consumer held when it went goes to another', async () => {
  const { store, client, subscription, messages } = await consumed();
  await fill(store, 'orders-1', 0, 1);
  await take(messages, 2);
  const other = client.subscribeToPersistentSubscriptionToStream('orders-1', 'group')[Symbol.asyncIterator]();
  const taken = take(other, 2);
  await subscription.unsubscribe();
  expect(numbers(await taken)).toEqual([0, 1]);
});

test('a consumer that says stop is dropped, and its messages go to others', async () => {
  const { store, client, subscription, messages } = await consumed();
  await fill(store, 'orders-1', 0, 0);
  const [only] = await take(messages, 1);
  const other = client.subscribeToPersistentSubscriptionToStream('orders-1', 'group')[Symbol.asyncIterator]();
  const ended = rejection(take(messages, 1));
  if (only !== undefined) await subscription.nack(STOP, 'enough', only.raw);
  expect(await ended).toBeInstanceOf(PersistentSubscriptionDroppedError);
  expect(await take(other, 1)).toMatchObject([{ n: 0, retries: 0 }]);
});

test('two consumers share a stream: each message goes to one of them, and none is left out', async () => {
  const { store, client, uri } = await consumed();
  const other = EventStoreDBClient.connectionString(uri);
  await client.createPersistentSubscriptionToStream('orders-2', 'shared', streamSettings(FROM_START));
  const seen: number[][] = [[], []];
  const consume = async (of: EventStoreDBClient, into: number[]): Promise<void> => {
    const subscription = of.subscribeToPersistentSubscriptionToStream('orders-2', 'shared');
    for await (const message of subscription) {
      into.push(numberIn(message));
      await subscription.ack(message);
      if (seen.flat().length >= 500) return;
    }
  };
  const consuming = [consume(client, seen[0] ?? []), consume(other, seen[1] ?? [])];
  for (let from = 0; from < 500; from += 100) await fill(store, 'orders-2', from, from + 99);
  await Promise.race(consuming);
  expect(seen.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  expect(seen.map((each) => each.length > 150)).toEqual([true, true]);
  await other.dispose();
});

test('a group on $all takes what its filter names, and nothing that groups write', async () => {
  const store = memoryEventStore();
  const { client } = await serve(store);
  await fill(store, 'orders-1', 0, 1, 'Ordered');
  await fill(store, 'shipments-1', 2, 3, 'Shipped');
  const filter = eventTypeFilter({ prefixes: ['Ord', '$>'] });
  await client.createPersistentSubscriptionToAll('audit', allSettings({ ...FROM_START, maxRetryCount: 0 }), { filter });
  const subscription = client.subscribeToPersistentSubscriptionToAll('audit');
  const messages = subscription[Symbol.asyncIterator]();
  for (const { raw } of await take(messages, 2)) await subscription.nack(PARK, 'later', raw);
  await until(async () => expect((await client.getPersistentSubscriptionToAllInfo('audit')).stats.parkedMessageCount).toBe(2n));
  await fill(store, 'orders-2', 4, 4, 'Ordered');
  expect(numbers(await take(messages, 1))).toEqual([4]);
});

test('a group that begins at the end is sent only what comes later, also where nobody was there when it came', async () => {
  const store = memoryEventStore();
  const { client } = await serve(store);
  await fill(store, 'orders-1', 0, 1);
  await client.createPersistentSubscriptionToStream('orders-1', 'late', streamSettings({ startFrom: END }));
  await client.createPersistentSubscriptionToStream('orders-1', 'second', streamSettings({ startFrom: 1n }));
  await client.createPersistentSubscriptionToAll('all', allSettings({ startFrom: { commit: 2n, prepare: 2n } }));
  await fill(store, 'orders-1', 2, 2);
  await client.updatePersistentSubscriptionToStream('orders-1', 'late', streamSettings({ startFrom: END, maxRetryCount: 1 }));
  expect(numbers(await take(client.subscribeToPersistentSubscriptionToStream('orders-1', 'late')[Symbol.asyncIterator](), 1))).toEqual([2]);
  expect(numbers(await take(client.subscribeToPersistentSubscriptionToStream('orders-1', 'second')[Symbol.asyncIterator](), 2))).toEqual([
    1, 2,
  ]);
  expect(numbers(await take(client.subscribeToPersistentSubscriptionToAll('all')[Symbol.asyncIterator](), 2))).toEqual([1, 2]);
});

test('links are followed where that was asked for; one that leads nowhere is passed over', async () => {
  const store = memoryEventStore();
  const { client } = await serve(store);
  await fill(store, 'orders-1', 0, 0);
  const link = (id: number, to: string) => ({
    ...{ id: `00000000-0000-4000-8000-0000000000f${id}`, type: '$>', contentType: 'application/octet-stream' as const },
    ...{ data: Buffer.from(to), metadata: new Uint8Array() },
  });
  await store.append('links', 'any', [link(1, '9@orders-1'), link(2, '0@orders-1')]);
  await client.createPersistentSubscriptionToStream('links', 'group', streamSettings({ ...FROM_START, resolveLinkTos: true }));
  const subscription = client.subscribeToPersistentSubscriptionToStream('links', 'group');
  const [only] = await take(subscription[Symbol.asyncIterator](), 1);
  expect(only?.raw).toMatchObject({ event: { streamId: 'orders-1', revision: 0n }, link: { streamId: 'links', revision: 1n } });
});

test('settings, counts and connections are told as the client knows them', async () => {
  const store = memoryEventStore();
  const { client } = await serve(store);
  await fill(store, 'orders-1', 0, 29);
  const settings = streamSettings({
    ...FROM_START,
    checkPointLowerBound: 1,
    checkPointUpperBound: 5,
    extraStatistics: true,
    maxSubscriberCount: 4,
  });
  await client.createPersistentSubscriptionToStream('orders-1', 'group', settings);
  expect(await client.getPersistentSubscriptionToStreamInfo('orders-1', 'group')).toMatchObject({
    eventSource: 'orders-1',
    groupName: 'group',
    settings,
    connections: [],
    stats: { lastKnownEventRevision: 29n, lastCheckpointedEventRevision: undefined, totalItems: 0n, parkedMessageCount: 0n },
  });
  const subscription = client.subscribeToPersistentSubscriptionToStream('orders-1', 'group', { bufferSize: 7 });
  await ackAll(subscription, await take(subscription[Symbol.asyncIterator](), 7));
  await until(async () => {
    const { status, stats, connections } = await client.getPersistentSubscriptionToStreamInfo('orders-1', 'group');
    expect(stats).toMatchObject({ lastCheckpointedEventRevision: 6n, totalItems: 7n, totalInFlightMessages: 7 });
    expect([status, connections.length, connections[0]?.inFlightMessages]).toEqual(['Live', 1, 7]);
    expect([...(connections[0]?.extraStatistics?.keys() ?? [])]).toEqual(expect.arrayContaining(['mean', 'median', 'quintile 1', '99.9%']));
  });
  const all = allSettings({ startFrom: END, consumerStrategyName: 'Pinned' });
  await client.createPersistentSubscriptionToAll('audit', all);
  expect(await client.getPersistentSubscriptionToAllInfo('audit')).toMatchObject({ eventSource: '$all', settings: all });
  expect((await client.listAllPersistentSubscriptions()).map(({ eventSource, groupName }) => [eventSource, groupName])).toEqual([
    ['$all', 'audit'],
    ['orders-1', 'group'],
  ]);
  expect(await client.listPersistentSubscriptionsToStream('orders-1')).toHaveLength(1);
  expect(await client.listPersistentSubscriptionsToAll()).toHaveLength(1);
});

test('new settings drop the consumers and keep the checkpoint', async () => {
  const { store, client, subscription, messages } = await consumed();
  await fill(store, 'orders-1', 0, 3);
  await ackAll(subscription, (await take(messages, 4)).slice(0, 2));
  await until(async () => expect((await client.getPersistentSubscriptionToStreamInfo('orders-1', 'group')).stats.totalItems).toBe(2n));
  const ended = rejection(take(messages, 1));
  await client.updatePersistentSubscriptionToStream('orders-1', 'group', streamSettings({ ...FROM_START, maxRetryCount: 3 }));
  expect(await ended).toBeInstanceOf(PersistentSubscriptionDroppedError);
  const { settings, stats } = await client.getPersistentSubscriptionToStreamInfo('orders-1', 'group');
  expect([settings.maxRetryCount, stats.lastCheckpointedEventRevision]).toEqual([3, 1n]);
  const next = client.subscribeToPersistentSubscriptionToStream('orders-1', 'group')[Symbol.asyncIterator]();
  expect(await take(next, 2)).toMatchObject([
    { n: 2, retries: 0 },
    { n: 3, retries: 0 },
  ]);
});

test('a group that is deleted drops its consumers, and leaves nothing behind', async () => {
  const { store, client, subscription, messages, parked } = await consumed();
  await fill(store, 'orders-1', 0, 0);
  const [only] = await take(messages, 1);
  if (only !== undefined) await subscription.nack(PARK, '', only.raw);
  await until(async () => expect(await parked()).toBe(1n));
  const ended = rejection(take(messages, 1));
  await client.deletePersistentSubscriptionToStream('orders-1', 'group');
  expect(await ended).toBeInstanceOf(PersistentSubscriptionDroppedError);
  expect(store.readStream(PARKED, { from: 0, direction: 'forwards', max: 1 })).toBeUndefined();
  await client.createPersistentSubscriptionToStream('orders-1', 'group', streamSettings(FROM_START));
  expect(await parked()).toBe(0n);
});

test('the subsystem starts anew: consumers are dropped, and what was done stays done', async () => {
  const { store, client, subscription, messages } = await consumed();
  await fill(store, 'orders-1', 0, 2);
  await ackAll(subscription, (await take(messages, 3)).slice(0, 1));
  await until(async () => expect((await client.getPersistentSubscriptionToStreamInfo('orders-1', 'group')).stats.totalItems).toBe(1n));
  const ended = rejection(take(messages, 1));
  await client.restartPersistentSubscriptionSubsystem();
  expect(await ended).toBeInstanceOf(PersistentSubscriptionDroppedError);
  expect(numbers(await take(client.subscribeToPersistentSubscriptionToStream('orders-1', 'group')[Symbol.asyncIterator](), 2))).toEqual([
    1, 2,
  ]);
  expect(store.followers()).toBe(1);
});

test('a store that takes nothing delays what is to be parked, and loses none of it', async () => {
  const { store, subscription, messages, parked, faults } = await consumed();
  await fill(store, 'orders-1', 0, 0);
  const [only] = await take(messages, 1);
  store.refuse({ _tag: 'Unavailable', reason: 'the disk is full' });
  if (only !== undefined) await subscription.nack(PARK, '', only.raw);
  await until(() => expect(faults).toEqual(['1 messages could not be parked: the disk is full']));
  expect(await parked()).toBe(0n);
  store.refuse(undefined);
  await until(async () => expect(await parked()).toBe(1n));
});

test('what is asked of no group, or of one too many, is refused by name', async () => {
  const { client, messages } = await consumed({ maxSubscriberCount: 1 });
  const taken = take(messages, 1);
  taken.catch(() => {});
  const create = (group: string, settings = streamSettings()) => client.createPersistentSubscriptionToStream('orders-1', group, settings);
  await expect(create('group')).rejects.toMatchObject({ streamName: 'orders-1', groupName: 'group' });
  await expect(create('group')).rejects.toBeInstanceOf(PersistentSubscriptionExistsError);
  for (const call of [
    client.getPersistentSubscriptionToStreamInfo('orders-1', 'none'),
    client.replayParkedMessagesToStream('orders-1', 'none'),
    client.deletePersistentSubscriptionToAll('none'),
    client.updatePersistentSubscriptionToStream('orders-1', 'none', streamSettings()),
    client.listPersistentSubscriptionsToStream('none'),
    take(client.subscribeToPersistentSubscriptionToStream('orders-1', 'none')[Symbol.asyncIterator](), 1),
  ].map(rejection))
    expect(await call).toBeInstanceOf(PersistentSubscriptionDoesNotExistError);
  await until(async () => expect((await client.getPersistentSubscriptionToStreamInfo('orders-1', 'group')).connections).toHaveLength(1));
  const second = client.subscribeToPersistentSubscriptionToStream('orders-1', 'group');
  await expect(take(second[Symbol.asyncIterator](), 1)).rejects.toBeInstanceOf(PersistentSubscriptionMaximumSubscribersReachedError);
});

test.for([
  [{ readBatchSize: 0 }, 'readBatchSize must be a whole number of at least 1, not 0'],
  [{ readBatchSize: 600 }, 'readBatchSize (600) must not be above historyBufferSize (500)'],
  [{ maxRetryCount: -1 }, 'maxRetryCount must be a whole number of at least 0, not -1'],
  [{ checkPointLowerBound: 2000 }, 'minCheckpointCount (2000) must not be above maxCheckpointCount (1000)'],
  [{ startFrom: 2n ** 60n }, `the place to start from must be at most ${Number.MAX_SAFE_INTEGER}, not ${2n ** 60n}`],
] as const)('settings that make no sense are refused: %o', async ([wrong, reason]) => {
  const { client } = await serve(memoryEventStore());
  const created = client.createPersistentSubscriptionToStream('orders-1', 'group', streamSettings(wrong));
  await expect(created).rejects.toBeInstanceOf(PersistentSubscriptionFailedError);
  await expect(created).rejects.toMatchObject({ reason });
  await expect(client.listAllPersistentSubscriptions()).resolves.toEqual([]);
});

test('names and filters that make no sense are refused', async () => {
  const { client } = await serve(memoryEventStore());
  await expect(client.createPersistentSubscriptionToStream('orders-1', 'a::b', streamSettings())).rejects.toMatchObject({
    reason: "the group name 'a::b' must not begin with ':' nor hold '::'",
  });
  const filter = eventTypeFilter({ regex: '(' });
  await expect(client.createPersistentSubscriptionToAll('a', allSettings(), { filter })).rejects.toMatchObject({
    reason: expect.stringContaining("the filter's regex is none"),
  });
  await expect(client.createPersistentSubscriptionToStream('', 'a', streamSettings())).rejects.toMatchObject({
    reason: 'stream_identifier: a stream needs a name',
  });
});

test('a consumer that does not read is not sent more than the connection takes, and misses nothing', async () => {
  const store = memoryEventStore();
  const { client } = await serve(store);
  const data = Buffer.from(JSON.stringify({ text: 'x'.repeat(64 * 1024) }));
  const big = (n: number) => ({ ...newEvent(n), data });
  await store.append(
    'big',
    'any',
    Array.from({ length: 300 }, (_, n) => big(n)),
  );
  await client.createPersistentSubscriptionToStream('big', 'group', streamSettings({ ...FROM_START, messageTimeout: 0 }));
  const subscription = client.subscribeToPersistentSubscriptionToStream('big', 'group', { bufferSize: 1000 });
  const sent = async () => (await client.getPersistentSubscriptionToStreamInfo('big', 'group')).stats.totalInFlightMessages;
  let before = -1;
  await until(async () => {
    const now = await sent();
    const isSteady = now === before && now > 0;
    before = now;
    expect(isSteady).toBe(true);
  });
  expect(before).toBeLessThan(200);
  const revisions = [];
  for await (const { event } of subscription) {
    revisions.push(Number(event?.revision));
    if (revisions.length === 300) break;
  }
  expect(revisions).toEqual(Array.from({ length: 300 }, (_, i) => i));
});
