import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { KeyStore } from './sealer.ts';

/** How long a read waits for the engine that writes keys, ms. */
const BUSY_MS = 5_000;

/**
 * Keys of an engine that may be running, for whoever only reads: each is asked for anew, so that one which was destroyed opens nothing
 * more, and one that was made since is found.
 */
export const readKeys = (path: string): Pick<KeyStore, 'find' | 'close'> => {
  let opened: DatabaseSync | undefined;
  const db = (): DatabaseSync | undefined => {
    if (opened === undefined && existsSync(path)) opened = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
    return opened;
  };
  return {
    find: (id) => {
      const file = db();
      if (file === undefined) return undefined;
      const found = file.prepare('SELECT bytes FROM key WHERE id = ?').get(id) ?? openerIn(file, id);
      return found?.bytes as Uint8Array | undefined;
    },
    close: () => opened?.close(),
  };
};

/** Files of engines that never shared their keys may be without that table. */
const openerIn = (db: DatabaseSync, id: string) => {
  const isThere = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'opener'").get() !== undefined;
  return isThere ? db.prepare('SELECT bytes FROM opener WHERE id = ?').get(id) : undefined;
};
