import { type PolicyName, USUAL_POLICY } from '../app/definition/policyName.ts';
import { FILTERS, type FilterName } from './filters.ts';
import type { Ledger } from './ledger.ts';
import { Lookout, levelOf } from './lookout.ts';
import { partsOf, type ScorePart, scoreFor } from './policies/weighed.ts';
import { type Need, needOf, type PlacementRequest } from './request.ts';
import type { Score } from './scores.ts';

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
  /** What its score is made of, where the app or the cluster says how it is made. */
  readonly parts?: readonly ScorePart[];
  /**
   * When it is looked at, the lowest first; of equal ones in an order of no meaning. −1 where it is turned away with all that are like it,
   * which is done for every one of them and counted, whoever is chosen.
   */
  readonly turn: number;
  /** Of those that would do the lowest tier goes first, whatever the scores: such as the values of which GROUP_BY has fewest. */
  readonly tier: number;
  /** It has less cpus or memory left than a share that any node would need, so that it is not even looked at unless nobody will do. */
  readonly passedOver: boolean;
};

/** Every node through every filter, with its score: what a decision over this account can be compared with. */
export const survey = (
  request: PlacementRequest,
  ledger: Ledger,
  without: Without = {},
  by: Score | PolicyName = USUAL_POLICY,
): readonly Surveyed[] => {
  const need = needOf(without.constraints === undefined ? request : withoutFields(request, without.constraints));
  const score = typeof by === 'string' ? scoreFor(need, by) : by;
  const lookout = new Lookout(ledger, need, score.fullestFirst === true);
  const parts = (row: number): readonly ScorePart[] | undefined =>
    typeof by === 'string' && without.score !== true ? partsOf(ledger, row, need, by) : undefined;
  return [...ledger.rows()].map((row) => {
    const surveyed = surveyOf(ledger, row, need, without, score, lookout);
    const made = surveyed.score === undefined ? undefined : parts(row);
    return made === undefined ? surveyed : { ...surveyed, parts: made };
  });
};

const surveyOf = (
  ledger: Ledger,
  row: number,
  need: Need,
  { filters = [], score: isEven }: Without,
  score: Score,
  lookout: Lookout,
): Surveyed => {
  const verdicts = FILTERS.map(({ name, passes, explain, fits }): Verdict => {
    const does = passes(ledger, row, need);
    return {
      filter: name,
      passes: does,
      says: does ? fits(ledger, row, need) : explain(ledger, row, need),
      ...(filters.includes(name) && { leftOut: true }),
    };
  });
  const counts = ({ name }: { readonly name: FilterName }): boolean => !filters.includes(name);
  const byItself = FILTERS.find((filter) => counts(filter) && filter.ofNode?.(ledger, row, need) === false)?.name;
  const failing = byItself ?? verdicts.find(({ passes, leftOut }) => !passes && leftOut !== true)?.filter;
  const turn = lookout.turnOf(row);
  // Wishes weigh against scores, and what is left out gives no order.
  const isInTiers = need.wishes.length === 0 && need.affinity.length === 0 && filters.length === 0;
  return {
    node: ledger.at(row).id,
    verdicts,
    tier: isInTiers ? Math.max(0, levelOf(turn)) : 0,
    ...(failing === undefined ? { score: isEven === true ? 0 : score(ledger, row, need) } : { failing }),
    turn,
    passedOver: lookout.passesOver(row),
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
    .toSorted((a, b) => a.tier - b.tier || a.score - b.score || a.turn - b.turn || (a.node < b.node ? -1 : 1));

/** Nodes by the first filter that turned them away. */
export const turnedAway = (surveyed: Iterable<Pick<Surveyed, 'failing'>>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { failing } of surveyed) if (failing !== undefined) counts[failing] = (counts[failing] ?? 0) + 1;
  return counts;
};
