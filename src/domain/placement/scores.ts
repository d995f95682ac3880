import type { Ledger } from './ledger.ts';
import type { Need } from './request.ts';

/** How good a feasible node is for one more instance; the lowest wins. */
export type Score = {
  (ledger: Ledger, row: number, need: Need): number;
  /** Whether the search had better begin at the fullest nodes that may do; at the emptiest otherwise. */
  readonly fullestFirst?: boolean;
};

/** Few of the same beside it first, then the least loaded: whole numbers are neighbours, the fraction is the load afterwards. */
export const spread: Score = (ledger, row, need) => ledger.cohort(need.cohort).onRow(row) + ledger.load(row, need.cpus, need.mem) / 2;

/** The fullest node that still has room. */
export const binPack: Score = Object.assign(
  (ledger: Ledger, row: number, need: Need): number => 1 - ledger.load(row, need.cpus, need.mem),
  {
    fullestFirst: true,
  },
);

export type Weighted = { readonly score: Score; readonly weight: number };

/** Several scores in one: the sum of each times its weight. It begins where the heaviest of them would. */
export const weighted = (parts: readonly Weighted[]): Score => {
  const heaviest = parts.reduce<Weighted | undefined>((so, part) => (so === undefined || part.weight > so.weight ? part : so), undefined);
  const sum = (ledger: Ledger, row: number, need: Need): number => {
    let total = 0;
    for (const { score, weight } of parts) total += weight * score(ledger, row, need);
    return total;
  };
  return Object.assign(sum, { fullestFirst: heaviest?.score.fullestFirst === true });
};
