import type { StoredFact } from '../domain/kernel/ports.ts';
import { ENGINE_LEASE } from '../domain/lease/lease.ts';

/** Which term led from which position on. */
export type Leases = {
  /** What was taken up to a position; what follows is told by `valid`. */
  load(history: readonly StoredFact[], upTo: number): void;
  /** A batch in the order of the log, without what is void. */
  valid(batch: readonly StoredFact[]): readonly StoredFact[];
  isVoid(stored: StoredFact): boolean;
  /** The highest term that was taken, 0 before the first. */
  newest(): number;
};

/**
 * Knows which facts are void: those behind a lease of a higher term than their own. A log that fences writers off by itself holds none;
 * one that engines share takes whatever a leader writes that does not know yet that it was succeeded.
 */
export const createLeases = (): Leases => {
  /** In order of position, and so of term. */
  const taken: { readonly position: number; readonly term: number }[] = [];

  const learn = ({ stream, position, meta }: StoredFact): void => {
    const newest = taken.at(-1);
    if (stream !== ENGINE_LEASE || (newest !== undefined && (position <= newest.position || meta.term <= newest.term))) return;
    taken.push({ position, term: meta.term });
  };

  const isVoid = ({ position, meta }: StoredFact): boolean => {
    const newest = taken.at(-1);
    if (newest === undefined || meta.term >= newest.term) return false;
    for (let i = taken.length - 1; i >= 0; i--) {
      const lease = taken[i] as (typeof taken)[number];
      if (lease.position < position) return meta.term < lease.term;
    }
    return false;
  };

  return {
    load: (history, upTo) => {
      for (const stored of history) if (stored.position <= upTo) learn(stored);
    },
    valid: (batch) => {
      let voids = 0;
      for (const stored of batch) {
        learn(stored);
        if (isVoid(stored)) voids++;
      }
      return voids === 0 ? batch : batch.filter((stored) => !isVoid(stored));
    },
    isVoid,
    newest: () => taken.at(-1)?.term ?? 0,
  };
};
