import { join } from 'node:path';
import { openSharedLog, type SharedLog } from '../../src/sharedLog.ts';

/** A log at a store as an engine opens it, with a mirror of its own that begins empty. @throws Error in plain words */
export const openOver = (store: string, folder: string): Promise<SharedLog> =>
  openSharedLog({
    store,
    clusterSecret: SECRET,
    dataDir: join(folder, 'engine'),
    leaseMs: 5_000,
    onTrouble: (text) => {
      if (text !== undefined) console.error(text);
    },
  });

const SECRET = 'a secret that nothing is encrypted with here';
