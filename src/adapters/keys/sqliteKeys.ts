import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { KeysUnavailable } from '../../domain/kernel/codec.ts';
import type { KeyStore } from './sealer.ts';

/** How long a write waits for whoever copies the file, ms: a backup reads it in one go. */
const LOCKED_MAX_MS = 2_000;

/**
 * Keys in a file of their own (mode 0600), beside the log and never in it. A key is on disk before it seals anything.
 * `secure_delete` overwrites a destroyed key with zeros.
 */
export const openKeys = (path: string): KeyStore => {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const db = new DatabaseSync(path, { timeout: LOCKED_MAX_MS });
  db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
  db.exec('CREATE TABLE IF NOT EXISTS key (id TEXT PRIMARY KEY, subject TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT');
  const select = db.prepare('SELECT id, subject, bytes FROM key');
  const insert = db.prepare('INSERT INTO key (id, subject, bytes) VALUES (?, ?, ?)');
  const removeKey = db.prepare('DELETE FROM key WHERE id = ?');
  const remove = db.prepare('DELETE FROM key WHERE subject = ?');
  const bySubject = new Map<string, { id: string; key: Uint8Array }>();
  const byId = new Map<string, Uint8Array>();
  const know = (id: string, subject: string, key: Uint8Array) => {
    bySubject.set(subject, { id, key });
    byId.set(id, key);
  };
  for (const { id, subject, bytes } of select.all() as { id: string; subject: string; bytes: Uint8Array }[]) know(id, subject, bytes);
  const forget = (subject: string) => {
    const known = bySubject.get(subject);
    bySubject.delete(subject);
    if (known !== undefined) byId.delete(known.id);
  };
  /** Subjects whose keys are made in the transaction that is open; undefined when none is. */
  let fresh: string[] | undefined;
  const begin = (): void => {
    if (fresh?.length === 0) db.exec('BEGIN IMMEDIATE');
  };
  const commit = (): void => {
    try {
      db.exec('COMMIT');
    } catch (error) {
      throw new KeysUnavailable(messageOf(error));
    }
  };
  return {
    together: (work) => {
      if (fresh !== undefined) return work();
      fresh = [];
      const made = fresh;
      try {
        const result = work();
        if (made.length > 0) commit();
        return result;
      } catch (error) {
        for (const subject of made) forget(subject);
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      } finally {
        fresh = undefined;
      }
    },
    keyFor: (subject) => {
      const known = bySubject.get(subject);
      if (known !== undefined) return known;
      const made = { id: randomBytes(8).toString('hex'), key: randomBytes(32) };
      try {
        begin();
        insert.run(made.id, subject, made.key);
        fresh?.push(subject);
      } catch (error) {
        throw new KeysUnavailable(messageOf(error));
      }
      know(made.id, subject, made.key);
      return made;
    },
    find: (id) => byId.get(id),
    destroy: (subject) => {
      remove.run(subject);
      forget(subject);
    },
    idOf: (subject) => bySubject.get(subject)?.id,
    destroyKey: (id) => {
      removeKey.run(id);
      for (const [subject, known] of bySubject) if (known.id === id) forget(subject);
    },
    close: () => db.close(),
  };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
