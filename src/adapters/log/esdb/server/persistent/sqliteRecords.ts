import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Filter } from './filter.ts';
import type { GroupRecord, GroupRecords } from './records.ts';
import type { GroupSettings } from './settings.ts';

/** `startFrom` of a place is written as text: JSON has no integers of 64 bits. */
type Kept = { readonly settings: Omit<GroupSettings, 'startFrom'> & { readonly startFrom: string }; readonly filter: Filter | null };

type Row = {
  readonly stream: string;
  readonly name: string;
  readonly kept: string;
  readonly start: bigint;
  readonly checkpoint: bigint | null;
  readonly replay_until: bigint;
};

/** "Whgr": what the file is, in SQLite's own header. */
const APPLICATION_ID = 0x57686772;
const FORMAT = 1;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS groups (
    stream TEXT NOT NULL,
    name TEXT NOT NULL,
    kept TEXT NOT NULL,          -- settings and filter, JSON
    start INTEGER NOT NULL,      -- it began behind this place: a revision, or a position of $all
    checkpoint INTEGER,          -- everything up to this place is done
    replay_until INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (stream, name)
  ) STRICT, WITHOUT ROWID;
`;

/** Where groups are kept: beside the log, `subscriptions.sqlite` for a `log.sqlite`. */
export const subscriptionsFileOf = (log: string): string => {
  const name = basename(log);
  return join(dirname(log), name === 'log.sqlite' ? 'subscriptions.sqlite' : `${name}.subscriptions.sqlite`);
};

/**
 * Groups in a SQLite file of their own, which is made if it is not there.
 * @throws Error in plain words: the file is something else, or of a newer format
 */
export const openSqliteRecords = (path: string): GroupRecords => {
  const db = new DatabaseSync(path);
  try {
    prepare(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
  const saving = db.prepare(
    `INSERT INTO groups (stream, name, kept, start, checkpoint, replay_until) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET kept = excluded.kept, start = excluded.start, checkpoint = excluded.checkpoint, replay_until = excluded.replay_until`,
  );
  const checkpointing = db.prepare('UPDATE groups SET checkpoint = ? WHERE stream = ? AND name = ?');
  const replaying = db.prepare('UPDATE groups SET replay_until = ? WHERE stream = ? AND name = ?');
  const removing = db.prepare('DELETE FROM groups WHERE stream = ? AND name = ?');
  const reading = db.prepare('SELECT stream, name, kept, start, checkpoint, replay_until FROM groups ORDER BY stream, name');
  reading.setReadBigInts(true);
  const durably = (write: () => void): void => {
    db.exec('PRAGMA synchronous = FULL');
    try {
      write();
    } finally {
      // A checkpoint that is lost with the power costs messages that come twice, and need not cost an fsync each.
      db.exec('PRAGMA synchronous = NORMAL');
    }
  };
  return {
    all: () => (reading.all() as unknown as readonly Row[]).map(recordOf),
    save: ({ stream, group, settings, filter, start, checkpoint, replayUntil }) =>
      durably(() => saving.run(stream, group, keptOf(settings, filter), start, checkpoint ?? null, replayUntil)),
    checkpoint: ({ stream, group }, place) => {
      checkpointing.run(place, stream, group);
    },
    replay: ({ stream, group }, until) => durably(() => replaying.run(until, stream, group)),
    remove: ({ stream, group }) => durably(() => removing.run(stream, group)),
    close: () => db.close(),
  };
};

const numberOf = (db: DatabaseSync, pragma: string): number => Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);

const prepare = (db: DatabaseSync, path: string): void => {
  const id = numberOf(db, 'application_id');
  const isNew = id === 0 && numberOf(db, 'schema_version') === 0;
  if (!isNew && id !== APPLICATION_ID) throw new Error(`'${path}' is no file of subscription groups`);
  const format = numberOf(db, 'user_version');
  if (format > FORMAT) throw new Error(`'${path}' has format ${format}; this version knows formats up to ${FORMAT}`);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL');
  if (isNew) db.exec(`BEGIN; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; COMMIT;`);
  db.exec('PRAGMA synchronous = NORMAL');
};

const keptOf = (settings: GroupSettings, filter: Filter | undefined): string => {
  const kept: Kept = { settings: { ...settings, startFrom: String(settings.startFrom) }, filter: filter ?? null };
  return JSON.stringify(kept);
};

const recordOf = ({ stream, name, kept, start, checkpoint, replay_until }: Row): GroupRecord => {
  const { settings, filter } = JSON.parse(kept) as Kept;
  const { startFrom } = settings;
  return {
    stream,
    group: name,
    settings: { ...settings, startFrom: startFrom === 'start' || startFrom === 'end' ? startFrom : BigInt(startFrom) },
    filter: filter ?? undefined,
    start,
    checkpoint: checkpoint ?? undefined,
    replayUntil: Number(replay_until),
  };
};
