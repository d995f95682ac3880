import type { AppPlacement, Relation } from '../../app/definition/placement.ts';
import { type CompiledConstraint, compileConstraints } from '../constraints.ts';
import type { Ledger } from '../ledger.ts';
import { fieldOf } from '../node.ts';
import type { Need } from '../request.ts';
import { beside, isBeside, whoStands } from './relations.ts';

/** What an app would rather have. */
export type Wish = {
  /** 1 … 100. */
  readonly weight: number;
  readonly text: string;
  /** The field of the node that it looks at. */
  readonly field: string;
  /** How far a node is from it: 0 where it is met, 1 where not at all. */
  readonly unmet: (ledger: Ledger, row: number, need: Need) => number;
  readonly says: (ledger: Ledger, row: number, need: Need) => string;
};

/** @param instances see PlacementRequest */
export const wishesOf = ({ affinity, antiAffinity, prefer }: AppPlacement, instances: number): readonly Wish[] => [
  ...affinity.flatMap((relation) => (relation.weight === undefined ? [] : [toBeBeside(relation, relation.weight)])),
  ...antiAffinity.flatMap((relation) => (relation.weight === undefined ? [] : [toBeApart(relation, relation.weight)])),
  ...prefer.flatMap(({ constraint, weight }) => compileConstraints([constraint], instances).map((compiled) => toHave(compiled, weight))),
];

const toBeBeside = (relation: Relation, weight: number): Wish => ({
  weight,
  text: `beside ${relation.app}`,
  field: relation.field,
  unmet: (ledger, row, need) => (isBeside(ledger, row, relation, need) ? 0 : 1),
  says: (ledger, row, need) => whoStands(ledger, row, relation, need),
});

/** Each one more in the way counts, the first the most: where nobody can be apart, few are better than many. */
const toBeApart = (relation: Relation, weight: number): Wish => ({
  weight,
  text: `apart from ${relation.app}`,
  field: relation.field,
  unmet: (ledger, row, need) => {
    const there = beside(ledger, row, relation, need);
    return there / (there + 1);
  },
  says: (ledger, row, need) => whoStands(ledger, row, relation, need),
});

const toHave = (constraint: CompiledConstraint, weight: number): Wish => {
  const { field, text, allows } = constraint;
  return {
    weight,
    text,
    field,
    unmet: (ledger, row, { cohort }) =>
      allows(fieldOf(ledger.at(row), field), ledger.cohort(cohort).values(field), () => ledger.groups(field)) ? 0 : 1,
    says: (ledger, row, { cohort }) => {
      const value = fieldOf(ledger.at(row), field);
      if (value === undefined) return `the node has no ${field}`;
      return `${field} is ${value}, which holds ${ledger.cohort(cohort).values(field).get(value) ?? 0} of the app's instances`;
    },
  };
};
