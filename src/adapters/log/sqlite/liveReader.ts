import { realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StreamName } from '../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import { removedStreamsOf } from './archives.ts';
import { pageUnpacker } from './pageMessage.ts';
import { readerOf } from './reader.ts';
import { isLog } from './schema.ts';

/** What is in a log itself, as the engine's own fold takes it: without archives, in this thread, also while an engine writes it. */
export type LiveReader = {
  head(): number;
  /** Hex; undefined where no fact stands there. */
  hashAt(position: number): string | undefined;
  /** Streams that have left the log so far. */
  removed(): number;
  /** Facts with `after` < position ≤ `upTo`, at most `max`. */
  page(after: number, upTo: number, max: number): readonly StoredFact[];
  /** @param max facts; what is in the log of a stream is read at once */
  stream(name: StreamName, max: number): readonly StoredFact[];
  close(): void;
};

/** @throws Error where there is no such file, or it is no log that this version reads */
export const openLiveReader = (path: string): LiveReader => {
  const db = new DatabaseSync(realpathSync(path), { readOnly: true });
  try {
    if (!isLog(db, path)) throw new Error(`'${path}' is empty: no log`);
    const reader = readerOf(db);
    const unpack = pageUnpacker();
    const headRow = db.prepare('SELECT coalesce(max(position), 0) AS head FROM fact');
    const hashRow = db.prepare('SELECT lower(hex(hash)) AS hash FROM fact WHERE position = ?');
    return {
      head: () => Number(headRow.get()?.head),
      hashAt: (position) => hashRow.get(position)?.hash as string | undefined,
      removed: removedStreamsOf(db),
      page: (after, upTo, max) => unpack(reader.all(after, upTo, max)),
      stream: (name, max) => unpack(reader.stream(name, 0, max)),
      close: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw error;
  }
};
