import type { DatabaseSync } from 'node:sqlite';
import type { NewEvent, StoreEvent, StreamTrim } from '../../../../domain/ports/eventStore.ts';
import { DELETED } from './trims.ts';

export type StreamRow = {
  readonly id: number;
  readonly name: string;
  /** -1 before the first event. */
  readonly last: number;
  readonly trim: StreamTrim;
  readonly isTombstoned: boolean;
};

/** The tables of streams and events in their own words; one transaction around what belongs together is the caller's. */
export type EventRows = {
  head(): bigint;
  stream(name: string): StreamRow | undefined;
  /** The row of a stream, made where there is none yet. */
  claim(name: string): StreamRow;
  setTrim(stream: number, trim: StreamTrim): void;
  add(stream: StreamRow, revision: number, position: bigint, event: NewEvent, created: number): void;
  entomb(stream: number): void;
  forwards(stream: number, from: number, max: number): readonly StoreEvent[];
  backwards(stream: number, from: number, max: number): readonly StoreEvent[];
  behind(after: bigint, max: number): readonly StoreEvent[];
  before(position: bigint, max: number): readonly StoreEvent[];
  lastEvent(stream: number): StoreEvent | undefined;
  /** Revision of the first event that is still kept. */
  first(stream: number): number | undefined;
  revisionOf(stream: number, id: string): number | undefined;
  /** Revision of the last event made before an instant, ms; undefined where there is none. */
  lastBefore(stream: number, created: number): number | undefined;
  /** Removes what stands before a revision. */
  cut(stream: number, before: number): void;
  /** Streams that are trimmed or deleted. */
  trimmed(): readonly string[];
};

type Row = Readonly<Record<string, unknown>>;

const COLUMNS = 'e.position, s.name, e.revision, e.id, e.type, e.is_json, e.data, e.metadata, e.created';
const FROM = 'FROM event e JOIN stream s ON s.id = e.stream';

export const eventRowsOf = (db: DatabaseSync): EventRows => {
  const events = (where: string) => {
    const statement = db.prepare(`SELECT ${COLUMNS} ${FROM} WHERE ${where}`);
    statement.setReadBigInts(true);
    return (...values: readonly (number | bigint)[]): readonly StoreEvent[] => statement.all(...values).map(eventIn);
  };
  const headRow = db.prepare('SELECT coalesce(max(position), 0) AS head FROM event');
  headRow.setReadBigInts(true);
  const streamRow = db.prepare('SELECT * FROM stream WHERE name = ?');
  const newStream = db.prepare('INSERT INTO stream (name) VALUES (?)');
  const trimRow = db.prepare('UPDATE stream SET max_count = ?, max_age_seconds = ?, truncate_before = ? WHERE id = ?');
  const newEvent = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const lastRow = db.prepare('UPDATE stream SET last = ? WHERE id = ?');
  const tombstone = db.prepare('UPDATE stream SET is_tombstoned = 1 WHERE id = ?');
  const forwards = events('e.stream = ? AND e.revision >= ? ORDER BY e.revision LIMIT ?');
  const backwards = events('e.stream = ? AND e.revision <= ? ORDER BY e.revision DESC LIMIT ?');
  const behind = events('e.position > ? ORDER BY e.position LIMIT ?');
  const before = events('e.position < ? ORDER BY e.position DESC LIMIT ?');
  const firstRow = db.prepare('SELECT min(revision) AS revision FROM event WHERE stream = ?');
  const byId = db.prepare('SELECT revision FROM event WHERE stream = ? AND id = ? ORDER BY revision DESC LIMIT 1');
  const aged = db.prepare('SELECT revision FROM event WHERE stream = ? AND created < ? ORDER BY revision DESC LIMIT 1');
  const cutRows = db.prepare('DELETE FROM event WHERE stream = ? AND revision < ?');
  const trimmedRows = db.prepare(
    "SELECT name FROM stream WHERE max_count IS NOT NULL OR max_age_seconds IS NOT NULL OR truncate_before IS NOT NULL OR is_tombstoned OR name LIKE '$$%'",
  );
  const stream = (name: string): StreamRow | undefined => {
    const row = streamRow.get(name);
    return row === undefined ? undefined : streamIn(row);
  };
  const revisionIn = (row: Row | undefined): number | undefined =>
    row === undefined || row.revision === null ? undefined : Number(row.revision);
  return {
    head: () => headRow.get()?.head as bigint,
    stream,
    claim: (name) => {
      const there = stream(name);
      if (there !== undefined) return there;
      const { lastInsertRowid } = newStream.run(name);
      return { id: Number(lastInsertRowid), name, last: -1, trim: {}, isTombstoned: false };
    },
    setTrim: (id, { maxCount, maxAgeSeconds, truncateBefore }) => {
      trimRow.run(maxCount ?? null, maxAgeSeconds ?? null, truncateBefore ?? null, id);
    },
    add: ({ id: of }, revision, position, { id, type, contentType, data, metadata }, created) => {
      newEvent.run(position, of, revision, id, type, contentType === 'application/json' ? 1 : 0, data, metadata, created);
      lastRow.run(revision, of);
    },
    entomb: (id) => {
      tombstone.run(id);
    },
    forwards,
    backwards,
    behind,
    before,
    lastEvent: (id) => backwards(id, Number.MAX_SAFE_INTEGER, 1)[0],
    first: (id) => revisionIn(firstRow.get(id)),
    revisionOf: (of, id) => revisionIn(byId.get(of, id)),
    lastBefore: (id, created) => revisionIn(aged.get(id, created)),
    cut: (id, before) => {
      cutRows.run(id, before);
    },
    trimmed: () => trimmedRows.all().map(({ name }) => String(name)),
  };
};

const eventIn = (row: Row): StoreEvent => ({
  stream: String(row.name),
  revision: Number(row.revision),
  position: row.position as bigint,
  id: String(row.id),
  type: String(row.type),
  contentType: Number(row.is_json) === 1 ? 'application/json' : 'application/octet-stream',
  data: row.data as Uint8Array,
  metadata: row.metadata as Uint8Array,
  created: Number(row.created),
});

const streamIn = ({ id, name, last, max_count, max_age_seconds, truncate_before, is_tombstoned }: Row): StreamRow => ({
  id: Number(id),
  name: String(name),
  last: Number(last),
  trim: {
    ...(max_count !== null && { maxCount: Number(max_count) }),
    ...(max_age_seconds !== null && { maxAgeSeconds: Number(max_age_seconds) }),
    ...(truncate_before !== null && { truncateBefore: Number(truncate_before) }),
  },
  isTombstoned: Number(is_tombstoned) === 1,
});

/** Deleted softly. */
export const isDeleted = ({ trim }: StreamRow): boolean => (trim.truncateBefore ?? 0) >= DELETED;
