import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openEventStoreLog } from '../../../../../src/adapters/log/esdb/client/eventStoreLog.ts';
import type { MirrorPlace } from '../../../../../src/adapters/log/esdb/client/mirrorPlace.ts';
import type { ReadEvent, Wire } from '../../../../../src/adapters/log/esdb/client/wire.ts';
import { openSqliteLog } from '../../../../../src/adapters/log/sqlite/sqliteLog.ts';
import { eventOf } from '../../../../../src/adapters/log/wireEvent.ts';
import { temporaryFolder } from '../../../../support/temporaryFolder.ts';
import { wireFact } from '../../../../support/wireFacts.ts';

/** What a crash leaves: a mirror that is ahead of the place that was written down. */

const FACTS = [
  ['app-/web', 0],
  ['app-/web', 1],
  ['app-/other', 0],
  ['app-/web', 2],
  ['app-/web', 3],
  ['app-/other', 1],
] as const;

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

test.for(FACTS.map((_, held) => held))(
  'a mirror that held %i facts when its engine crashed goes on in the order of the store',
  async (held) => {
    const events = FACTS.map(([stream, revision], n): ReadEvent => {
      const place = `${10 * n}`;
      return { ...eventOf(wireFact(n)), stream, revision, created: 0, position: { commit: place, prepare: place } };
    });
    const path = join(temporaryFolder(), 'mirror.sqlite');
    // No place was written down: the store tells of everything again.
    const places = { load: (): MirrorPlace | undefined => undefined, save: () => {} };
    const open = async (told: readonly ReadEvent[]) =>
      openEventStoreLog({
        wire: storeOf(told),
        mirror: await openSqliteLog({ path, synchronous: 'OFF', isMirror: true }),
        places,
        nouns: ['app'],
      });
    await (await open(events.slice(0, held))).close();
    const log = await open(events);
    onTestFinished(log.close);
    expect((await log.readAll({ after: 0, max: 100 })).map(({ id, stream, revision }) => [id, stream, revision])).toEqual(
      events.map(({ id, stream, revision }) => [id, stream, revision]),
    );
  },
);
