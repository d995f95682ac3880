import {
  BACKWARDS,
  binaryEvent,
  END,
  EventStoreDBClient,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  type ResolvedEvent,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { clientOf, serveStore } from '../../../../support/esdbServer.ts';
import { eventsFrom, openStore, openStoreOverLog, right } from '../../../../support/eventStore.ts';
import { wireFact } from '../../../../support/wireFacts.ts';

/** Classic appends: with credentials the client sends no batches. */
const CLASSIC = { credentials: { username: 'any', password: 'body' } };

const opened = async () => {
  const { store } = openStore();
  const { port } = await serveStore({ store });
  const connection = `esdb://127.0.0.1:${port}?tls=false`;
  return { store, port, connection, client: clientOf(connection) };
};

const gathered = async (events: AsyncIterable<ResolvedEvent>): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const { event } of events) found.push(`${event?.revision}@${event?.streamId} ${event?.type}`);
  return found;
};

const event = (type: string) => jsonEvent({ type, data: { of: type } });

describe.each([
  ['batches', {}],
  ['one call each', CLASSIC],
])('appends by %s', (_, how) => {
  test('are answered with their place, and read in both directions', async () => {
    const { client } = await opened();
    const bytes = binaryEvent({ type: 'B', data: Uint8Array.of(0, 200), metadata: Buffer.from('meta') });
    const answer = await client.appendToStream('s', [event('A'), bytes], { ...how, expectedRevision: 'no_stream' });
    expect(answer).toMatchObject({ success: true, nextExpectedRevision: 1n, position: { commit: 2n } });
    expect(await gathered(client.readStream('s'))).toEqual(['0@s A', '1@s B']);
    const found: ResolvedEvent[] = [];
    for await (const each of client.readStream('s', { direction: BACKWARDS, fromRevision: END, maxCount: 1 })) found.push(each);
    expect(found).toHaveLength(1);
    expect(found[0]?.event).toMatchObject({ id: bytes.id, isJson: false, revision: 1n, position: { commit: 2n, prepare: 2n } });
    expect(Buffer.from(found[0]?.event?.data as Uint8Array)).toEqual(Buffer.from([0, 200]));
    expect(Math.abs((found[0]?.event?.created.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  test('that expect another revision are refused with both', async () => {
    const { client } = await opened();
    const wrong = (expectedVersion: unknown, actualVersion: unknown) => ({
      type: 'wrong-expected-version',
      expectedVersion,
      actualVersion,
    });
    const append = (expectedRevision: 'no_stream' | 'stream_exists' | bigint) =>
      client.appendToStream('s', event('A'), { ...how, expectedRevision });
    await expect(append('stream_exists')).rejects.toMatchObject({ type: 'wrong-expected-version' });
    await expect(append(3n)).rejects.toMatchObject(wrong(3n, 'no_stream'));
    await append('no_stream');
    await expect(append('no_stream')).rejects.toMatchObject(wrong('no_stream', 0n));
    await expect(append(5n)).rejects.toMatchObject(wrong(5n, 0n));
  });

  test('a second time by the same ids are the first time', async () => {
    const { client } = await opened();
    const events = [event('A'), event('B')];
    const first = await client.appendToStream('s', events, { ...how, expectedRevision: 'no_stream' });
    await client.appendToStream('s', event('C'), how);
    expect(await client.appendToStream('s', events, { ...how, expectedRevision: 'no_stream' })).toEqual(first);
    expect(await gathered(client.readStream('s'))).toHaveLength(3);
  });

  test('of too much data, to the system’s streams and to the engine’s are refused, each in its own way', async () => {
    const { client } = await opened();
    const large = jsonEvent({ type: 'Large', data: 'x'.repeat(1_048_576) });
    await expect(client.appendToStream('s', large, how)).rejects.toMatchObject({
      type: 'maximum-append-size-exceeded',
      maxAppendSize: 1_048_576,
    });
    for (const stream of ['$settings', 'app-/web', '$$app-/web', '$$$settings'])
      await expect(client.appendToStream(stream, event('A'), how)).rejects.toMatchObject({ type: 'access-denied' });
  });

  test('of many streams at once all arrive', async () => {
    const { client } = await opened();
    await Promise.all(Array.from({ length: 300 }, (_, n) => client.appendToStream(`s${n % 10}`, event('A'), how)));
    expect(await gathered(client.readAll({ maxCount: 1_000 }))).toHaveLength(300);
  });
});

test('an event that is no fact is refused in a stream of the engine, and what it lacks is named; a fact is taken', async () => {
  const { store, log } = await openStoreOverLog({ takesFacts: true });
  const { port } = await serveStore({ store });
  const client = clientOf(`esdb://127.0.0.1:${port}?tls=false`);
  await expect(client.appendToStream('app-/web', event('A'), CLASSIC)).rejects.toMatchObject({
    type: 'missing-required-metadata-property',
    requiredMetadataProperties: expect.arrayContaining(['$correlationId', 'term']),
  });
  expect(log.head()).toBe(0);
  const { meta, type, id } = wireFact(1, { meta: { term: 4 } });
  const { correlationId: $correlationId, causationId: $causationId, ...rest } = meta;
  const fact = (term: number) => jsonEvent({ id, type, data: { node: 'n' }, metadata: { $correlationId, $causationId, ...rest, term } });
  await client.appendToStream('app-/web', fact(4), { ...CLASSIC, expectedRevision: 'no_stream' });
  await expect(client.appendToStream('app-/web', fact(4), { ...CLASSIC, expectedRevision: 7n })).rejects.toMatchObject({
    actualVersion: 0n,
  });
  await expect(client.appendToStream('app-/other', fact(3), { ...CLASSIC, expectedRevision: 'no_stream' })).rejects.toMatchObject({
    type: 'access-denied',
    message: expect.stringContaining('term 4 leads'),
  });
  expect(log.head()).toBe(1);
});

describe('streams', () => {
  test('that are not there are said to be so', async () => {
    const { client } = await opened();
    await expect(gathered(client.readStream('nothing'))).rejects.toMatchObject({ type: 'stream-not-found', streamName: 'nothing' });
  });

  test('are trimmed by their metadata', async () => {
    const { client } = await opened();
    await client.appendToStream('s', ['A', 'B', 'C'].map(event));
    await client.setStreamMetadata('s', { maxCount: 2, acl: { readRoles: ['$admins'] } });
    expect((await client.getStreamMetadata('s')).metadata).toEqual({ maxCount: 2, acl: { readRoles: ['$admins'] } });
    expect(await gathered(client.readStream('s'))).toEqual(['1@s B', '2@s C']);
    await client.setStreamMetadata('s', { truncateBefore: 2 });
    expect(await gathered(client.readStream('s'))).toEqual(['2@s C']);
  });

  test('are deleted and go on, or are deleted for good', async () => {
    const { client } = await opened();
    await client.appendToStream('s', ['A', 'B'].map(event));
    await expect(client.deleteStream('s', { expectedRevision: 7n })).rejects.toMatchObject({
      type: 'wrong-expected-version',
      actualVersion: 1n,
    });
    await client.deleteStream('s', { expectedRevision: 1n });
    await expect(gathered(client.readStream('s'))).rejects.toMatchObject({ type: 'stream-not-found' });
    expect((await client.appendToStream('s', event('C'), { expectedRevision: 'no_stream' })).nextExpectedRevision).toBe(2n);
    expect(await gathered(client.readStream('s'))).toEqual(['2@s C']);
    await client.tombstoneStream('s');
    await expect(gathered(client.readStream('s'))).rejects.toMatchObject({ type: 'stream-deleted', streamName: 's' });
    await expect(client.appendToStream('s', event('D'))).rejects.toMatchObject({ type: 'stream-deleted' });
    await expect(client.appendToStream('s', event('D'), CLASSIC)).rejects.toMatchObject({ type: 'stream-deleted' });
    await client.appendToStream('größe', event('A'));
    await client.tombstoneStream('größe');
    await expect(gathered(client.readStream('größe'))).rejects.toMatchObject({ type: 'stream-deleted' });
  });

  test('answer links with what they lead to', async () => {
    const { client } = await opened();
    await client.appendToStream('s', event('A'));
    await client.appendToStream('links', binaryEvent({ type: '$>', data: Buffer.from('0@s') }));
    for await (const { event: found, link } of client.readStream('links', { resolveLinkTos: true }))
      expect([found?.streamId, found?.type, link?.streamId]).toEqual(['s', 'A', 'links']);
  });
});

describe('all', () => {
  test('is read in pages, in both directions, from any place, and through a filter', async () => {
    const { client, store } = await opened();
    for (const [stream, first] of [
      ['a', 0],
      ['b', 200],
      ['a', 400],
    ] as const)
      right(await store.append(stream, 'any', eventsFrom(first, 200)));
    const forwards = await gathered(client.readAll());
    expect(forwards).toHaveLength(600);
    expect(await gathered(client.readAll({ direction: BACKWARDS, fromPosition: END }))).toEqual([...forwards].reverse());
    expect(await gathered(client.readAll({ maxCount: 130 }))).toEqual(forwards.slice(0, 130));
    const [, , third] = store.readAll({ from: 0n, direction: 'forwards', max: 3 });
    const fromPosition = { commit: third?.position ?? 0n, prepare: third?.position ?? 0n };
    expect(await gathered(client.readAll({ fromPosition, maxCount: 2 }))).toEqual(forwards.slice(2, 4));
    expect(await gathered(client.readAll({ fromPosition, direction: BACKWARDS }))).toEqual([forwards[1], forwards[0]]);
  });

  test('is followed through no expression that is none', async () => {
    const { client } = await opened();
    const following = client.subscribeToAll({ fromPosition: START, filter: eventTypeFilter({ regex: '(' }) });
    await expect(gathered(following)).rejects.toThrow('filter');
  });
});

describe('subscriptions', () => {
  test('to all catch up, say so, and go on; a filter tells how far it has looked', async () => {
    const { client, store } = await opened();
    right(await store.append('a', 'any', eventsFrom(0, 100)));
    right(await store.append('b', 'any', eventsFrom(100, 3)));
    const checkpoints: bigint[] = [];
    const filter = streamNameFilter({
      prefixes: ['b'],
      checkpointInterval: 1,
      checkpointReached: (_, { commit }) => void checkpoints.push(commit),
    });
    const following = client.subscribeToAll({ fromPosition: START, filter });
    const caughtUp = new Promise<readonly bigint[]>((resolve) => following.once('caughtUp', () => resolve([...checkpoints])));
    const appended = caughtUp.then(() => client.appendToStream('b', event('Live')));
    const found: string[] = [];
    for await (const { event: each } of following) {
      found.push(each?.type ?? '');
      if (each?.type === 'Live') break;
    }
    expect(found).toEqual(['Thing100', 'Thing101', 'Thing102', 'Live']);
    await appended;
    expect(await caughtUp).toEqual([32n, 64n, 96n, 103n]);
  });

  test('begin behind the place that is named, and from the end with what comes', async () => {
    const { client } = await opened();
    const { position } = await client.appendToStream('s', ['A', 'B'].map(event));
    await client.appendToStream('s', event('C'));
    const first = async (following: AsyncIterable<ResolvedEvent>) => {
      for await (const { event: each } of following) return each?.type;
      return undefined;
    };
    expect(await first(client.subscribeToAll({ fromPosition: position ?? START }))).toBe('C');
    expect(await first(client.subscribeToStream('s', { fromRevision: 1n }))).toBe('C');
    const fromEnd = [
      client.subscribeToAll({ fromPosition: END, filter: excludeSystemEvents() }),
      client.subscribeToStream('s', { fromRevision: END }),
    ];
    const firsts = fromEnd.map(first);
    await Promise.all(fromEnd.map((following) => new Promise<void>((resolve) => following.once('caughtUp', resolve))));
    await client.appendToStream('s', event('D'));
    expect(await Promise.all(firsts)).toEqual(['D', 'D']);
  });

  test('to a stream wait until there is one, and end when it is deleted for good', async () => {
    const { client } = await opened();
    const following = client.subscribeToStream('s', { fromRevision: START });
    const appended = new Promise<void>((resolve) => following.once('caughtUp', resolve)).then(() => client.appendToStream('s', event('A')));
    const found: string[] = [];
    await expect(
      (async () => {
        for await (const { event: each } of following) {
          found.push(each?.type ?? '');
          await appended;
          await client.tombstoneStream('s');
        }
      })(),
    ).rejects.toMatchObject({ type: 'stream-deleted' });
    expect(found).toEqual(['A']);
  });

  test('that are read slowly hold nobody up, and miss nothing', async () => {
    const { client, store } = await opened();
    const padding = 'x'.repeat(20_000);
    const pages: number[] = [];
    const readBehind = store.readBehind;
    const counted = {
      ...store,
      readBehind: (after: bigint, max: number) => {
        pages.push(max);
        return readBehind(after, max);
      },
    };
    const { port } = await serveStore({ store: counted });
    const slow = clientOf(`esdb://127.0.0.1:${port}?tls=false`).subscribeToAll({ fromPosition: START });
    slow.pause();
    for (let n = 0; n < 20; n++)
      right(
        await store.append(
          's',
          'any',
          eventsFrom(n * 50, 50).map((each) => ({ ...each, data: Buffer.from(JSON.stringify({ padding })) })),
        ),
      );
    // Others are served meanwhile, and of 20 MB no more was read for the slow one than the buffers between them hold.
    expect(await gathered(client.readStream('s', { direction: BACKWARDS, fromRevision: END, maxCount: 1 }))).toEqual(['999@s Thing999']);
    expect(pages.length).toBeLessThan(8);
    let next = 0n;
    for await (const { event: each } of slow) {
      expect(each?.revision).toBe(next);
      next += 1n;
      if (next === 1_000n) break;
    }
  });

  test('that nobody reads any more leave nothing behind', async () => {
    const { store } = openStore();
    const ended = Promise.withResolvers<void>();
    let listening = 0;
    const onAdvance = (listener: () => void) => {
      listening++;
      const end = store.onAdvance(listener);
      return () => {
        end();
        listening--;
        ended.resolve();
      };
    };
    const { port } = await serveStore({ store: { ...store, onAdvance } });
    const following = clientOf(`esdb://127.0.0.1:${port}?tls=false`).subscribeToAll({ fromPosition: START });
    await new Promise<void>((resolve) => following.once('confirmation', resolve));
    expect(listening).toBe(1);
    await following.unsubscribe();
    await ended.promise;
    expect(listening).toBe(0);
  });

  test('are told when the server closes, and can be taken up again behind what they have seen', async () => {
    const { store } = openStore();
    const first = await serveStore({ store });
    const connection = `esdb://127.0.0.1:${first.port}?tls=false`;
    const client = EventStoreDBClient.connectionString(connection);
    onTestFinished(() => client.dispose());
    right(await store.append('s', 'any', eventsFrom(0, 2)));
    const following = client.subscribeToStream('s', { fromRevision: START });
    following.once('caughtUp', () => void first.close());
    await expect(gathered(following)).rejects.toMatchObject({ type: 'unavailable' });
  });
});

test('a cluster of one answers gossip: it leads, at the address by which it was reached', async () => {
  const { port } = await opened();
  const client = clientOf(`esdb+discover://127.0.0.1:${port}?tls=false`);
  await client.appendToStream('s', event('A'));
  expect(await gathered(client.readStream('s'))).toEqual(['0@s A']);
});

test('what is not offered is said to be so', async () => {
  const { client } = await opened();
  await expect(client.listProjections()).rejects.toMatchObject({ message: expect.stringMatching(/UNIMPLEMENTED/i) });
});
