import { DatabaseSync } from 'node:sqlite';
import type { Name } from './readCommand.ts';

/** Answers that are remembered, and their size in bytes: with more of either the oldest are forgotten. */
export const ANSWERED_MAX = 100_000;
export const ANSWERED_BYTES_MAX = 64 * 1024 * 1024;

/** An answer as it was sent. */
export type Answered = { /** Of the command's data. */ readonly digest: string; readonly time: string; readonly reply: string };

/** What was answered to whom: who asks again is answered the same. */
export type AnsweredStore = {
  find(name: Name): Answered | undefined;
  remember(name: Name, answered: Answered): void;
  close(): void;
};

/** @param file a SQLite file, made when absent; on disk when `remember` returns */
export const openAnswered = (file: string, limits: { readonly count?: number; readonly bytes?: number } = {}): AnsweredStore => {
  const { count: countMax = ANSWERED_MAX, bytes: bytesMax = ANSWERED_BYTES_MAX } = limits;
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS answered (
      nth INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, time TEXT NOT NULL, reply TEXT NOT NULL,
      bytes INTEGER NOT NULL, UNIQUE (source, id)
    ) STRICT;`);
  const one = database.prepare('SELECT digest, time, reply FROM answered WHERE source = ? AND id = ?');
  const put = database.prepare('INSERT OR REPLACE INTO answered (source, id, digest, time, reply, bytes) VALUES (?, ?, ?, ?, ?, ?)');
  const oldest = database.prepare('SELECT nth, bytes FROM answered ORDER BY nth LIMIT 1');
  const drop = database.prepare('DELETE FROM answered WHERE nth = ?');
  const held = database.prepare('SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes FROM answered').get() as {
    count: number;
    bytes: number;
  };
  const forget = (): void => {
    while (held.count > 1 && (held.count > countMax || held.bytes > bytesMax)) {
      const row = oldest.get() as { readonly nth: number; readonly bytes: number };
      drop.run(row.nth);
      held.count -= 1;
      held.bytes -= row.bytes;
    }
  };
  return {
    find: ({ source, id }) => one.get(source, id) as Answered | undefined,
    remember: ({ source, id }, { digest, time, reply }) => {
      const bytes = Buffer.byteLength(reply) + source.length + id.length;
      database.exec('BEGIN IMMEDIATE');
      try {
        put.run(source, id, digest, time, reply, bytes);
        held.count += 1;
        held.bytes += bytes;
        forget();
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
};
