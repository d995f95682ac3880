import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { EventStore, StoreEvent } from '../../../../../src/domain/ports/eventStore.ts';
import { eventNo, eventsFrom, factEvent, left, openStore, openStoreOverLog, right } from '../../../../support/eventStore.ts';
import { uuidOf, wireFact } from '../../../../support/wireFacts.ts';

const ALL = { from: 0, direction: 'forwards', max: 1_000 } as const;
const revisions = (events: readonly StoreEvent[] | 'deleted' | undefined): unknown =>
  Array.isArray(events) ? events.map(({ revision }) => revision) : events;
const types = (events: readonly StoreEvent[]): readonly string[] => events.map(({ type }) => type);
const metadata = (of: Readonly<Record<string, unknown>>, n = 900) =>
  eventNo(n, { type: '$metadata', data: Buffer.from(JSON.stringify(of)) });
const keptIn = (folder: string, stream: string): number => {
  const db = new DatabaseSync(join(folder, 'streams.sqlite'), { readOnly: true });
  const row = db.prepare('SELECT count(*) AS n FROM event JOIN stream ON stream.id = event.stream WHERE name = ?').get(stream);
  db.close();
  return Number(row?.n);
};

describe('others’ streams', () => {
  test('give back what was appended, byte for byte, in both directions and in pages', async () => {
    const { store } = openStore();
    const odd = eventNo(1, { data: Uint8Array.of(0, 255, 7), contentType: 'application/octet-stream', metadata: Buffer.from('{"a":1}') });
    expect(right(await store.append('things', 'no_stream', [odd, ...eventsFrom(2, 4)]))).toMatchObject({ revision: 4 });
    const [first] = store.readStream('things', ALL) as readonly StoreEvent[];
    expect(first).toMatchObject({ stream: 'things', revision: 0, id: uuidOf(1), type: 'Thing1', contentType: 'application/octet-stream' });
    expect(Buffer.from(first?.data ?? [])).toEqual(Buffer.from([0, 255, 7]));
    expect(Buffer.from(first?.metadata ?? []).toString()).toBe('{"a":1}');
    expect(revisions(store.readStream('things', { from: 1, direction: 'forwards', max: 2 }))).toEqual([1, 2]);
    expect(revisions(store.readStream('things', { from: 3, direction: 'backwards', max: 2 }))).toEqual([3, 2]);
    expect(revisions(store.readStream('things', { from: 'end', direction: 'backwards', max: 9 }))).toEqual([4, 3, 2, 1, 0]);
    expect(store.readStream('nothing', ALL)).toBeUndefined();
    expect(store.lastOf('things')).toEqual({ revision: 4, isDeleted: false });
  });

  test('are there again when the store is opened anew', async () => {
    const { close, folder, store } = openStore();
    right(await store.append('things', 'any', eventsFrom(1, 3)));
    const before = store.readAll({ from: 0n, direction: 'forwards', max: 10 });
    await close();
    const { store: again } = openStore({ folder });
    expect(again.readAll({ from: 0n, direction: 'forwards', max: 10 })).toEqual(before);
    expect(right(await again.append('things', 2, [eventNo(4)])).revision).toBe(3);
  });

  test.each(['any', 'no_stream'] as const)('an append that expects %s is taken where there is no stream', async (expected) => {
    const { store } = openStore();
    expect(right(await store.append('s', expected, [eventNo(1)]))).toEqual({ revision: 0, position: 1n });
  });

  test.each([
    ['stream_exists', undefined, 0],
    [0, undefined, 0],
    ['no_stream', 2, 3],
    [1, 2, 3],
    [7, 2, 3],
  ] as const)(
    'an append that expects %s where the last revision is %s is refused, and nothing written',
    async (expected, actual, there) => {
      const { store } = openStore();
      if (there > 0) right(await store.append('s', 'any', eventsFrom(1, there)));
      const head = store.head();
      expect(left(await store.append('s', expected, [eventNo(50)]))).toEqual({
        _tag: 'WrongExpectedVersion',
        stream: 's',
        expected,
        actual,
      });
      expect(store.head()).toBe(head);
    },
  );

  test.each(['no_stream', 'any', 'stream_exists', 0] as const)(
    'a second append of the same events that expects %s is the first one',
    async (expected) => {
      const { store } = openStore();
      const first = expected === 'no_stream' || expected === 'any' ? 0 : 1;
      if (first > 0) right(await store.append('s', 'any', [eventNo(99)]));
      const place = right(await store.append('s', expected, eventsFrom(1, 3)));
      right(await store.append('s', 'any', [eventNo(10)]));
      expect(right(await store.append('s', expected, eventsFrom(1, 3)))).toEqual(place);
      expect(store.lastOf('s')?.revision).toBe(first + 3);
      expect(left(await store.append('s', expected, [eventNo(1), eventNo(77)]))._tag).toBe('WrongExpectedVersion');
    },
  );

  test('appends that wait share a commit, in order, and each is answered by itself', async () => {
    const { store } = openStore();
    const outcomes = await Promise.all([
      store.append('s', 'no_stream', [eventNo(1)]),
      store.append('s', 0, [eventNo(2)]),
      store.append('s', 0, [eventNo(3)]),
      store.append('t', 'any', [eventNo(4)]),
    ]);
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Right', 'Right', 'Left', 'Right']);
    expect(types(store.readAll({ from: 0n, direction: 'forwards', max: 10 }))).toEqual(['Thing1', 'Thing2', 'Thing4']);
  });

  test('one append takes a mebibyte of data, and metadata is not counted', async () => {
    const { store } = openStore();
    const of = (bytes: number) => [eventNo(1, { data: new Uint8Array(bytes), metadata: new Uint8Array(2_000_000) })];
    expect(left(await store.append('s', 'any', of(1_048_577)))).toEqual({ _tag: 'TooLarge', maxBytes: 1_048_576 });
    right(await store.append('s', 'any', of(1_048_576)));
  });
});

