import type { DatabaseSync } from 'node:sqlite';

/** Raised by any change of the tables or of what is kept in them: an index of another format is built again. */
export const INDEX_FORMAT = 3;

const SCHEMA = `
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE prefix (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE link (
  prefix INTEGER NOT NULL,
  count INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (prefix, count, kind, position)
) WITHOUT ROWID;
CREATE TABLE app (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE begun (app INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (app, position)) WITHOUT ROWID;
CREATE TABLE boundary (position INTEGER PRIMARY KEY);
CREATE TABLE part (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE kept (part INTEGER NOT NULL, position INTEGER NOT NULL, crc INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (part, position)) WITHOUT ROWID;
`;

const TABLES = ['about', 'prefix', 'link', 'app', 'begun', 'boundary', 'part', 'kept'];

/** What an index was made of. One that was made of anything else is emptied. */
export type IndexOf = {
  /** Names and versions of the views whose parts are kept. */
  readonly views: string;
  /** The hash of the log's first fact, '' of an empty log. */
  readonly log: string;
};

export const readAbout = (db: DatabaseSync, key: string): string | undefined => {
  const there = db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'about'").get()?.n;
  return there === 0 ? undefined : (db.prepare('SELECT value FROM about WHERE key = ?').get(key)?.value as string | undefined);
};

const madeOf = ({ views, log }: IndexOf): string => JSON.stringify([INDEX_FORMAT, views, log]);

/** @returns whether it can be used as it is. */
export const isIndexOf = (db: DatabaseSync, of: IndexOf): boolean => readAbout(db, 'of') === madeOf(of);

/** Empties the file and makes it an index of this log. */
export const emptyIndex = (db: DatabaseSync, of: IndexOf): void => {
  db.exec(`BEGIN; ${TABLES.map((table) => `DROP TABLE IF EXISTS ${table};`).join(' ')} ${SCHEMA}`);
  const insert = db.prepare('INSERT INTO about (key, value) VALUES (?, ?)');
  insert.run('of', madeOf(of));
  insert.run('position', '0');
  insert.run('boundary', '0');
  insert.run('hash', '');
  db.exec('COMMIT');
};
