import { realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { keyOf, nounOf, type StreamName } from '../../../domain/kernel/ids.ts';
import { bytesOf, isSame } from '../../../domain/proof/bytes.ts';
import { ARCHIVES, ARCHIVING_FORMAT, formatOf } from './archives.ts';
import { packUuid } from './packedIds.ts';

export type Archive = {
  readonly file: string;
  readonly directory: string;
  /** Hex. */
  readonly sha256: string;
  readonly facts: number;
  readonly streams: number;
};

/** Where a stream's chain stands in an archive. */
export type ArchivedHead = { readonly stream: StreamName; readonly revision: number; readonly hash: string };

/** Streams in one transaction: the engine's own writer waits so long, some milliseconds. */
const STREAMS_PER_STEP = 100;
const LOCKED_MAX_MS = 5_000;

/**
 * Lets streams leave the log that stand in an archive, which is on disk. In steps, beside the engine that writes the log; each step is whole
 * or not there at all, so that it may end anywhere and be done again from its beginning. A stream that is not exactly what the archive holds
 * stays.
 * @yields how many streams have been looked at
 * @returns how many have left
 */
export const removeArchived = function* (path: string, archive: Archive, heads: readonly ArchivedHead[]): Generator<number, number> {
  const db = new DatabaseSync(realpathSync(path), { timeout: LOCKED_MAX_MS, enableForeignKeyConstraints: false });
  try {
    // A step that is lost with the machine is done again.
    db.exec('PRAGMA synchronous = NORMAL');
    const id = begin(db, archive);
    const streamRow = db.prepare('SELECT s.id FROM stream s JOIN word w ON w.id = s.noun WHERE w.text = ? AND s.key = ?');
    const lastRow = db.prepare('SELECT revision, position, hash FROM fact WHERE stream = ? ORDER BY revision DESC LIMIT 1');
    const countRow = db.prepare('SELECT count(*) AS n FROM fact WHERE stream = ?');
    const keep = db.prepare('INSERT INTO archived (stream, archive, revision, position, hash) VALUES (?, ?, ?, ?, ?)');
    const remove = db.prepare('DELETE FROM fact WHERE stream = ?');
    const tell = db.prepare('UPDATE archive SET removed = removed + ?, gone = gone + ? WHERE id = ?');
    let left = 0;
    for (let at = 0; at < heads.length; at += STREAMS_PER_STEP) {
      let [removed, gone] = [0, 0];
      db.exec('BEGIN IMMEDIATE');
      for (const { stream, revision, hash } of heads.slice(at, at + STREAMS_PER_STEP)) {
        const number = streamRow.get(nounOf(stream), packUuid(keyOf(stream)))?.id;
        const last = number === undefined ? undefined : lastRow.get(Number(number));
        if (number === undefined || last === undefined || last.revision !== revision) continue;
        const isWhole = Number(countRow.get(Number(number))?.n) === revision + 1;
        if (!isWhole || !isSame(last.hash as Uint8Array, bytesOf(hash) ?? new Uint8Array(0))) continue;
        keep.run(Number(number), id, revision, Number(last.position), last.hash as Uint8Array);
        remove.run(Number(number));
        removed++;
        gone += revision + 1;
      }
      tell.run(removed, gone, id);
      db.exec('COMMIT');
      left += removed;
      yield Math.min(heads.length, at + STREAMS_PER_STEP);
    }
    return left;
  } finally {
    db.close();
  }
};

/** The archive's own row, and with the first one the format that has archives. */
const begin = (db: DatabaseSync, { file, directory, sha256, facts, streams }: Archive): number => {
  db.exec('BEGIN IMMEDIATE');
  if (formatOf(db) < ARCHIVING_FORMAT) db.exec(`${ARCHIVES} PRAGMA user_version = ${ARCHIVING_FORMAT};`);
  db.prepare('INSERT OR IGNORE INTO archive (file, directory, sha256, facts, streams, removed, gone) VALUES (?, ?, ?, ?, ?, 0, 0)').run(
    file,
    directory,
    bytesOf(sha256) ?? new Uint8Array(0),
    facts,
    streams,
  );
  const id = Number(db.prepare('SELECT id FROM archive WHERE file = ?').get(file)?.id);
  db.exec('COMMIT');
  return id;
};