describe('metadata', () => {
  test('$maxCount hides all but the last events', async () => {
    const { store } = openStore();
    right(await store.append('s', 'any', eventsFrom(1, 5)));
    right(await store.append('$$s', 'any', [metadata({ $maxCount: 2 })]));
    expect(revisions(store.readStream('s', ALL))).toEqual([3, 4]);
    expect(revisions(store.readStream('s', { from: 'end', direction: 'backwards', max: 9 }))).toEqual([4, 3]);
    right(await store.append('s', 'any', [eventNo(6)]));
    expect(revisions(store.readStream('s', ALL))).toEqual([4, 5]);
  });

  test('$tb hides what is before it, $maxAge what is older', async () => {
    let now = 1_000_000;
    const { store } = openStore({ now: () => now });
    right(await store.append('s', 'any', eventsFrom(1, 2)));
    now += 60_000;
    right(await store.append('s', 'any', eventsFrom(3, 3)));
    right(await store.append('$$s', 'any', [metadata({ $maxAge: 30 })]));
    expect(revisions(store.readStream('s', ALL))).toEqual([2, 3, 4]);
    right(await store.append('$$s', 'any', [metadata({ $tb: 4 }, 901)]));
    expect(revisions(store.readStream('s', ALL))).toEqual([4]);
    expect(revisions(store.readStream('$$s', ALL))).toEqual([1]);
  });

  test('what nobody may see any more is deleted now and then: a lease that is renewed for years stays small', async () => {
    const { close, folder, store } = openStore();
    right(await store.append('$$lease', 'any', [metadata({ $maxCount: 10 })]));
    for (let n = 0; n < 1_000; n += 50) right(await store.append('lease', 'any', eventsFrom(n, 50)));
    expect(revisions(store.readStream('lease', ALL))).toEqual(Array.from({ length: 10 }, (_, i) => 990 + i));
    await close();
    expect(keptIn(folder, 'lease')).toBeLessThanOrEqual(10 + 256 + 50);
    const { close: closeAgain } = openStore({ folder });
    await closeAgain();
    expect(keptIn(folder, 'lease')).toBe(10);
  });

  test('one that is no JSON trims nothing', async () => {
    const { store } = openStore();
    right(await store.append('s', 'any', eventsFrom(1, 2)));
    right(await store.append('$$s', 'any', [eventNo(9, { type: '$metadata', data: Buffer.from('{"$maxCount":') })]));
    expect(revisions(store.readStream('s', ALL))).toEqual([0, 1]);
  });
});

