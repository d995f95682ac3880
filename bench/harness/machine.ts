import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`;

/** Of the sources that were measured; `+` where files differ from it, 'unknown' outside a repository. */
export const commit = (): string => {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // What benches wrote themselves changes nothing of what they measured.
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', ':/src', ':/package-lock.json');
    return git('rev-parse', '--short=10', 'HEAD') + (changed === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
};
