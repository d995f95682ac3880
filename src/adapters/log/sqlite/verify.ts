import type { DatabaseSync } from 'node:sqlite';
import { chainHash, HASH_BYTES } from '../../../domain/kernel/chain.ts';
import { keyOf, nounOf, type StreamName } from '../../../domain/kernel/ids.ts';
import type { WireFact } from '../../../domain/kernel/ports.ts';
import type { Metadata } from '../../../domain/kernel/recorded.ts';
import { hexOrText, packUuid, traceparentFromHex, uuidFromHex } from './packedIds.ts';
import { sha256 } from './sha256.ts';

/** One thing that is wrong with the history, with the place where it shows. */
export type ChainFault = {
  /**
   * changed: the fact is not the one that was hashed. missing: facts of the stream before this one are gone, or stand elsewhere.
   * gap: positions before this one are gone. unreadable: SQLite could not read on from here.
   */
  readonly kind: 'changed' | 'missing' | 'gap' | 'unreadable';
  readonly stream: StreamName;
  readonly revision: number;
  readonly position: number;
  readonly detail: string;
};

export type Verification = {
  readonly facts: number;
  readonly streams: number;
  /** Position of the last fact that was read. */
  readonly head: number;
  /** The first hundred. */
  readonly faults: readonly ChainFault[];
  readonly faultCount: number;
};

const FAULTS_NAMED_MAX = 100;
const HASH_WORDS = HASH_BYTES;

const text = (column: string): string => `(SELECT text FROM word WHERE word.id = ${column})`;
const FACTS = `SELECT f.position, f.stream, f.revision, ${text('f.type')} AS type, ${hexOrText('f.id')} AS id, f.at, f.term, ${text('f.by')} AS by,
  ${hexOrText('f.correlation')} AS correlation, ${hexOrText('f.causation')} AS causation, ${text('f.state')} AS state,
  ${text('f.owes')} AS owes, f.due, ${text('f.chart')} AS chart, ${hexOrText('f.trace')} AS trace, f.data, f.hash,
  (SELECT ${text('s.noun')} || '-' || ${hexOrText('s.key')} FROM stream s WHERE s.id = f.stream) AS name FROM fact f`;

/**
 * Recomputes the chains in one pass over the facts in the order of the log, keeping 36 bytes for each stream.
 * A cut tail of the whole log can't be seen from within; that is what witnessed checkpoints are for.
 * @param only one stream alone; positions are not looked at then.
 */
export const verify = (db: DatabaseSync, only?: StreamName): Verification => {
  const link = chainHash(sha256);
  const streamCount = Number(db.prepare('SELECT coalesce(max(id), 0) AS n FROM stream').get()?.n);
  let last = { hashes: new Uint8Array((streamCount + 1) * HASH_WORDS), next: new Int32Array(streamCount + 1) };
  const faults: ChainFault[] = [];
  let faultCount = 0;
  let facts = 0;
  let streams = 0;
  let head = 0;
  const report = (fault: ChainFault): void => {
    faultCount++;
    if (faults.length < FAULTS_NAMED_MAX) faults.push(fault);
  };
  /** Streams that appeared since the count, and tampered stream ids. */
  const grow = (stream: number): void => {
    const larger = { hashes: new Uint8Array((stream + 1024) * HASH_WORDS), next: new Int32Array(stream + 1024) };
    larger.hashes.set(last.hashes);
    larger.next.set(last.next);
    last = larger;
  };
  const rows =
    only === undefined
      ? db.prepare(`${FACTS} ORDER BY f.position`).iterate()
      : db
          .prepare(`${FACTS} WHERE f.stream = (SELECT s.id FROM stream s WHERE ${text('s.noun')} = ? AND s.key = ?) ORDER BY f.revision`)
          .iterate(nounOf(only), packUuid(keyOf(only)));
  try {
    for (const row of rows) {
      const stream = Number(row.stream);
      const revision = Number(row.revision);
      const position = Number(row.position);
      const name = nameFrom(row.name, stream);
      const place = { stream: name, revision, position };
      if (only === undefined && position !== head + 1) report({ ...place, kind: 'gap', detail: gap('position', head + 1, position) });
      head = position;
      facts++;
      if (stream >= last.next.length) grow(stream);
      const expected = last.next[stream] ?? 0;
      if (expected === 0) streams++;
      const previous = last.hashes.subarray(stream * HASH_WORDS, (stream + 1) * HASH_WORDS);
      const stored = row.hash as Uint8Array;
      if (revision !== expected) report({ ...place, kind: 'missing', detail: gap('revision', expected, revision) });
      else if (Buffer.compare(link(previous, name, revision, factOf(row)), stored) !== 0)
        report({ ...place, kind: 'changed', detail: 'the hash of this fact and those before it is not the one that was written' });
      // The chain goes on from what is stored, so that each fault is named once and by its own place.
      if (stored.length === HASH_BYTES) previous.set(stored);
      last.next[stream] = revision + 1;
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    report({ kind: 'unreadable', stream: only ?? '', revision: -1, position: head + 1, detail });
  }
  return { facts, streams, head, faults, faultCount };
};

const gap = (what: string, expected: number, found: number): string => `${what} ${expected} should stand here, but ${found} does`;

const nameFrom = (joined: unknown, stream: number): StreamName => {
  if (typeof joined !== 'string') return `?-${stream}`;
  const noun = nounOf(joined);
  return `${noun}-${uuidFromHex(joined.slice(noun.length + 1))}`;
};

const factOf = (row: Record<string, unknown>): WireFact => {
  const optional = {
    due: row.due ?? undefined,
    chart: row.chart ?? undefined,
    traceparent: row.trace === null ? undefined : traceparentFromHex(String(row.trace)),
  };
  const meta = {
    correlationId: uuidFromHex(String(row.correlation)),
    causationId: uuidFromHex(String(row.causation)),
    by: String(row.by),
    at: Number(row.at),
    term: Number(row.term),
    state: String(row.state),
    owes: String(row.owes),
    ...optional,
  } as Metadata;
  return { id: uuidFromHex(String(row.id)), type: String(row.type), data: String(row.data), meta };
};