describe('deleting', () => {
  test('softly ends the events and not the numbering, and keeps the rest of the metadata to its last digit', async () => {
    const { store } = openStore();
    right(await store.append('s', 'any', eventsFrom(1, 3)));
    right(
      await store.append('$$s', 'any', [
        eventNo(9, { type: '$metadata', data: Buffer.from('{"$acl":{"$r":"x"},"n":12345678901234567890}') }),
      ]),
    );
    right(await store.remove('s', 2, 'soft'));
    expect(store.readStream('s', ALL)).toBeUndefined();
    expect(store.lastOf('s')).toEqual({ revision: 2, isDeleted: true });
    const last = (store.readStream('$$s', { from: 'end', direction: 'backwards', max: 1 }) as readonly StoreEvent[])[0];
    expect(Buffer.from(last?.data ?? []).toString()).toBe('{"$acl":{"$r":"x"},"n":12345678901234567890,"$tb":9223372036854775807}');
    const place = right(await store.append('s', 'no_stream', eventsFrom(4, 2)));
    expect(place.revision).toBe(4);
    expect(revisions(store.readStream('s', ALL))).toEqual([3, 4]);
    expect(right(await store.append('s', 'no_stream', eventsFrom(4, 2)))).toEqual(place);
    expect(left(await store.append('s', 'no_stream', eventsFrom(1, 1)))._tag).toBe('WrongExpectedVersion');
  });

  test('for good ends the name', async () => {
    const { store, close, folder } = openStore();
    right(await store.append('s', 'any', eventsFrom(1, 3)));
    expect(left(await store.remove('s', 9, 'hard'))).toMatchObject({ _tag: 'WrongExpectedVersion', actual: 2 });
    right(await store.remove('s', 'any', 'hard'));
    expect(store.readStream('s', ALL)).toBe('deleted');
    for (const outcome of [
      await store.append('s', 'any', [eventNo(7)]),
      await store.append('$$s', 'any', [metadata({})]),
      await store.remove('s', 'any', 'soft'),
    ])
      expect(left(outcome)).toMatchObject({ _tag: 'StreamDeleted' });
    expect(types(store.readAll({ from: 'end', direction: 'backwards', max: 1 }))).toEqual(['$streamDeleted']);
    await close();
    const { store: again, close: closeAgain } = openStore({ folder });
    expect(again.readStream('s', ALL)).toBe('deleted');
    await closeAgain();
    expect(keptIn(folder, 's')).toBe(1);
  });
});

describe('the order of all', () => {
  test('has facts and others’ events as they came, each at a place of its own, alike in both directions and from any place', async () => {
    const { log, store } = await openStoreOverLog();
    right(await store.append('early', 'any', [eventNo(1)]));
    right(await log.append('app-/a', -1, [wireFact(2), wireFact(3)]));
    right(await store.append('s', 'any', eventsFrom(4, 2)));
    right(await log.append('app-/b', -1, [wireFact(6)]));
    right(await store.append('s', 'any', [eventNo(7)]));
    const all = store.readAll({ from: 0n, direction: 'forwards', max: 100 });
    expect(all.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7].map(uuidOf));
    expect(all.map(({ position }) => position)).toEqual([
      1n,
      1n << 32n,
      2n << 32n,
      (2n << 32n) + 1n,
      (2n << 32n) + 2n,
      3n << 32n,
      (3n << 32n) + 1n,
    ]);
    expect(store.head()).toBe(all.at(-1)?.position);
    expect(store.readAll({ from: 'end', direction: 'backwards', max: 100 })).toEqual([...all].reverse());
    for (const [i, { position }] of all.entries()) {
      expect(store.readAll({ from: position, direction: 'forwards', max: 2 })).toEqual(all.slice(i, i + 2));
      expect(store.readBehind(position, 3)).toEqual(all.slice(i + 1, i + 4));
      expect(store.readAll({ from: position, direction: 'backwards', max: 2 })).toEqual(all.slice(0, i).reverse().slice(0, 2));
    }
  });

  test('whoever follows it misses nothing while facts and others’ events race', async () => {
    const { log, store } = await openStoreOverLog();
    const seen: string[] = [];
    let place = 0n;
    const take = (): void => {
      for (let page = store.readBehind(place, 7); page.length > 0; page = store.readBehind(place, 7)) {
        seen.push(...page.map(({ id }) => id));
        place = page.at(-1)?.position ?? place;
      }
    };
    const end = store.onAdvance(take);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        for (let wait = n % 5; wait > 0; wait--) await new Promise(setImmediate);
        return n % 2 === 0 ? log.append(`app-/${n}`, -1, [wireFact(n)]) : store.append(`s${n % 7}`, 'any', [eventNo(n)]);
      }),
    );
    take();
    end();
    expect(outcomes.every(({ _tag }) => _tag === 'Right')).toBe(true);
    expect(new Set(seen).size).toBe(200);
    expect(seen).toHaveLength(200);
    expect(store.readAll({ from: 0n, direction: 'forwards', max: 1_000 }).map(({ id }) => id)).toEqual(seen);
  });

  test('streams that stand behind facts which the log does not have are not of its time, and said to be so', async () => {
    const { log, store, folder, close } = await openStoreOverLog();
    right(await log.append('app-/a', -1, [wireFact(1)]));
    right(await store.append('s', 'any', [eventNo(2)]));
    await close();
    const db = new DatabaseSync(join(folder, 'log.sqlite'));
    db.exec('DELETE FROM fact');
    db.close();
    expect(() => openStore({ folder })).toThrow('not of one time');
  });
});

