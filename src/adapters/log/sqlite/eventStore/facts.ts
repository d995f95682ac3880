import { realpathSync } from 'node:fs';
import { keyOf, nounOf, type StreamName } from '../../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../../domain/kernel/ports.ts';
import { archiveOf, removedStreamsOf, unreachable } from '../archives.ts';
import { openWhole, type WholeLog } from '../openWhole.ts';
import { packUuid } from '../packedIds.ts';
import { pageUnpacker } from '../pageMessage.ts';
import { readerOf } from '../reader.ts';

/** The facts of a log as pages in both directions, on a read-only connection of its own: only what is durable is seen. */
export type Facts = {
  /** Position of the last fact, 0 for an empty log. */
  head(): number;
  /** Facts behind a position, in order. */
  behind(after: number, max: number): readonly StoredFact[];
  /** Facts before a position, the last one first. */
  before(position: number, max: number): readonly StoredFact[];
  /** Facts of a stream from a revision on, in order. @throws Error where its archive can't be reached */
  stream(name: StreamName, from: number, max: number): readonly StoredFact[];
  /** Revision of a stream's last fact; undefined where there is none. */
  last(name: StreamName): number | undefined;
  close(): void;
};

type Opened = Facts & { readonly removedThen: number; removed(): number };

/** Streams leave the log for archives while it is open; then what reads it is opened anew, with those archives. */
export const openFacts = (path: string): Facts => {
  let opened = openOver(path);
  const current = (): Opened => {
    if (opened.removed() === opened.removedThen) return opened;
    opened.close();
    opened = openOver(path);
    return opened;
  };
  return {
    head: () => opened.head(),
    behind: (after, max) => current().behind(after, max),
    before: (position, max) => current().before(position, max),
    stream: (name, from, max) => current().stream(name, from, max),
    last: (name) => current().last(name),
    close: () => opened.close(),
  };
};

const openOver = (path: string): Opened => {
  const whole: WholeLog = openWhole(realpathSync(path));
  const { db, missing } = whole;
  const removed = removedStreamsOf(db);
  const removedThen = removed();
  const reader = readerOf(db);
  const unpack = pageUnpacker();
  const headRow = db.prepare('SELECT coalesce(max(position), 0) AS head FROM main.fact');
  const startRow = db.prepare(
    'SELECT min(position) AS first FROM (SELECT position FROM fact WHERE position < ? ORDER BY position DESC LIMIT ?)',
  );
  const streamRow = db.prepare('SELECT stream.id FROM stream JOIN word ON word.id = stream.noun WHERE word.text = ? AND stream.key = ?');
  const lastRow = db.prepare('SELECT max(revision) AS last FROM fact WHERE stream = ?');
  const requireReachable = (name: StreamName): void => {
    if (missing.length === 0) return;
    const archive = archiveOf(db, name);
    if (archive !== undefined && missing.some(({ id }) => id === archive.id)) throw unreachable(name, archive, path);
  };
  return {
    removedThen,
    removed,
    head: () => Number(headRow.get()?.head),
    behind: (after, max) => unpack(reader.all(after, Number.MAX_SAFE_INTEGER, max)),
    before: (position, max) => {
      const first = startRow.get(position, max)?.first;
      return first === null ? [] : unpack(reader.all(Number(first) - 1, position - 1, max)).reverse();
    },
    stream: (name, from, max) => {
      requireReachable(name);
      return unpack(reader.stream(name, from, max));
    },
    last: (name) => {
      requireReachable(name);
      const row = streamRow.get(nounOf(name), packUuid(keyOf(name)));
      const last = row === undefined ? null : lastRow.get(Number(row.id))?.last;
      return last === null || last === undefined ? undefined : Number(last);
    },
    close: () => db.close(),
  };
};
