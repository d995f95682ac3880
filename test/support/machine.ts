import { spawnSync } from 'node:child_process';
import { test } from 'vitest';

/** Tests that need something of the machine: where it is missing they fail under CI, and are skipped elsewhere with the reason in their name. */
export const testWith = (missing: string | undefined, title: string, run: () => Promise<void>, timeoutMs?: number): void => {
  if (missing === undefined) test(title, run, timeoutMs);
  else if (process.env.CI === 'true')
    test(title, () => {
      throw new Error(missing);
    });
  else test.skip(`${title} (${missing})`, () => {});
};

/** Why system calls can't be traced here, or undefined. */
export const noStrace = (): string | undefined =>
  spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0 ? undefined : 'strace is not installed or may not trace';

/** Why no file system can be mounted here, or undefined. */
export const noMount = (): string | undefined =>
  process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0 ? undefined : 'mounting a file system needs root';

/** The long suite repeats random tests more often. */
export const isLongRun = process.env.WHARF_LONG === '1';
