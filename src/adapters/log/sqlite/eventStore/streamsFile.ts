import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { lockBeside } from '../fileLock.ts';

/** 'WHAS' in ASCII. */
const APPLICATION_ID = 0x57484153;
const FORMAT = 1;

/**
 * stream  one row per stream of others: its last revision (-1 before the first event), and what its metadata trims
 * event   one row per event; `position` is the place in the whole store: (position of the last fact before it << 32) | 1, 2, 3 …
 *
 * Events that no reader may see any more are deleted now and then; `last` stays what it was.
 */
const SCHEMA = `
CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  last INTEGER NOT NULL DEFAULT -1,
  max_count INTEGER,
  max_age_seconds INTEGER,
  truncate_before REAL,
  is_tombstoned INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  revision INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  is_json INTEGER NOT NULL,
  data BLOB NOT NULL,
  metadata BLOB NOT NULL,
  created INTEGER NOT NULL
);
CREATE UNIQUE INDEX event_of_stream ON event (stream, revision);
CREATE INDEX event_by_id ON event (stream, id);
`;

/** Where the streams of others stand: beside the log, `streams.sqlite` for a `log.sqlite`. */
export const streamsFileOf = (log: string): string => {
  const name = basename(log);
  return join(dirname(log), name === 'log.sqlite' ? 'streams.sqlite' : `${name}.streams.sqlite`);
};

export type StreamsFile = { readonly db: DatabaseSync; close(): void };

/**
 * Opens the file for the one process that may write it: what is appended gets its place by what this process alone has seen. Others may
 * read meanwhile. Made when absent. @throws Error in plain words
 */
export const openStreamsFile = (path: string): StreamsFile => {
  const lock = lockBeside(path, 'the file of streams');
  try {
    const db = prepared(path);
    return {
      db,
      close: () => {
        db.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
};

const prepared = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path);
  try {
    const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    const application = pragma('application_id');
    const isNew = application === 0 && Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n) === 0;
    if (!isNew && application !== APPLICATION_ID) throw new Error(`'${path}' is no file of streams`);
    if (pragma('user_version') > FORMAT) throw new Error(`'${path}' was written by a newer version`);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    if (isNew) db.exec(`BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; COMMIT;`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
};
