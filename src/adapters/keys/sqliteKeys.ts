import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { KeysUnavailable } from '../../domain/kernel/codec.ts';
import type { KeyStore } from './sealer.ts';

/**
 * Keys in a file of their own (mode 0600), beside the log and never in it. A key is on disk before it seals anything.
 * `secure_delete` overwrites a destroyed key with zeros.
 */
export const openKeys = (path: string): KeyStore => {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
  db.exec('CREATE TABLE IF NOT EXISTS key (id TEXT PRIMARY KEY, subject TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT');
  const select = db.prepare('SELECT id, subject, bytes FROM key');
  const insert = db.prepare('INSERT INTO key (id, subject, bytes) VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM key WHERE subject = ?');
  const bySubject = new Map<string, { id: string; key: Uint8Array }>();
  const byId = new Map<string, Uint8Array>();
  const know = (id: string, subject: string, key: Uint8Array) => {
    bySubject.set(subject, { id, key });
    byId.set(id, key);
  };
  for (const { id, subject, bytes } of select.all() as { id: string; subject: string; bytes: Uint8Array }[]) know(id, subject, bytes);
  return {
    keyFor: (subject) => {
      const known = bySubject.get(subject);
      if (known !== undefined) return known;
      const made = { id: randomBytes(8).toString('hex'), key: randomBytes(32) };
      try {
        insert.run(made.id, subject, made.key);
      } catch (error) {
        throw new KeysUnavailable(error instanceof Error ? error.message : String(error));
      }
      know(made.id, subject, made.key);
      return made;
    },
    find: (id) => byId.get(id),
    destroy: (subject) => {
      remove.run(subject);
      const known = bySubject.get(subject);
      bySubject.delete(subject);
      if (known !== undefined) byId.delete(known.id);
    },
    close: () => db.close(),
  };
};
