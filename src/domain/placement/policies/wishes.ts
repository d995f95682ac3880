import type { AppPlacement } from '../../app/definition/placement.ts';
import { type CompiledConstraint, compileConstraints } from '../constraints.ts';
import type { Ledger } from '../ledger.ts';
import type { Need } from '../request.ts';
import { isBeside, type Related, relatedOf, standing, whoStands } from './relations.ts';

/** What an app would rather have. */
export type Wish = {
  /** 1 … 100. */
  readonly weight: number;
  readonly text: string;
  /** The field of the node by whose value it is judged. */
  readonly field: string;
  /** How far a node with this value is from it: 0 where it is met, 1 where not at all. */
  readonly unmet: (ledger: Ledger, value: string | undefined, need: Need) => number;
  readonly says: (ledger: Ledger, row: number, need: Need) => string;
  /** Whom it would be beside. */
  readonly beside?: Related;
};

/** @param instances see PlacementRequest */
export const wishesOf = ({ affinity, antiAffinity, prefer }: AppPlacement, app: string, instances: number): readonly Wish[] => [
  ...affinity.flatMap((each) => (each.weight === undefined ? [] : [toBeBeside(relatedOf(each, app), each.weight)])),
  ...antiAffinity.flatMap((each) => (each.weight === undefined ? [] : [toBeApart(relatedOf(each, app), each.weight)])),
  ...prefer.flatMap(({ constraint, weight }) => compileConstraints([constraint], instances).map((compiled) => toHave(compiled, weight))),
];

/** The sum of what is unmet of each wish, by its weight. */
export const unmetOf = (ledger: Ledger, row: number, need: Need): number => {
  let sum = 0;
  for (const { weight, field, unmet } of need.wishes) sum += weight * unmet(ledger, ledger.valueOf(row, field), need);
  return sum;
};

const toBeBeside = (related: Related, weight: number): Wish => ({
  weight,
  text: `beside ${related.app}`,
  field: related.field,
  unmet: (ledger, value, need) => (isBeside(ledger, related, need, value) ? 0 : 1),
  says: (ledger, row, need) => whoStands(ledger, row, related, need),
  beside: related,
});

/** Each one more in the way counts, the first the most: where nobody can be apart, few are better than many. */
const toBeApart = (related: Related, weight: number): Wish => ({
  weight,
  text: `apart from ${related.app}`,
  field: related.field,
  unmet: (ledger, value, need) => {
    const there = standing(ledger, related, need, value);
    return there / (there + 1);
  },
  says: (ledger, row, need) => whoStands(ledger, row, related, need),
});

const toHave = ({ field, text, allows }: CompiledConstraint, weight: number): Wish => ({
  weight,
  text,
  field,
  unmet: (ledger, value, { cohort }) => (allows(value, ledger.cohort(cohort).values(field), () => ledger.groups(field)) ? 0 : 1),
  says: (ledger, row, { cohort }) => {
    const value = ledger.valueOf(row, field);
    if (value === undefined) return `the node has no ${field}`;
    return `${field} is ${value}, which holds ${ledger.cohort(cohort).values(field).get(value) ?? 0} of the app's instances`;
  },
});
