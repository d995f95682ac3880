import type { DatabaseSync } from 'node:sqlite';
import { chainHash } from '../../../domain/kernel/chain.ts';
import { factRowsOf } from './factRows.ts';
import type { AppendRequest, Outcome } from './groupMessage.ts';
import { packTraceparent, packUuid } from './packedIds.ts';
import { PAGE_BYTES } from './schema.ts';
import { sha256 } from './sha256.ts';
import { type StreamHead, streamHeadsOf } from './streamHeads.ts';
import { wordsOf } from './words.ts';

/** Pages in the WAL that start a checkpoint: 16 MiB. It runs behind the answer, so nobody waits for it who has been written. */
const CHECKPOINT_PAGES = 2000;
/** A first guess at what one append touches besides its data; each checkpoint says how far off the guesses were. */
const PAGES_PER_APPEND = 2;
const PAGES_PER_COMMIT = 4;

export type GroupResult =
  | { readonly _tag: 'Committed'; readonly outcomes: readonly Exclude<Outcome, { _tag: 'Unavailable' }>[] }
  | { readonly _tag: 'RolledBack'; readonly reason: string };

/** The one writer of a log file. Knows threads and messages as little as the domain knows SQL. */
export type Writer = {
  readonly head: () => number;
  readonly term: () => number;
  /**
   * All appends in one transaction and one fsync; one that conflicts fails alone. Never throws: what SQLite refuses is rolled back.
   * @param more asked for what has come meanwhile, until there is none: it joins the same transaction
   */
  commit(appends: readonly AppendRequest[], more?: () => readonly AppendRequest[]): GroupResult;
  /** Moves the WAL into the file when enough has gathered. A failure is left to the next time; the WAL keeps everything. */
  checkpointIfDue(): void;
};

/** @param isFenced refuses facts of a lower term than the last one's; not so for a mirror, which takes what stands elsewhere */
export const writerOf = (db: DatabaseSync, isFenced = true): Writer => {
  const words = wordsOf(db);
  const heads = streamHeadsOf(db, words);
  const link = chainHash(sha256);
  // Terms never fall in one log, so the last fact has the highest.
  const lastFact = db.prepare('SELECT position, term FROM fact ORDER BY position DESC LIMIT 1');
  const factsThere = db.prepare('SELECT position, id FROM fact WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?');
  const rows = factRowsOf(db);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
  const rollback = db.prepare('ROLLBACK');
  const last = lastFact.get();
  let head = Number(last?.position ?? 0);
  let term = Number(last?.term ?? 0);
  /** Pages that the WAL has gathered, guessed: SQLite tells it only when it checkpoints. */
  let walPages = 0;
  let pagesPerGuess = 1;

  /** The positions at which exactly these facts stand behind `expected`, or undefined. */
  const alreadyThere = ({ stream }: StreamHead, { expected, facts }: AppendRequest): number[] | undefined => {
    rows.flush();
    const there = factsThere.all(stream, expected, facts.length);
    const same = there.length === facts.length && there.every(({ id }, i) => sameId(id, packUuid(facts[i]?.id ?? '')));
    return same ? there.map(({ position }) => Number(position)) : undefined;
  };

  const append = (request: AppendRequest): Exclude<Outcome, { _tag: 'Unavailable' }> => {
    const { stream, expected, facts } = request;
    const at = heads.of(stream);
    if (at.revision > expected) {
      const positions = alreadyThere(at, request);
      if (positions !== undefined) return { _tag: 'AlreadyThere', revision: expected + facts.length, positions };
    }
    let highest = term;
    for (const { meta } of facts) {
      if (isFenced && meta.term < highest) return { _tag: 'Fenced', term: meta.term, by: highest };
      highest = meta.term;
    }
    if (at.revision !== expected) return { _tag: 'Conflict', stream, expected, actual: at.revision };
    if (at.stream === 0) heads.create(stream, at);
    for (const fact of facts) {
      const { id, type, data, meta } = fact;
      const revision = at.revision + 1;
      const hashed = link(at.hash, stream, revision, fact);
      rows.add([
        at.stream,
        revision,
        words.id(type),
        packUuid(id),
        meta.at,
        meta.term,
        words.id(meta.by),
        packUuid(meta.correlationId),
        packUuid(meta.causationId),
        words.id(meta.state),
        words.id(meta.owes),
        meta.due ?? null,
        meta.chart === undefined ? null : words.id(meta.chart),
        meta.traceparent === undefined ? null : packTraceparent(meta.traceparent),
        data,
        hashed,
      ]);
      head++;
      at.revision = revision;
      at.hash = hashed;
      walPages += data.length / (PAGE_BYTES / 2);
    }
    term = highest;
    walPages += PAGES_PER_APPEND;
    return { _tag: 'Written', revision: at.revision, position: head };
  };

  return {
    head: () => head,
    term: () => term,
    commit: (appends, more = () => []) => {
      const before = { head, term };
      try {
        begin.run();
        const outcomes: Exclude<Outcome, { _tag: 'Unavailable' }>[] = [];
        for (let group = appends; group.length > 0; group = more()) for (const request of group) outcomes.push(append(request));
        rows.flush();
        commit.run();
        words.keep();
        walPages += PAGES_PER_COMMIT;
        return { _tag: 'Committed', outcomes };
      } catch (error) {
        // SQLite has rolled back by itself after some errors; then there is nothing left to do.
        if (db.isTransaction) rollback.run();
        ({ head, term } = before);
        rows.forget();
        words.forget();
        heads.forget();
        return { _tag: 'RolledBack', reason: reasonOf(error) };
      }
    },
    checkpointIfDue: () => {
      if (walPages * pagesPerGuess < CHECKPOINT_PAGES) return;
      try {
        const pages = Number(checkpoint.get()?.log ?? 0);
        pagesPerGuess = Math.min(2, Math.max(0.05, pages / walPages));
        walPages = 0;
      } catch {
        walPages /= 2;
      }
    },
  };
};

const sameId = (stored: unknown, packed: Uint8Array | string): boolean =>
  typeof packed === 'string' ? stored === packed : stored instanceof Uint8Array && Buffer.compare(stored, packed) === 0;

/** SQLite's own words, such as 'database or disk is full'. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
