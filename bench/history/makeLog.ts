import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockBeside } from '../../src/adapters/log/sqlite/fileLock.ts';
import { liveUntil } from './life.ts';

/** Raised when the life in it changes: a log of another one is not used. */
const LIFE = 2;

/**
 * A log of so many facts, made once and kept in the system's temporary folder; a half-made one is thrown away.
 * @throws Error while another process makes it
 */
export const logOf = async (facts: number): Promise<string> => {
  const folder = join(tmpdir(), `wharf-bench-history-${LIFE}-${facts}`);
  const path = join(folder, 'log.sqlite');
  if (existsSync(path)) return path;
  const making = `${folder}.making`;
  const lock = lockBeside(making);
  try {
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    await liveUntil(join(making, 'log.sqlite'), facts, progress(facts));
    await rename(making, folder);
  } finally {
    lock.release();
  }
  return path;
};

const progress = (facts: number) => {
  const begun = performance.now();
  let last = { at: begun, made: 0 };
  return ({ facts: made, live }: { readonly facts: number; readonly live: number }): void => {
    const now = performance.now();
    // Of late: filling the cluster goes at another speed than its life.
    const rate = (made - last.made) / ((now - last.at) / 1000);
    last = { at: now, made };
    const text = `${made.toLocaleString('en')} facts, ${live.toLocaleString('en')} live, ${Math.round(rate)} facts/s, ${Math.max(0, Math.round((facts - made) / rate))} s left`;
    process.stderr.write(process.stderr.isTTY ? `\r${text}  ${made >= facts ? '\n' : ''}` : `${text}\n`);
  };
};
