import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { KeysUnavailable } from '../../domain/kernel/codec.ts';
import { type Key, KeyCommits } from './keyCommits.ts';
import type { KeyStore } from './sealer.ts';

/** Keys of this machine, with what an exchange with others needs. */
export type LocalKeys = KeyStore & {
  all(): readonly Key[];
  /**
   * Keys that others made; durable when this returns, by one write. Where the subject has one already, both open what they sealed and
   * the one that was here goes on sealing.
   */
  put(keys: readonly Key[]): void;
  /** Ids of all keys of a subject, that which seals first. */
  idsOf(subject: string): readonly string[];
};

export type KeysOptions = {
  /** Told of keys that were made here, once they are durable. */
  onMade?(keys: readonly Key[]): void;
};

/** How long a write waits for whoever copies the file, ms: a backup reads it in one go. */
const LOCKED_MAX_MS = 2_000;

/**
 * Keys in a file of their own (mode 0600), beside the log and never in it. A key is on disk before anything that it sealed.
 * `secure_delete` overwrites a destroyed key with zeros.
 */
export const openKeys = (path: string, { onMade }: KeysOptions = {}): LocalKeys => {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const db = new DatabaseSync(path, { timeout: LOCKED_MAX_MS });
  db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
  db.exec('CREATE TABLE IF NOT EXISTS key (id TEXT PRIMARY KEY, subject TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT');
  // Of a subject that has another key: these open what they have sealed, and seal nothing new.
  db.exec('CREATE TABLE IF NOT EXISTS opener (id TEXT PRIMARY KEY, subject TEXT NOT NULL, bytes BLOB NOT NULL) STRICT');
  const select = db.prepare('SELECT id, subject, bytes FROM key');
  const selectOpeners = db.prepare('SELECT id, subject, bytes FROM opener');
  const insertOpener = db.prepare('INSERT INTO opener (id, subject, bytes) VALUES (?, ?, ?)');
  const removeOpener = db.prepare('DELETE FROM opener WHERE id = ?');
  const removeOpeners = db.prepare('DELETE FROM opener WHERE subject = ?');
  const insert = db.prepare('INSERT INTO key (id, subject, bytes) VALUES (?, ?, ?)');
  const removeKey = db.prepare('DELETE FROM key WHERE id = ?');
  const remove = db.prepare('DELETE FROM key WHERE subject = ?');
  const bySubject = new Map<string, { id: string; key: Uint8Array }>();
  const byId = new Map<string, Key>();
  const know = (id: string, subject: string, key: Uint8Array) => {
    if (!bySubject.has(subject)) bySubject.set(subject, { id, key });
    byId.set(id, { id, subject, key });
  };
  type Row = { id: string; subject: string; bytes: Uint8Array };
  for (const { id, subject, bytes } of select.all() as Row[]) know(id, subject, bytes);
  for (const { id, subject, bytes } of selectOpeners.all() as Row[]) byId.set(id, { id, subject, key: bytes });
  const idsOf = (subject: string): readonly string[] => {
    const sealing = bySubject.get(subject)?.id;
    const others = [...byId.values()].filter((each) => each.subject === subject && each.id !== sealing).map(({ id }) => id);
    return sealing === undefined ? others : [sealing, ...others];
  };
  const forget = (subject: string) => {
    for (const id of idsOf(subject)) byId.delete(id);
    bySubject.delete(subject);
  };
  const write = (keys: readonly Key[]): void => {
    try {
      db.exec('BEGIN IMMEDIATE');
      for (const { id, subject, key } of keys) insert.run(id, subject, key);
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw new KeysUnavailable(messageOf(error));
    }
    onMade?.(keys);
  };
  const commits = new KeyCommits(write, ({ id, subject }) => {
    byId.delete(id);
    if (bySubject.get(subject)?.id === id) bySubject.delete(subject);
  });
  return {
    all: () => [...byId.values()],
    idsOf,
    put: (keys) => {
      const fresh = keys.filter(({ id }) => !byId.has(id));
      if (fresh.length === 0) return;
      db.exec('BEGIN IMMEDIATE');
      try {
        for (const { id, subject, key } of fresh) {
          (bySubject.has(subject) ? insertOpener : insert).run(id, subject, key);
          know(id, subject, key);
        }
        db.exec('COMMIT');
      } catch (error) {
        for (const { id, subject } of fresh) {
          byId.delete(id);
          if (bySubject.get(subject)?.id === id) bySubject.delete(subject);
        }
        if (db.isTransaction) db.exec('ROLLBACK');
        throw new KeysUnavailable(messageOf(error));
      }
    },
    together: commits.together,
    keyFor: (subject) => {
      const known = bySubject.get(subject);
      if (known !== undefined) {
        commits.used(known.id);
        return known;
      }
      const made = { id: randomBytes(8).toString('hex'), key: randomBytes(32) };
      know(made.id, subject, made.key);
      commits.made({ ...made, subject });
      return made;
    },
    find: (id) => byId.get(id)?.key,
    destroy: (subject) => {
      for (const id of idsOf(subject)) commits.drop(id);
      remove.run(subject);
      removeOpeners.run(subject);
      forget(subject);
    },
    idOf: (subject) => bySubject.get(subject)?.id ?? idsOf(subject)[0],
    destroyKey: (id) => {
      const known = byId.get(id);
      commits.drop(id);
      removeKey.run(id);
      removeOpener.run(id);
      byId.delete(id);
      if (known !== undefined && bySubject.get(known.subject)?.id === id) bySubject.delete(known.subject);
    },
    close: () => {
      commits.end();
      db.close();
    },
  };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
