import type { Either } from 'fp-ts/lib/Either.js';
import type { Uuid } from '../kernel/ids.ts';
import type { Instant } from '../kernel/units.ts';

/** An event at its place in a store of streams, as a client of EventStoreDB sees it; facts are the events of the engine's streams. */
export type StoreEvent = {
  readonly stream: string;
  /** From 0. */
  readonly revision: number;
  /** Place in the whole store: strictly increasing, with gaps, below 2^63. */
  readonly position: bigint;
  readonly id: Uuid;
  readonly type: string;
  readonly contentType: 'application/json' | 'application/octet-stream';
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  readonly created: Instant;
};

export type NewEvent = Pick<StoreEvent, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;

/** What an append says about the stream that it expects. */
export type ExpectedRevision = number | 'any' | 'no_stream' | 'stream_exists';

export type StoreFault =
  | {
      readonly _tag: 'WrongExpectedVersion';
      readonly stream: string;
      readonly expected: ExpectedRevision;
      /** undefined: there is no such stream. */
      readonly actual: number | undefined;
    }
  | { readonly _tag: 'StreamDeleted'; readonly stream: string }
  /** Streams of the engine are the engine's alone to write; system streams are nobody's. */
  | {
      readonly _tag: 'AccessDenied';
      readonly stream: string;
      readonly why: string;
      /** The term that leads, where what was to be appended is of a lower one. */
      readonly fencedBy?: number;
    }
  /** Nothing was written; it may be tried again. */
  | { readonly _tag: 'Unavailable'; readonly reason: string }
  /** More data than one append takes. */
  | { readonly _tag: 'TooLarge'; readonly maxBytes: number }
  | {
      readonly _tag: 'Invalid';
      readonly message: string;
      /** Names that the metadata of each event must have. */
      readonly missing?: readonly string[];
    };

export type StorePlace = { readonly revision: number; readonly position: bigint };

export type Direction = 'forwards' | 'backwards';

/** What a stream's readers may see of it, from its metadata stream `$$<name>`. */
export type StreamTrim = { readonly maxCount?: number; readonly maxAgeSeconds?: number; readonly truncateBefore?: number };

/**
 * A store of streams that speaks like EventStoreDB: the engine's log, and whatever streams its clients keep beside it. Reads are
 * synchronous, in pages, and see what is durable.
 */
export type EventStore = {
  /** Appends to one stream, all or nothing. Ids that stand at that place already are a success with that place. */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Either<StoreFault, StorePlace>>;
  /**
   * Events of one stream that its metadata lets be seen; `from` is included, in both directions.
   * @returns undefined where there is no such stream, or it is deleted softly
   */
  readStream(
    stream: string,
    options: { readonly from: number | 'end'; readonly direction: Direction; readonly max: number },
  ): readonly StoreEvent[] | 'deleted' | undefined;
  /** Events of all streams: forwards `from` is included, backwards it is not (as EventStoreDB has it). */
  readAll(options: { readonly from: bigint | 'end'; readonly direction: Direction; readonly max: number }): readonly StoreEvent[];
  /** Events behind a position, forwards: what a subscription reads. */
  readBehind(after: bigint, max: number): readonly StoreEvent[];
  /** The last event's revision, and whether it is deleted, softly or for good; undefined where there never was an event. */
  lastOf(stream: string): { readonly revision: number; readonly isDeleted: boolean } | undefined;
  /** Position of the last event; 0n for an empty store. */
  head(): bigint;
  /** Called after the head has moved; the answer ends it. */
  onAdvance(listener: () => void): () => void;
  /** Later appends go on behind what was there (soft), or the name is never used again (hard, a tombstone). */
  remove(stream: string, expected: ExpectedRevision, how: 'soft' | 'hard'): Promise<Either<StoreFault, { readonly position: bigint }>>;
};
