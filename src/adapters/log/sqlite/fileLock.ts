import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * One engine for each log: an exclusive lock on a file beside it, which the system releases however the process ends. It is not on
 * the log itself, so that an auditor can read while the engine runs. The path is resolved first: a link is no second door.
 * @throws Error in plain words when another engine holds it.
 */
export const lockBeside = (path: string, what = 'the log'): { readonly release: () => void } => {
  const lock = new DatabaseSync(join(realpathSync(dirname(path)), `${basename(path)}.lock`));
  try {
    lock.exec('PRAGMA locking_mode = NORMAL; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new Error(`${what} '${path}' is in use by another engine`);
    throw error;
  }
  return { release: () => lock.close() };
};

const SQLITE_BUSY = 5;

const isBusy = (error: unknown): boolean => error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