describe('the engine’s streams', () => {
  const read = (store: EventStore, stream: string) => store.readStream(stream, ALL) as readonly StoreEvent[];

  test('are its facts, with their metadata', async () => {
    const { log, store } = await openStoreOverLog();
    right(await log.append('app-/a', -1, [wireFact(1), wireFact(2), wireFact(3)]));
    expect(read(store, 'app-/a').map(({ revision, type }) => [revision, type])).toEqual([0, 1, 2].map((n) => [n, 'InstancePlaced.v1']));
    expect(JSON.parse(Buffer.from(read(store, 'app-/a')[0]?.metadata ?? []).toString())).toMatchObject({
      by: 'engine',
      term: 1,
      state: 'starting',
    });
    expect(revisions(store.readStream('app-/a', { from: 'end', direction: 'backwards', max: 2 }))).toEqual([2, 1]);
    expect(revisions(store.readStream('app-/a', { from: 1, direction: 'backwards', max: 9 }))).toEqual([1, 0]);
    expect(store.lastOf('app-/a')).toEqual({ revision: 2, isDeleted: false });
    expect(store.readStream('app-/none', ALL)).toBeUndefined();
  });

  test('are nobody else’s to write, describe or delete', async () => {
    const { store } = openStore();
    for (const outcome of [
      await store.append('app-/a', 'any', [factEvent(1)]),
      await store.append('$$app-/a', 'any', [metadata({ $maxCount: 1 })]),
      await store.remove('app-/a', 'any', 'soft'),
    ])
      expect(left(outcome)).toMatchObject({ _tag: 'AccessDenied', why: expect.stringContaining('stream of the engine') });
    expect(right(await store.append('application', 'any', [eventNo(1)])).revision).toBe(0);
  });

  test('take facts where the log is open to them, and nothing else', async () => {
    const { store, log } = await openStoreOverLog({ takesFacts: true });
    expect(right(await store.append('app-/a', 'no_stream', [factEvent(1), factEvent(2)]))).toEqual({ revision: 1, position: 2n << 32n });
    expect(left(await store.append('app-/a', 1, [factEvent(3), eventNo(4)]))).toMatchObject({
      _tag: 'Invalid',
      missing: expect.arrayContaining(['term']),
    });
    expect(left(await store.append('app-/a', 7, [factEvent(3)]))).toMatchObject({ _tag: 'WrongExpectedVersion', actual: 1 });
    expect(left(await store.append('app-/b', 'stream_exists', [factEvent(3)]))).toMatchObject({ actual: undefined });
    expect(right(await store.append('app-/a', 'no_stream', [factEvent(1), factEvent(2)])).revision).toBe(1);
    expect(right(await store.append('app-/a', 'any', [factEvent(3)])).revision).toBe(2);
    expect(right(await store.append('app-/a', 'any', [factEvent(2), factEvent(3)])).revision).toBe(2);
    expect(await log.verifyAll()).toMatchObject({ facts: 3, faultCount: 0 });
    expect(log.head()).toBe(3);
    expect(left(await store.remove('app-/a', 'any', 'hard'))).toMatchObject({ _tag: 'AccessDenied' });
  });

  test('refuse a leader whom another has succeeded, and say which term leads', async () => {
    const { store } = await openStoreOverLog({ takesFacts: true });
    right(await store.append('app-/a', 'any', [factEvent(1, { meta: { term: 3 } })]));
    expect(left(await store.append('app-/b', 'any', [factEvent(2, { meta: { term: 2 } })]))).toMatchObject({
      _tag: 'AccessDenied',
      fencedBy: 3,
    });
  });

  test('take appends that expect nothing in the order in which they came, at the same time', async () => {
    const { store } = await openStoreOverLog({ takesFacts: true });
    const outcomes = await Promise.all(Array.from({ length: 40 }, (_, n) => store.append('app-/a', 'any', [factEvent(n)])));
    expect(outcomes.map((outcome) => right(outcome).revision)).toEqual(Array.from({ length: 40 }, (_, n) => n));
  });
});
