import type { StoredFact } from '../../domain/kernel/ports.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { FactReader } from '../../domain/ports/factReader.ts';
import type { PastIndex } from '../../domain/ports/pastIndex.ts';
import { type AsOfState, asOfState } from './state.ts';

/** Reads a stored fact; one that nobody can read is told to the state, which then knows nothing more of its stream. */
export type Decode = (stored: StoredFact, state: Pick<AsOfState, 'giveUp'>) => Recorded | undefined;

const PAGE = 4_096;

/** The state as it was kept at a boundary. */
export const openState = (reader: FactReader, index: PastIndex, decode: Decode, boundary: number): AsOfState =>
  asOfState(index, boundary, (id) => {
    const first = reader.first(`instance-${id}`);
    if (first === undefined || first.position > boundary) return undefined;
    const recorded = decode(first, { giveUp: () => {} });
    return (recorded?.fact as { readonly app?: string } | undefined)?.app;
  });

export const foldUpTo = (state: AsOfState, reader: FactReader, decode: Decode, upTo: number): void => {
  for (let after = state.position(); after < upTo; ) {
    const page = reader.page(after, upTo, PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    for (const stored of page) {
      const recorded = decode(stored, state);
      if (recorded !== undefined) state.fold(recorded);
    }
    after = last.position;
  }
};
