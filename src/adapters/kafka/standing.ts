import type { StoredFact } from '../../domain/kernel/ports.ts';
import { ENGINE_LEASE } from '../../domain/lease/lease.ts';
import type { FactReader } from '../../domain/ports/factReader.ts';

const TAKEN = 'LeaseTaken.v';

/** Tells void facts from those that stand, page after page: void is one of a smaller term than a lease that was taken before it. */
export const standing = (reader: Pick<FactReader, 'stream'>, after: number): ((page: readonly StoredFact[]) => readonly StoredFact[]) => {
  let term = reader.stream(ENGINE_LEASE, after).reduce(termAfter, 0);
  return (page) =>
    page.filter((stored) => {
      const isVoid = stored.meta.term < term;
      if (!isVoid) term = termAfter(term, stored);
      return !isVoid;
    });
};

const termAfter = (term: number, { stream, type, data }: StoredFact): number => {
  if (stream !== ENGINE_LEASE || !type.startsWith(TAKEN)) return term;
  return Math.max(term, (JSON.parse(data) as { readonly term: number }).term);
};
