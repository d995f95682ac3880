import type { FilterName } from './filters.ts';
import type { Ledger } from './ledger.ts';
import { apartFrom, isBeside, standing } from './policies/relations.ts';
import type { Need } from './request.ts';

/**
 * A field by whose values nodes are looked at together: all nodes of a value are out at once, or the values are taken in an order, the
 * lowest level first and the next one only where nobody of that level will do, or may do better.
 */
export type Grouping = {
  readonly field: string;
  /**
   * Of all nodes of a value; the filter that each of them fails where none of them will do. Of an app with wishes what is unmet of them by
   * this field, as it goes into the score.
   */
  readonly level: (ledger: Ledger, value: string | undefined, need: Need) => number | FilterName;
};

/** Fields that a request could be grouped by, the one that spares most first. */
export const groupingFieldsOf = (ledger: Ledger, need: Need): readonly string[] => {
  const { counted, affinity, wishes } = need;
  const fields = [
    ...counted.filter(({ isEven }) => isEven),
    ...counted.filter(({ isEven }) => !isEven),
    ...affinity,
    ...apartFrom(ledger, need),
    ...wishes.toSorted((a, b) => b.weight - a.weight),
  ];
  return [...new Set(fields.map(({ field }) => field))];
};

const groupingBy = (field: string): Grouping => ({ field, level: (ledger, value, need) => levelOf(field, ledger, value, need) });

const levelOf = (field: string, ledger: Ledger, value: string | undefined, need: Need): number | FilterName => {
  const { counted, cohort, affinity, wishes } = need;
  const placed = ledger.cohort(cohort).values(field);
  let level = 0;
  for (const each of counted) {
    if (each.field !== field) continue;
    if (!each.allows(value, placed, () => ledger.groups(field))) return 'constraint';
    if (each.isEven && wishes.length === 0) level = placed.get(value) ?? 0;
  }
  for (const related of affinity) if (related.field === field && !isBeside(ledger, related, need, value)) return 'affinity';
  for (const related of apartFrom(ledger, need))
    if (related.field === field && standing(ledger, related, need, value) > 0) return 'anti-affinity';
  for (const wish of wishes) if (wish.field === field) level += wish.weight * wish.unmet(ledger, value, need);
  return level;
};

/** More lanes cost more to choose from than they spare. */
export const LANES_MAX = 128;
/** Nodes per lane at least, on average: with fewer each might as well be asked itself. */
const PER_LANE_MIN = 4;

export const groupingFor = (ledger: Ledger, need: Need): Grouping | undefined => {
  const field = groupingFieldsOf(ledger, need).find((each) => {
    const groups = ledger.groups(each);
    return groups <= LANES_MAX && groups * PER_LANE_MIN <= ledger.size;
  });
  return field === undefined ? undefined : groupingBy(field);
};
