import type { Either } from 'fp-ts/lib/Either.js';
import type { StreamName, Uuid } from './ids.ts';
import type { Fact, Metadata, Recorded } from './recorded.ts';
import type { Instant, Millis } from './units.ts';

/** A fact as the log keeps it: wire name, JSON text, metadata. Domain-agnostic, so that a log adapter knows no noun. */
export type WireFact = {
  readonly id: Uuid;
  /** `<Fact>.v<version>` */
  readonly type: string;
  readonly data: string;
  readonly meta: Metadata;
  /** The decoded fact, where this process wrote it or has already decoded it. */
  fact?: Fact;
};

/** Durable. Minted by a log adapter only. */
export type StoredFact = WireFact & Pick<Recorded, 'stream' | 'revision' | 'position'>;

/** `expected` of an append that creates the stream. */
export const NO_STREAM = -1;

export type Appended = {
  /** Revision of the last fact of this append. */
  readonly revision: number;
  /** Position of the last fact of this append. */
  readonly position: number;
};

export type AppendFault =
  /** The stream is not at `expected`; nothing was written. */
  | { readonly _tag: 'Conflict'; readonly stream: StreamName; readonly expected: number; readonly actual: number }
  /** A leader of a higher term has taken over; nothing was written. */
  | { readonly _tag: 'Fenced'; readonly term: number; readonly by: number }
  /** The log cannot write now (disk full, read-only file system, worker gone). Nothing was written; it may be tried again. */
  | { readonly _tag: 'Unavailable'; readonly reason: string };

export type Subscription = { close(): Promise<void> };

/** The append-only log: the only commit point. Two adapters, one contract suite. */
export type EventLog = {
  /**
   * Appends to exactly one stream, all facts or none. Acknowledged only when on disk. Waiting appends share a commit.
   * An append whose fact ids already stand at that place is a success (a retry after a lost acknowledgement).
   * @param expected revision of the stream's last fact, or NO_STREAM.
   */
  append(stream: StreamName, expected: number, facts: readonly WireFact[]): Promise<Either<AppendFault, Appended>>;
  /** Facts of one stream in order, from revision `from` (inclusive), at most `max`. An unknown stream has none. */
  readStream(stream: StreamName, options?: { readonly from?: number; readonly max?: number }): Promise<readonly StoredFact[]>;
  /** Facts of the whole log behind position `after`, at most `max`, in order. */
  readAll(options: { readonly after: number; readonly max: number }): Promise<readonly StoredFact[]>;
  /** Position of the last fact; 0 for an empty log. */
  head(): number;
  /**
   * Everything behind position `after`, then whatever is appended, in batches in position order with no gap.
   * Facts of this process's own appends are delivered before those appends are acknowledged.
   * @returns resolves once the subscriber has caught up with the head.
   */
  subscribe(after: number, onFacts: (facts: readonly StoredFact[]) => void): Promise<Subscription>;
  close(): Promise<void>;
};

/** The engine's only source of time. */
export type Clock = {
  now(): Instant;
  /** Calls back once, `after` milliseconds from now; the answer cancels it. */
  schedule(after: Millis, callback: () => void): () => void;
};

/** The engine's only source of new ids. */
export type Ids = { next(): Uuid };
