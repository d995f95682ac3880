import type { StreamName } from '../kernel/ids.ts';
import type { StoredFact } from '../kernel/ports.ts';
import type { Instant } from '../kernel/units.ts';

/** A log read synchronously, on a connection of its own: nobody who writes waits for it, and it sees only what is committed. */
export type FactReader = {
  head(): number;
  /** Position of the last fact recorded at or before an instant, 0 before the first; found by halving, as positions follow time. */
  positionAt(at: Instant): number;
  fact(position: number): StoredFact | undefined;
  /** Facts with `after` < position ≤ `upTo`, at most `max`. */
  page(after: number, upTo: number, max: number): readonly StoredFact[];
  /** One stream in order, up to a position. */
  stream(name: StreamName, upTo: number): readonly StoredFact[];
  first(name: StreamName): StoredFact | undefined;
  last(name: StreamName, upTo: number): StoredFact | undefined;
  /** Streams that began up to a position, in the order of their beginning. */
  streams(upTo: number): Iterable<StreamName>;
  /** The chain's hash at a position, in hex: whether this is still the same log. */
  hashAt(position: number): string | undefined;
  close(): void;
};
