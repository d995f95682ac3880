import type { CompiledConstraint } from './constraints.ts';
import type { FilterName } from './filters.ts';
import type { Ledger } from './ledger.ts';
import type { Need } from './request.ts';

/**
 * A field by whose values nodes are looked at together: all nodes of a value are out at once, or the values are taken in an order, the
 * lowest level first and the next one only where nobody of that level will do.
 */
export type Grouping = {
  readonly field: string;
  /** By which filter nodes of a value are counted that is out; the filter itself says the same of each of them. */
  readonly filter: FilterName;
  /** Undefined where no node of that value will do. */
  readonly level: (ledger: Ledger, value: string | undefined, need: Need) => number | undefined;
};

/** What a request could be grouped by, the first that is worth it is. */
export const groupingsOf = ({ counted }: Need): readonly Grouping[] =>
  [...counted.filter(({ isEven }) => isEven), ...counted.filter(({ isEven }) => !isEven)].map(groupingOfConstraint);

const groupingOfConstraint = ({ field, isEven, allows }: CompiledConstraint): Grouping => ({
  field,
  filter: 'constraint',
  level: (ledger, value, { cohort }) => {
    const placed = ledger.cohort(cohort).values(field);
    if (!allows(value, placed, () => ledger.groups(field))) return undefined;
    return isEven ? (placed.get(value) ?? 0) : 0;
  },
});

/** More lanes cost more to choose from than they spare. */
export const LANES_MAX = 128;
/** Nodes per lane at least, on average: with fewer each might as well be asked itself. */
const PER_LANE_MIN = 4;

export const groupingFor = (ledger: Ledger, need: Need): Grouping | undefined =>
  groupingsOf(need).find(({ field }) => {
    const groups = ledger.groups(field);
    return groups <= LANES_MAX && groups * PER_LANE_MIN <= ledger.size;
  });
