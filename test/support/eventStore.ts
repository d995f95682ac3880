import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import { onTestFinished } from 'vitest';
import { openSqliteEventStore, type SqliteEventStore } from '../../src/adapters/log/sqlite/eventStore/sqliteEventStore.ts';
import { prepareSchema } from '../../src/adapters/log/sqlite/schema.ts';
import { openSqliteLog, type SqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { eventOf } from '../../src/adapters/log/wireEvent.ts';
import { isEngineStream } from '../../src/domain/nouns.ts';
import type { NewEvent } from '../../src/domain/ports/eventStore.ts';
import { temporaryFolder } from './temporaryFolder.ts';
import { uuidOf, wireFact } from './wireFacts.ts';

export type StoreOptions = {
  readonly folder?: string;
  readonly now?: () => number;
};

export type StoreUnderTest = {
  readonly store: SqliteEventStore;
  readonly folder: string;
  close(): Promise<void>;
};

const logIn = (folder: string): string => join(folder, 'log.sqlite');

/** A store beside a log that nobody writes. */
export const openStore = ({ folder = temporaryFolder(), now }: StoreOptions = {}): StoreUnderTest => {
  const db = new DatabaseSync(logIn(folder));
  prepareSchema(db, logIn(folder));
  db.close();
  const store = openSqliteEventStore({ log: logIn(folder), isEngines: isEngineStream, ...(now !== undefined && { now }) });
  return { store, folder, close: once(() => store.close()) };
};

/** A log, and the store over it. @param takesFacts events of the engine's streams as facts, as `wharf log serve` does */
export const openStoreOverLog = async ({
  folder = temporaryFolder(),
  takesFacts = false,
}: {
  readonly folder?: string;
  readonly takesFacts?: boolean;
} = {}): Promise<StoreUnderTest & { readonly log: SqliteLog }> => {
  const log = await openSqliteLog({ path: logIn(folder) });
  const store = openSqliteEventStore({ log: logIn(folder), isEngines: isEngineStream, ...(takesFacts && { facts: log }) });
  const following = await log.subscribe(log.head(), store.advanced);
  const close = once(async () => {
    await following.close();
    await store.close();
    await log.close();
  });
  return { log, store, folder, close };
};

/** At the end of the test at the latest. */
const once = (close: () => Promise<void>): (() => Promise<void>) => {
  let closed: Promise<void> | undefined;
  const closing = (): Promise<void> => {
    closed ??= close();
    return closed;
  };
  onTestFinished(closing);
  return closing;
};

/** The nth event of a test. */
export const eventNo = (n: number, change: Partial<NewEvent> = {}): NewEvent => ({
  id: uuidOf(n),
  type: `Thing${n}`,
  contentType: 'application/json',
  data: Buffer.from(`{"n":${n}}`),
  metadata: new Uint8Array(),
  ...change,
});

export const eventsFrom = (first: number, count: number): readonly NewEvent[] =>
  Array.from({ length: count }, (_, i) => eventNo(first + i));

/** The nth fact of a test as an event. */
export const factEvent = (n: number, ...change: Parameters<typeof wireFact> extends [number, ...infer R] ? R : never): NewEvent =>
  eventOf(wireFact(n, ...change));

export const right = <A>(outcome: Either<unknown, A>): A => {
  if (E.isLeft(outcome)) throw new Error(`refused: ${JSON.stringify(outcome.left)}`);
  return outcome.right;
};

export const left = <A>(outcome: Either<A, unknown>): A => {
  if (E.isRight(outcome))
    throw new Error(`taken: ${JSON.stringify(outcome.right, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`);
  return outcome.left;
};
