import type { DatabaseSync } from 'node:sqlite';
import { ARCHIVING_FORMAT } from './archives.ts';

/**
 * The log's format on disk, format 1. Logs outlive programs: this is never changed. Format 2 is this with archives beside it (`archives.ts`);
 * a log becomes one when its first stream is archived, and not before.
 *
 * word    every short text that repeats (nouns, wire types, states, owes, principals, chart ids), once
 * stream  one row per stream, written once; where it stands is its last fact
 * fact    one row per fact, in the order of the log. `position` has no gaps. Numbers are JavaScript's (integers where they are whole)
 *
 * Ids are packed: a lower-case UUID is its 16 bytes, a traceparent of version 00 its 25 bytes (trace, span, flags); whatever is not
 * of that form stays TEXT. `due`, `chart` and `trace` are NULL where absent. `hash` is the chain of domain/kernel/chain.ts.
 * The views `facts` and `streams` show all of it in words, for anyone with the sqlite3 tool.
 */
export const FORMAT = 1;
/** The newest that we can read. */
export const FORMAT_MAX = ARCHIVING_FORMAT;

/** 'WHAR' in ASCII; `file` and sqlite3 show it. */
export const APPLICATION_ID = 0x57484152;

/** Fixed with the format: larger pages write less per large commit, smaller ones less per scattered commit. */
export const PAGE_BYTES = 8192;

const uuidText = (column: string): string =>
  `CASE typeof(${column}) WHEN 'blob' THEN lower(substr(hex(${column}), 1, 8) || '-' || substr(hex(${column}), 9, 4) || '-' || ` +
  `substr(hex(${column}), 13, 4) || '-' || substr(hex(${column}), 17, 4) || '-' || substr(hex(${column}), 21)) ELSE ${column} END`;
const traceText = (column: string): string =>
  `CASE typeof(${column}) WHEN 'blob' THEN lower('00-' || substr(hex(${column}), 1, 32) || '-' || substr(hex(${column}), 33, 16) || ` +
  `'-' || substr(hex(${column}), 49)) ELSE ${column} END`;
const wordText = (column: string): string => `(SELECT text FROM word WHERE word.id = ${column})`;
const isoTime = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
const streamText = (alias: string): string => `${wordText(`${alias}.noun`)} || '-' || ${uuidText(`${alias}.key`)}`;

export const SCHEMA = `
CREATE TABLE word (
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);
CREATE TABLE stream (
  id INTEGER PRIMARY KEY,
  noun INTEGER NOT NULL REFERENCES word,
  key BLOB NOT NULL,
  UNIQUE (noun, key)
);
CREATE TABLE fact (
  position INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL REFERENCES stream,
  revision INTEGER NOT NULL,
  type INTEGER NOT NULL REFERENCES word,
  id BLOB NOT NULL,
  at INTEGER NOT NULL,
  term INTEGER NOT NULL,
  by INTEGER NOT NULL REFERENCES word,
  correlation BLOB NOT NULL,
  causation BLOB NOT NULL,
  state INTEGER NOT NULL REFERENCES word,
  owes INTEGER NOT NULL REFERENCES word,
  due INTEGER,
  chart INTEGER REFERENCES word,
  trace BLOB,
  data TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE UNIQUE INDEX fact_of_stream ON fact (stream, revision);
CREATE VIEW facts AS SELECT
  f.position,
  (SELECT ${streamText('s')} FROM stream s WHERE s.id = f.stream) AS stream,
  f.revision,
  ${wordText('f.type')} AS type,
  ${uuidText('f.id')} AS id,
  ${isoTime('f.at')} AS at,
  ${wordText('f.by')} AS by,
  ${wordText('f.state')} AS state,
  ${wordText('f.owes')} AS owes,
  ${isoTime('f.due')} AS due,
  f.data,
  ${wordText('f.chart')} AS chart,
  f.term,
  ${uuidText('f.correlation')} AS correlation,
  ${uuidText('f.causation')} AS causation,
  ${traceText('f.trace')} AS traceparent,
  lower(hex(f.hash)) AS hash
FROM fact f;
CREATE VIEW streams AS SELECT
  ${streamText('s')} AS stream,
  ${wordText('s.noun')} AS noun,
  ${uuidText('s.key')} AS key,
  f.revision,
  ${wordText('f.state')} AS state,
  ${wordText('f.owes')} AS owes,
  ${isoTime('f.due')} AS due,
  ${isoTime('f.at')} AS at,
  f.position,
  lower(hex(f.hash)) AS hash
FROM stream s JOIN fact f ON f.stream = s.id
WHERE f.revision = (SELECT max(revision) FROM fact WHERE fact.stream = s.id);
`;

const pragma = (db: DatabaseSync, name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

/** Whether a file is a log that we can read; false for an empty file. @throws Error in plain words for anything else, naming the file. */
export const isLog = (db: DatabaseSync, path: string): boolean => {
  const format = pragma(db, 'user_version');
  if (pragma(db, 'application_id') === APPLICATION_ID) {
    if (format > FORMAT_MAX)
      throw new Error(`the log '${path}' was written by a newer version (format ${format}; this version reads up to format ${FORMAT_MAX})`);
    return true;
  }
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.n);
  if (format !== 0 || tables !== 0 || pragma(db, 'application_id') !== 0) throw new Error(`'${path}' is an SQLite file, but not a log`);
  return false;
};

/** Makes an empty file a log, or checks that it is one that we can read. @throws Error in plain words, naming the file. */
export const prepareSchema = (db: DatabaseSync, path: string): void => {
  if (isLog(db, path)) return;
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = WAL;`);
  db.exec(`BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; COMMIT;`);
};
