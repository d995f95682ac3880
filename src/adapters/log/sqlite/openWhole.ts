import { existsSync, realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type ArchiveRow, archivesIn } from './archives.ts';
import { unpackArchives } from './unpackedArchives.ts';

export type WholeLog = {
  readonly db: DatabaseSync;
  /** Archives that can't be reached: what stands in them is missing from what is read. */
  readonly missing: readonly ArchiveRow[];
};

/**
 * A log with its archives, read-only: `fact` holds what is in the log and what has left it, each fact once and at its position. For a log
 * without archives it is the table itself, and nothing is in the way of its index.
 * @throws ArchiveDamaged where an archive is not what was recorded
 */
export const openWhole = (path: string): WholeLog => {
  const real = existsSync(path) ? realpathSync(path) : path;
  const db = new DatabaseSync(real, { readOnly: true });
  try {
    if (archivesIn(db).length === 0) return { db, missing: [] };
    const { path: unpacked, missing } = unpackArchives(db, real);
    db.prepare('ATTACH ? AS unpacked').run(unpacked);
    // Of an archiving that has not come to its end each stream is in the log still, or out of it.
    db.exec(
      `CREATE TEMP VIEW fact AS SELECT * FROM main.fact UNION ALL
       SELECT * FROM unpacked.fact WHERE stream IN (SELECT stream FROM main.archived)`,
    );
    return { db, missing };
  } catch (error) {
    db.close();
    throw error;
  }
};
