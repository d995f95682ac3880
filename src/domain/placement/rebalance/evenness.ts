import type { Ledger } from '../ledger.ts';
import type { Need } from '../request.ts';
import type { Tenant } from './scene.ts';

/** One instance too many in a group of GROUP_BY counts as much as a node that is this far from the pool's load, squared. */
const SKEW_WEIGHT = 0.05;

/** Mean load of nodes. */
export const meanLoad = (ledger: Ledger, rows: readonly number[]): number =>
  rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + ledger.load(row, 0, 0), 0) / rows.length;

/** How far nodes are from a load: the sum of the squared distances, so that one far off counts more than many that are near. */
export const unevenLoad = (ledger: Ledger, rows: readonly number[], wanted: number): number =>
  rows.reduce((sum, row) => sum + (ledger.load(row, 0, 0) - wanted) ** 2, 0);

/** Distinct values of a field among all nodes, looked up once. */
export type Values = (field: string) => number;

export const valuesIn = (ledger: Ledger): Values => {
  const known = new Map<string, number>();
  return (field) => {
    let count = known.get(field);
    if (count === undefined) {
      const values = new Set<string>();
      for (const row of ledger.rows()) {
        const value = ledger.valueOf(row, field);
        if (value !== undefined) values.add(value);
      }
      count = Math.max(1, values.size);
      known.set(field, count);
    }
    return count;
  };
};

/** How far the groups of one app are from being even: the squared distances from their mean, weighted. */
export const unevenGroups = (ledger: Ledger, { counted, cohort }: Need, values: Values): number => {
  let sum = 0;
  for (const { field, isEven } of counted) {
    if (!isEven) continue;
    let [squares, all] = [0, 0];
    for (const count of ledger.cohort(cohort).values(field).values()) {
      squares += count * count;
      all += count;
    }
    sum += SKEW_WEIGHT * (squares - (all * all) / values(field));
  }
  return sum;
};

/** By how many instances the largest group exceeds the smallest, where GROUP_BY is asked for. */
export const skewOf = (ledger: Ledger, need: Need): number =>
  Math.max(0, ...groupCounts(ledger, need).map((counts) => (counts.length === 0 ? 0 : Math.max(...counts) - Math.min(...counts))));

export const isGrouped = ({ counted }: Need): boolean => counted.some(({ isEven }) => isEven);

/** Per field of GROUP_BY: instances in each group, those that hold none as well, as far as there are nodes of that value. */
const groupCounts = (ledger: Ledger, { counted, cohort }: Need): readonly (readonly number[])[] =>
  counted
    .filter(({ isEven }) => isEven)
    .map(({ field }) => {
      const counts = [...ledger.cohort(cohort).values(field).values()];
      const none = Math.max(0, ledger.groups(field) - counts.length);
      return [...counts, ...Array.from({ length: none }, () => 0)];
    });

/** By how much both become more even when an instance goes from one node to another: above 0 where it is for the better. The account is without it. */
export const gainOfEvening = (ledger: Ledger, { need }: Tenant, from: number, to: number, wanted: number): number => {
  const far = (row: number, sign: 0 | 1): number => (ledger.load(row, sign * need.cpus, sign * need.mem) - wanted) ** 2;
  return far(from, 1) - far(from, 0) + far(to, 0) - far(to, 1) + gainOfGroups(ledger, need, from, to);
};

const gainOfGroups = (ledger: Ledger, { counted, cohort }: Need, from: number, to: number): number => {
  let gain = 0;
  for (const { field, isEven } of counted) {
    if (!isEven) continue;
    const [here, there] = [ledger.valueOf(from, field), ledger.valueOf(to, field)];
    if (here === there) continue;
    const counts = ledger.cohort(cohort).values(field);
    const count = (value: string | undefined): number => (value === undefined ? 0 : (counts.get(value) ?? 0));
    gain += SKEW_WEIGHT * 2 * (count(here) - count(there));
  }
  return gain;
};
