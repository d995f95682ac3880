import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import { expect, onTestFinished, test } from 'vitest';
import { createLeases } from '../../../../../src/actors/leases.ts';
import { openEventStoreLog } from '../../../../../src/adapters/log/esdb/client/eventStoreLog.ts';
import { placeFile } from '../../../../../src/adapters/log/esdb/client/mirrorPlace.ts';
import { openWire, type ReadEvent, type Wire } from '../../../../../src/adapters/log/esdb/client/wire.ts';
import { openSqliteLog } from '../../../../../src/adapters/log/sqlite/sqliteLog.ts';
import { eventOf, STRANGER } from '../../../../../src/adapters/log/wireEvent.ts';
import type { StoredFact } from '../../../../../src/domain/kernel/ports.ts';
import { openMirrored } from '../../../../support/mirroredLog.ts';
import { startStore } from '../../../../support/storeProcess.ts';
import { temporaryFolder } from '../../../../support/temporaryFolder.ts';
import { wireFact } from '../../../../support/wireFacts.ts';

/** What stands in the engine's streams at a store and no engine of now wrote. */

const CREATED = Date.parse('2026-03-01T10:00:00Z');

/** A store that tells of these events and takes none. */
const storeOf = (events: readonly ReadEvent[]): Wire => ({
  append: () => Promise.reject(new Error('it takes none')),
  followAll: async (_after, _prefixes, onMessage) => {
    for (const event of events) onMessage({ _tag: 'Event', event });
    onMessage({ _tag: 'CaughtUp' });
    const ended = Promise.withResolvers<undefined>();
    return { ended: ended.promise, pause: () => {}, resume: () => {}, cancel: () => ended.resolve(undefined) };
  },
  readStream: async () => [],
  setMetadata: async () => {},
  close: async () => {},
});

test('an event without a fact’s metadata is kept at its place as a stranger’s, and what follows keeps its own', async () => {
  const at = (revision: number, position: number) => ({
    stream: 'app-/web',
    revision,
    created: CREATED,
    position: { commit: `${position}`, prepare: `${position}` },
  });
  const bytes = Buffer.from([0xff, 0x00, 0x80]);
  const strange = {
    id: randomUUID(),
    type: 'SomethingElse',
    contentType: 'application/octet-stream' as const,
    data: bytes,
    metadata: Buffer.from('{}'),
  };
  const [before, after] = [wireFact(1), wireFact(2)];
  const wire = storeOf([
    { ...eventOf(before), ...at(0, 10) },
    { ...strange, ...at(1, 20) },
    { ...eventOf(after), ...at(2, 30) },
  ]);
  const folder = temporaryFolder();
  const mirror = await openSqliteLog({ path: join(folder, 'mirror.sqlite'), synchronous: 'OFF', isMirror: true });
  const log = await openEventStoreLog({ wire, mirror, places: placeFile(join(folder, 'place.json')), nouns: ['app'] });
  onTestFinished(log.close);
  const found = await log.readStream('app-/web');
  expect(found.map(({ id, revision, position }) => [id, revision, position])).toEqual([
    [before.id, 0, 1],
    [strange.id, 1, 2],
    [after.id, 2, 3],
  ]);
  expect(found[1]).toMatchObject({ type: 'SomethingElse', meta: { by: STRANGER, at: CREATED, term: before.meta.term } });
  const { $stranger } = JSON.parse(found[1]?.data ?? '') as { $stranger: { data: string } };
  expect(Buffer.from($stranger.data, 'base64')).toEqual(bytes);
});

test('a store that knows of terms says by which one an append is fenced off', async () => {
  const folder = temporaryFolder();
  const store = await startStore(join(folder, 'store.sqlite'));
  onTestFinished(() => store.kill());
  // As one that has not heard of its successor: it follows nothing that comes later.
  const wire = openWire(store.connection);
  const deaf = await openSqliteLog({ path: join(folder, 'deaf.sqlite'), synchronous: 'OFF', isMirror: true });
  const old = await openEventStoreLog({
    wire: { ...storeOf([]), append: wire.append },
    mirror: deaf,
    places: placeFile(join(folder, 'deaf.json')),
    nouns: ['app'],
  });
  const successor = await openMirrored(store.connection, folder);
  const ofTerm = (n: number, term: number) => ({ ...wireFact(n), meta: { ...wireFact(n).meta, term } });
  expect(E.isRight(await successor.append('app-/web', -1, [ofTerm(1, 2)]))).toBe(true);
  expect(await old.append('app-/other', -1, [ofTerm(2, 1)])).toEqual(E.left({ _tag: 'Fenced', term: 1, by: 2 }));
  await Promise.all([old.close(), successor.close()]);
  await wire.close();
});

test('what is void is told by the leases before it alone', () => {
  const stored = (position: number, term: number, stream = 'app-/web'): StoredFact =>
    ({ ...wireFact(position), stream, revision: position, position, meta: { ...wireFact(position).meta, term } }) as StoredFact;
  const facts = [
    stored(1, 1, 'lease-engine'),
    stored(2, 1),
    stored(3, 2, 'lease-engine'),
    stored(4, 1),
    stored(5, 2),
    // One that lost: it took a lease that had been taken already.
    stored(6, 2, 'lease-engine'),
    stored(7, 1, 'lease-engine'),
    stored(8, 3, 'lease-engine'),
    stored(9, 2),
    stored(10, 3),
  ];
  const live = createLeases();
  const valid = [2, 3, 5].flatMap((size, nth) => live.valid(facts.slice([0, 2, 5][nth], [2, 5, 10][nth]).slice(0, size)));
  expect(valid.map(({ position }) => position)).toEqual([1, 2, 3, 5, 6, 8, 10]);
  // Whoever comes later, and reads only the leases, says the same.
  const late = createLeases();
  late.load(
    facts.filter(({ stream }) => stream === 'lease-engine'),
    facts.length,
  );
  expect(facts.filter((fact) => !late.isVoid(fact)).map(({ position }) => position)).toEqual(valid.map(({ position }) => position));
});
