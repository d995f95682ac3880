import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { HistoryFault } from '../../domain/ports/verification.ts';
import type { ChainedFact } from '../../domain/proof/chained.ts';

/** Who led when a fact was written. What a succeeded leader wrote is void: nothing follows from it. */
export type Leaders = {
  /** Whether a fact stands behind one of a higher term. */
  isVoid(fact: ChainedFact): boolean;
  take(recorded: Recorded): void;
};

export const leaders = (report: (fault: HistoryFault) => void): Leaders => {
  let highest = 0;
  /** Of the last lease; 0 where none is in sight, as in a part of a log. */
  let leased = 0;
  return {
    isVoid: ({ stream, revision, position, meta }) => {
      if (meta.term >= highest) return false;
      report({
        kind: 'void',
        stream,
        revision,
        position,
        detail: `written in term ${meta.term}, when ${highest} led: nothing follows from it`,
      });
      return true;
    },
    take: ({ stream, revision, position, fact, meta }) => {
      highest = meta.term;
      if (fact.type === 'LeaseTaken') leased = (fact as { readonly type: string; readonly term: number }).term;
      if (leased === 0 || meta.term === leased) return;
      report({ kind: 'term', stream, revision, position, detail: `is of term ${meta.term}, and the last lease is of ${leased}` });
      leased = meta.term;
    },
  };
};
