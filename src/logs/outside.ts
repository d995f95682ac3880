import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

/** Whoever can change a log must not find beside it what vouches for it. @throws Error naming the file */
export const requireOutside = (dataDir: string, what: string, path: string): void => {
  const inside = relative(realPathOf(dataDir), realPathOf(path));
  if (inside === '' || !(inside === '..' || inside.startsWith('../')))
    throw new Error(`${what} '${path}' lies inside the data directory, beside the log that it is to vouch for; keep it elsewhere`);
};

const realPathOf = (path: string): string => {
  const whole = resolve(path);
  try {
    return realpathSync(whole);
  } catch {
    return dirname(whole) === whole ? whole : join(realPathOf(dirname(whole)), basename(whole));
  }
};
