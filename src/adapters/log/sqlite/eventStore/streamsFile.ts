import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

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

/** Opens the file for the one process that may write it; made when absent. @throws Error in plain words */
export const openStreamsFile = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path);
  try {
    const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    // Nobody else opens it: what is appended gets its place by what this process alone has seen.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec('BEGIN IMMEDIATE');
    const application = pragma('application_id');
    if (application === 0 && Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n) === 0)
      db.exec(`${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT};`);
    else if (application !== APPLICATION_ID) throw new Error(`'${path}' is no file of streams`);
    else if (pragma('user_version') > FORMAT) throw new Error(`'${path}' was written by a newer version`);
    db.exec('COMMIT');
    return db;
  } catch (error) {
    db.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) throw new Error(`'${path}' is in use by another process`);
    throw error;
  }
};
