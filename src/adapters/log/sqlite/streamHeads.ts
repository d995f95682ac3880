import type { DatabaseSync } from 'node:sqlite';
import { NO_HASH } from '../../../domain/kernel/chain.ts';
import { keyOf, nounOf, type StreamName } from '../../../domain/kernel/ids.ts';
import { NO_STREAM } from '../../../domain/kernel/ports.ts';
import { ARCHIVING_FORMAT, formatOf } from './archives.ts';
import { packUuid } from './packedIds.ts';
import type { Words } from './words.ts';

/** Where a stream stands: its row, its last revision and the hash that the next fact is chained to. */
export type StreamHead = { stream: number; revision: number; hash: Uint8Array };

/** Heads kept in memory: twice this many at most, about 200 bytes each. The others are read back when they are asked for. */
const HEADS_PER_GENERATION = 100_000;

/** Heads of the streams that were written lately, so that a busy stream costs no read. Reads uncommitted rows of its own connection. */
export type StreamHeads = {
  /** The head of a stream; a stream that has no row yet has `stream` 0 and `revision` NO_STREAM. */
  of(name: StreamName): StreamHead;
  /** Gives a stream without a row its row. */
  create(name: StreamName, head: StreamHead): void;
  /** Forgets everything, because the transaction was rolled back. */
  forget(): void;
};

/** A stream that has left the log stands where it stood. */
const headOfArchived = (db: DatabaseSync, stream: number): StreamHead | undefined => {
  if (formatOf(db) < ARCHIVING_FORMAT) return undefined;
  const row = db.prepare('SELECT revision, hash FROM archived WHERE stream = ?').get(stream);
  return row === undefined ? undefined : { stream, revision: Number(row.revision), hash: row.hash as Uint8Array };
};

export const streamHeadsOf = (db: DatabaseSync, words: Words): StreamHeads => {
  let young = new Map<StreamName, StreamHead>();
  let old = new Map<StreamName, StreamHead>();
  const lastStream = db.prepare('SELECT coalesce(max(id), 0) AS id FROM stream');
  const streamRow = db.prepare('SELECT id FROM stream WHERE noun = ? AND key = ?');
  const lastFact = db.prepare('SELECT revision, hash FROM fact WHERE stream = ? ORDER BY revision DESC LIMIT 1');
  const insert = db.prepare('INSERT INTO stream (id, noun, key) VALUES (?, ?, ?)');
  const lastId = (): number => Number(lastStream.get()?.id);
  let last = lastId();

  const read = (name: StreamName): StreamHead => {
    const row = streamRow.get(words.id(nounOf(name)), packUuid(keyOf(name)));
    if (row === undefined) return { stream: 0, revision: NO_STREAM, hash: NO_HASH };
    const stream = Number(row.id);
    const fact = lastFact.get(stream);
    if (fact === undefined) return headOfArchived(db, stream) ?? { stream, revision: NO_STREAM, hash: NO_HASH };
    return { stream, revision: Number(fact.revision), hash: fact.hash as Uint8Array };
  };
  return {
    of: (name) => {
      const known = young.get(name);
      if (known !== undefined) return known;
      const head = old.get(name) ?? read(name);
      if (young.size >= HEADS_PER_GENERATION) {
        old = young;
        young = new Map();
      }
      young.set(name, head);
      return head;
    },
    create: (name, head) => {
      insert.run(last + 1, words.id(nounOf(name)), packUuid(keyOf(name)));
      last++;
      head.stream = last;
    },
    forget: () => {
      young = new Map();
      old = new Map();
      last = lastId();
    },
  };
};
