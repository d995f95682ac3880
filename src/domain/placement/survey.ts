import { FILTERS, type FilterName } from './filters.ts';
import { FULL } from './freeIndex.ts';
import type { Ledger } from './ledger.ts';
import { type Need, needOf, type PlacementRequest } from './request.ts';
import { type Score, spread } from './scores.ts';

/** What is left out of a decision, to see what it changes. */
export type Without = {
  /** Fields whose constraints are left out. */
  readonly constraints?: readonly string[];
  readonly filters?: readonly FilterName[];
  /** All nodes that pass are as good as each other. */
  readonly score?: true;
};

export type Verdict = { readonly filter: FilterName; readonly passes: boolean; readonly says: string; readonly leftOut?: true };

export type Surveyed = {
  readonly node: string;
  readonly verdicts: readonly Verdict[];
  /** The first filter that it fails; absent where it would do. */
  readonly failing?: FilterName;
  /** Absent where it would not do; the lowest wins. */
  readonly score?: number;
  /** Nodes are looked at by the share of them that is free, the lowest bucket first; of one bucket's in an order of no meaning. */
  readonly bucket: number;
  /** It has no cpus or no memory left, so that it is not even looked at while something of both is asked for. */
  readonly passedOver: boolean;
};

/** Every node through every filter, with its score: what a decision over this account can be compared with. */
export const survey = (request: PlacementRequest, ledger: Ledger, without: Without = {}, score: Score = spread): readonly Surveyed[] => {
  const need = needOf(without.constraints === undefined ? request : withoutFields(request, without.constraints));
  const surveyed: Surveyed[] = [];
  for (const row of ledger.index.all()) surveyed.push(surveyOf(ledger, row, need, without, score));
  return surveyed;
};

const surveyOf = (ledger: Ledger, row: number, need: Need, { filters = [], score: isEven }: Without, score: Score): Surveyed => {
  const bucket = ledger.index.bucketOf(row) ?? FULL;
  const verdicts = FILTERS.map(({ name, passes, explain, fits }): Verdict => {
    const does = passes(ledger, row, need);
    return {
      filter: name,
      passes: does,
      says: does ? fits(ledger, row, need) : explain(ledger, row, need),
      ...(filters.includes(name) && { leftOut: true }),
    };
  });
  const failing = verdicts.find(({ passes, leftOut }) => !passes && leftOut !== true)?.filter;
  return {
    node: ledger.at(row).id,
    verdicts,
    ...(failing === undefined ? { score: isEven === true ? 0 : score(ledger, row, need) } : { failing }),
    bucket,
    passedOver: bucket === FULL && need.cpus > 0 && need.mem > 0,
  };
};

const withoutFields = (request: PlacementRequest, fields: readonly string[]): PlacementRequest => ({
  ...request,
  constraints: request.constraints.filter(([field]) => !fields.includes(field)),
});

/** Nodes that would do, the best first; equal ones stand in the order in which they are looked at, as far as that is known. */
export const ranked = (surveyed: readonly Surveyed[]): readonly (Surveyed & { readonly score: number })[] =>
  surveyed
    .filter((each): each is Surveyed & { readonly score: number } => each.score !== undefined)
    .toSorted((a, b) => a.score - b.score || a.bucket - b.bucket || (a.node < b.node ? -1 : 1));

/** Nodes by the first filter that turned them away. */
export const turnedAway = (surveyed: Iterable<Pick<Surveyed, 'failing'>>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { failing } of surveyed) if (failing !== undefined) counts[failing] = (counts[failing] ?? 0) + 1;
  return counts;
};
