import { chmodSync, closeSync, fsyncSync, openSync, realpathSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';

/** In one step: a copy in several begins again whenever another connection writes, and an engine always does. */
const ALL_PAGES = 0x7fff_ffff;

/** How long the copy waits for a writer of a file that is not in WAL mode, ms. */
const LOCKED_MAX_MS = 10_000;

/**
 * A copy of an SQLite file as it stands at one moment, while others write it (SQLite's online backup, which runs beside this thread).
 * On disk, and readable by its owner alone, when this resolves.
 */
export const copyDatabase = async (from: string, to: string): Promise<void> => {
  const db = new DatabaseSync(realpathSync(from), { readOnly: true, timeout: LOCKED_MAX_MS });
  try {
    closeSync(openSync(to, 'wx', 0o600));
    await backup(db, to, { rate: ALL_PAGES });
    chmodSync(to, 0o600);
    const file = openSync(to, 'r');
    fsyncSync(file);
    closeSync(file);
  } finally {
    db.close();
  }
};
