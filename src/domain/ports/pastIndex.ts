import type { Uuid } from '../kernel/ids.ts';

/** What one fact adds to the index. */
export type IndexedFact = {
  readonly position: number;
  readonly id: Uuid;
  readonly causationId: Uuid;
  /** The app to which the stream belongs that this fact begins. */
  readonly begins?: string;
};

/** One part of the views, as it stood at a position; `text` is whatever its view makes of it. */
export type StoredPart = { readonly part: string; readonly text: string };

/**
 * What makes the past quick to ask: where each id stands, what it led to, which streams an app has, and the views' parts at regular
 * positions. All of it comes from the log and is thrown away without loss.
 */
export type PastIndex = {
  /** Position up to which facts are indexed. */
  position(): number;
  /** The last position at which parts were kept; 0 before the first. */
  boundary(): number;
  /** The newest boundary at or before a position; 0 where there is none. */
  boundaryBefore(position: number): number;
  /** All of them, in order. */
  boundaries(): readonly number[];
  positionsOf(id: Uuid): readonly number[];
  effectsOf(id: Uuid, upTo: number): readonly number[];
  /** Positions of the first facts of an app's streams. */
  beginningsOf(app: string, upTo: number): readonly number[];
  /** The newest text of a part that was kept at or before a boundary. @throws IndexDamaged */
  part(part: string, boundary: number): string | undefined;
  /** Names of the parts that begin so and were ever kept. */
  parts(prefix: string): readonly string[];
  /** All or nothing. @param upTo the last of these facts, with the chain's hash there @param kept parts as they stood at a boundary */
  keep(
    facts: readonly IndexedFact[],
    upTo: { readonly position: number; readonly hash: string },
    kept?: { readonly boundary: number; readonly parts: readonly StoredPart[] },
  ): void;
  /** The chain's hash at `position()` when these facts were indexed. */
  hash(): string;
  /** Forgets that it is an index of anything: it is built again by the next who opens it. */
  drop(): void;
  close(): void;
};

/** A part that is not what was kept: the index is dropped and built again. */
export class IndexDamaged extends Error {}
