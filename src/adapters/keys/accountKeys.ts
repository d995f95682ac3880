import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names that are no path: a service account is asked for by a name that comes from outside. */
const UID = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/;

/** Public keys of service accounts, one file `<uid>.pem` each; read at every login, so that an account is added or taken away at once. */
export const serviceKeysIn =
  (folder: string) =>
  async (uid: string): Promise<string | undefined> => {
    if (!UID.test(uid)) return undefined;
    try {
      return await readFile(join(folder, `${uid}.pem`), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
