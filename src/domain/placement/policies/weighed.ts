import { type PolicyName, USUAL_POLICY } from '../../app/definition/policyName.ts';
import type { Ledger } from '../ledger.ts';
import type { Need, PlacementRequest } from '../request.ts';
import { binPack, type Score, spread } from '../scores.ts';
import { unmetOf } from './wishes.ts';

/** One reason among others for a node's score: `weight` times `unmet` of it. */
export type ScorePart = {
  readonly part: string;
  readonly weight: number;
  /** 0 … 1, the lower the better; of an app without wishes, whose policy is the whole score, as it is. */
  readonly unmet: number;
  readonly says: string;
};

const SCORES: Readonly<Record<PolicyName, Score>> = { spread, binpack: binPack };

/** Keeps the order of scores, and brings them between 0 and 1. */
const squeezed = (score: number): number => score / (1 + score);

const weighing = (own: Score): Score => {
  const sum = (ledger: Ledger, row: number, need: Need): number => unmetOf(ledger, row, need) + squeezed(own(ledger, row, need));
  return Object.assign(sum, { fullestFirst: own.fullestFirst === true });
};

const WEIGHING: Readonly<Record<PolicyName, Score>> = { spread: weighing(spread), binpack: weighing(binPack) };

export const policyOf = ({ placement }: Pick<PlacementRequest, 'placement'>, policy: PolicyName): PolicyName => placement?.policy ?? policy;

/**
 * The score of a node: the policy's where an app has no wishes; else the sum of what is unmet of each wish times its weight, and the
 * policy's between 0 and 1, so that it decides between nodes that meet as much.
 * @param policy of the cluster; an app's own goes before it
 */
export const scoreFor = ({ request, wishes }: Pick<Need, 'request' | 'wishes'>, policy: PolicyName = USUAL_POLICY): Score =>
  (wishes.length === 0 ? SCORES : WEIGHING)[policyOf(request, policy)];

/** What a score is made of, in words. */
export const partsOf = (ledger: Ledger, row: number, need: Need, policy: PolicyName = USUAL_POLICY): readonly ScorePart[] => {
  const name = policyOf(need.request, policy);
  const own = SCORES[name](ledger, row, need);
  return [
    ...need.wishes.map(({ weight, text, field, unmet, says }) => ({
      part: text,
      weight,
      unmet: rounded(unmet(ledger, ledger.valueOf(row, field), need)),
      says: says(ledger, row, need),
    })),
    { part: name, weight: 1, unmet: rounded(need.wishes.length === 0 ? own : squeezed(own)), says: POLICY_SAYS[name](ledger, row, need) },
  ];
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const POLICY_SAYS: Readonly<Record<PolicyName, (ledger: Ledger, row: number, need: Need) => string>> = {
  spread: (ledger, row, need) =>
    `${ledger.cohort(need.cohort).onRow(row)} of the same beside it, ${percent(ledger.load(row, need.cpus, need.mem))} in use afterwards`,
  binpack: (ledger, row, need) => `${percent(1 - ledger.load(row, need.cpus, need.mem))} left unused afterwards`,
};

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
