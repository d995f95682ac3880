import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSharedLog, type SharedLog } from '../../src/sharedLog.ts';

/** A log at a store as an engine opens it, with a mirror of its own that begins empty. @throws Error in plain words */
export const openOver = (store: string, folder: string): Promise<SharedLog> =>
  openSharedLog({
    store,
    clusterSecret: secretIn(folder),
    dataDir: join(folder, 'engine'),
    leaseMs: 5_000,
    onTrouble: (text) => {
      if (text !== undefined) console.error(text);
    },
  });

/** Beside every engine of one log, so that each opens the others' keys. */
const SECRET = randomBytes(48).toString('base64');

const secretIn = (folder: string): string => {
  const file = join(folder, 'cluster-secret');
  writeFileSync(file, SECRET, { mode: 0o600 });
  return file;
};
