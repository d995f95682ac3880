import type { Ledger } from './ledger.ts';
import type { Need } from './request.ts';

/** How good a feasible node is for one more instance; the lowest wins. */
export type Score = (ledger: Ledger, row: number, need: Need) => number;

/** Few of the same beside it first, then the least loaded: whole numbers are neighbours, the fraction is the load afterwards. */
export const spread: Score = (ledger, row, need) => ledger.cohort(need.cohort).onRow(row) + ledger.load(row, need.cpus, need.mem) / 2;

/** The fullest node that still has room. */
export const binPack: Score = (ledger, row, need) => 1 - ledger.load(row, need.cpus, need.mem);
