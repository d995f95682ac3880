import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteLog } from '../../../../../src/adapters/log/sqlite/sqliteLog.ts';
import { isLongRun } from '../../../../support/machine.ts';
import { startStore } from '../../../../support/storeProcess.ts';
import { temporaryFolder } from '../../../../support/temporaryFolder.ts';
import { uuidOf, wireFact } from '../../../../support/wireFacts.ts';

const KILLS = isLongRun ? 50 : 3;
const STREAMS = ['instance-one', 'app-/two', 'three', 'four'];
const ACKS_BEFORE_KILL_MAX = 200;
/** Between two tries of an append whose answer never came. */
const AGAIN_MS = 20;

/** A fact for the engine's streams, which others take as any event. */
const eventNo = (n: number) => {
  const { id, type, meta } = wireFact(n);
  const { correlationId: $correlationId, causationId: $causationId, ...rest } = meta;
  return jsonEvent({ id, type, data: { n }, metadata: { $correlationId, $causationId, ...rest } });
};
const idOf = (writer: number, revision: number): number => writer * 1_000_000 + revision;

test(`after each of ${KILLS} kills of the store all that it acknowledged is there, once and in order, and writers go on by trying again`, async () => {
  const file = join(temporaryFolder(), 'log.sqlite');
  const store = await startStore(file);
  onTestFinished(() => store.kill());
  const { port } = store;
  const acknowledged = STREAMS.map(() => -1);
  let acks = 0;
  let again = 0;
  let isOver = false;
  let killing = Promise.withResolvers<void>();
  let killAt = 0;

  const write = async (writer: number): Promise<void> => {
    const stream = STREAMS[writer] ?? '';
    const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false&defaultDeadline=3000`);
    onTestFinished(() => void client.dispose());
    for (let revision = 0; !isOver; revision++) {
      const event = eventNo(idOf(writer, revision));
      for (let isNew = true; ; isNew = false) {
        try {
          const { nextExpectedRevision } = await client.appendToStream(stream, event, {
            credentials: { username: 'a', password: 'b' },
            expectedRevision: revision === 0 ? 'no_stream' : BigInt(revision - 1),
          });
          expect(nextExpectedRevision).toBe(BigInt(revision));
          break;
        } catch (error) {
          const { type } = error as { readonly type?: string };
          if (!['unavailable', 'cancelled', 'deadline-exceeded', 'timeout'].includes(type ?? '')) throw error;
          if (isOver && !isNew) return;
          again++;
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        }
      }
      acknowledged[writer] = revision;
      if (++acks === killAt) killing.resolve();
    }
  };

  const aim = (): void => {
    killing = Promise.withResolvers();
    killAt = acks + 1 + Math.floor(Math.random() * ACKS_BEFORE_KILL_MAX);
  };
  aim();
  const writing = STREAMS.map((_, writer) => write(writer));
  const failed = Promise.all(writing);
  for (let kill = 0; kill < KILLS; kill++) {
    await Promise.race([killing.promise, failed]);
    await store.kill();
    await store.restart();
    aim();
  }
  await Promise.race([killing.promise, failed]);
  isOver = true;
  await failed;

  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
  for (const [writer, stream] of STREAMS.entries()) {
    const found: string[] = [];
    for await (const { event } of client.readStream(stream)) found.push(event?.id ?? '');
    expect(found.length).toBeGreaterThan(acknowledged[writer] ?? 0);
    expect(found).toEqual(found.map((_, revision) => uuidOf(idOf(writer, revision))));
  }
  const positions: bigint[] = [];
  for await (const { event } of client.readAll()) positions.push(event?.position.commit ?? 0n);
  expect(positions).toEqual([...new Set(positions)].sort((a, b) => (a < b ? -1 : 1)));
  await client.dispose();
  expect(again).toBeGreaterThan(0);
  await store.kill('SIGTERM');
  expect(store.exitCode).toBe(0);
  const log = await openSqliteLog({ path: file });
  expect(await log.verifyAll()).toMatchObject({ facts: log.head(), faultCount: 0 });
  await log.close();
}, 300_000);
