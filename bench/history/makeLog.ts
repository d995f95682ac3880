import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liveUntil } from './life.ts';

/** Raised when the life in it changes: a log of another one is not used. */
const LIFE = 1;

/** A log of so many facts, made once and kept in the system's temporary folder; a half-made one is thrown away. */
export const logOf = async (facts: number): Promise<string> => {
  const folder = join(tmpdir(), `wharf-bench-history-${LIFE}-${facts}`);
  const path = join(folder, 'log.sqlite');
  if (existsSync(path)) return path;
  const making = `${folder}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  const begun = performance.now();
  await liveUntil(join(making, 'log.sqlite'), facts, ({ facts: made, live }) => {
    const seconds = (performance.now() - begun) / 1000;
    const rate = made / seconds;
    process.stderr.write(
      `\r${made.toLocaleString('en')} facts, ${live.toLocaleString('en')} live, ${Math.round(rate)} facts/s, ${Math.round((facts - made) / rate)} s left  `,
    );
  });
  process.stderr.write('\n');
  await rename(making, folder);
  await stat(path);
  return path;
};
