import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { keyOf, nounOf, type StreamName } from '../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import type { FactReader } from '../../../domain/ports/factReader.ts';
import { archiveOf, removedStreams, unreachable } from './archives.ts';
import { openWhole } from './openWhole.ts';
import { hexOrText, packUuid, uuidFromHex } from './packedIds.ts';
import { pageUnpacker } from './pageMessage.ts';
import { readerOf } from './reader.ts';
import { APPLICATION_ID, FORMAT_MAX } from './schema.ts';

const STREAM_FACTS_MAX = 10_000_000;
/** Memory for pages of the file, KiB; a cold process reads through the system's own cache. */
const CACHE_KIB = 65_536;

/** @throws Error in plain words: no such file, no log, or one of a newer version. */
export const openFactReader = (path: string): FactReader => {
  if (!existsSync(path)) throw new Error(`there is no log '${path}'`);
  const opened = [openOver(path)];
  const versionRow = opened[0]?.db.prepare('PRAGMA data_version');
  let version: unknown;
  /** Opened anew where streams have left the log meanwhile; what is being read is read to its end as it was begun. */
  const current = (): ReturnType<typeof openOver> => {
    const now = opened.at(-1) as ReturnType<typeof openOver>;
    const seen = versionRow?.get()?.data_version;
    if (seen === version) return now;
    version = seen;
    if (removedStreams(now.db) === now.removed) return now;
    const next = openOver(path);
    opened.push(next);
    return next;
  };
  return {
    head: () => current().head(),
    positionAt: (at) => current().positionAt(at),
    fact: (position) => current().fact(position),
    page: (after, upTo, max) => current().page(after, upTo, max),
    stream: (name, upTo) => current().stream(name, upTo),
    first: (name) => current().first(name),
    last: (name, upTo) => current().last(name, upTo),
    streams: (upTo) => current().streams(upTo),
    hashAt: (position) => current().hashAt(position),
    close: () => {
      for (const { db } of opened) db.close();
    },
  };
};

const openOver = (path: string): Omit<FactReader, 'close'> & { readonly db: DatabaseSync; readonly removed: number } => {
  const { db, missing } = openWhole(path);
  const pragma = (name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  if (pragma('application_id') !== APPLICATION_ID) throw new Error(`'${path}' is no log`);
  if (pragma('user_version') > FORMAT_MAX) throw new Error(`the log '${path}' was written by a newer version`);
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA mmap_size = 1073741824;`);
  const reader = readerOf(db);
  const unpack = pageUnpacker();
  const headRow = db.prepare('SELECT coalesce(max(position), 0) AS head FROM main.fact');
  const atRow = db.prepare('SELECT at FROM fact WHERE position <= ? ORDER BY position DESC LIMIT 1');
  const hashRow = db.prepare('SELECT lower(hex(hash)) AS hash FROM fact WHERE position = ?');
  const streamRow = db.prepare('SELECT stream.id FROM stream JOIN word ON word.id = stream.noun WHERE word.text = ? AND stream.key = ?');
  const lastRow = db.prepare('SELECT position FROM fact WHERE stream = ? AND position <= ? ORDER BY revision DESC LIMIT 1');
  const began = db.prepare(
    `SELECT word.text AS noun, ${hexOrText('stream.key')} AS key, (SELECT position FROM fact WHERE fact.stream = stream.id AND revision = 0) AS first
     FROM stream JOIN word ON word.id = stream.noun ORDER BY stream.id`,
  );
  const head = (): number => Number(headRow.get()?.head);
  const fact = (position: number): StoredFact | undefined => unpack(reader.all(position - 1, position, 1))[0];
  /** @throws ArchiveUnreachable for a stream whose archive can't be reached */
  const requireReachable = (name: StreamName): void => {
    if (missing.length === 0) return;
    const archive = archiveOf(db, name);
    if (archive !== undefined && missing.some(({ id }) => id === archive.id)) throw unreachable(name, archive, path);
  };
  return {
    db,
    removed: removedStreams(db),
    head,
    positionAt: (at) => {
      let [low, high] = [0, head()];
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (Number(atRow.get(middle)?.at ?? 0) <= at) low = middle;
        else high = middle - 1;
      }
      return low;
    },
    fact,
    page: (after, upTo, max) => unpack(reader.all(after, upTo, max)),
    stream: (name, upTo) => {
      requireReachable(name);
      const facts = unpack(reader.stream(name, 0, STREAM_FACTS_MAX));
      const isWhole = (facts.at(-1)?.position ?? 0) <= upTo;
      return isWhole ? facts : facts.filter(({ position }) => position <= upTo);
    },
    first: (name) => {
      requireReachable(name);
      return unpack(reader.stream(name, 0, 1))[0];
    },
    last: (name, upTo) => {
      requireReachable(name);
      const row = streamRow.get(nounOf(name), packUuid(keyOf(name)));
      const last = row === undefined ? undefined : lastRow.get(Number(row.id), upTo);
      return last === undefined ? undefined : fact(Number(last.position));
    },
    *streams(upTo) {
      for (const { noun, key, first } of began.iterate()) {
        if (first === null || Number(first) > upTo) continue;
        yield `${noun}-${uuidFromHex(String(key))}`;
      }
    },
    hashAt: (position) => hashRow.get(position)?.hash as string | undefined,
  };
};
