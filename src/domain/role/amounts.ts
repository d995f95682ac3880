import type { RoleAmounts } from './role.facts.ts';

/** The resources that a node has an amount of, in the order of the ledger's columns. */
export const AMOUNT_NAMES = ['cpus', 'mem', 'disk', 'gpus'] as const;
export type AmountName = (typeof AMOUNT_NAMES)[number];

/** `2 cpus, 1024 mem`; what there is none of is left out, unless `withNone`. */
export const amountsText = (amounts: RoleAmounts, withNone = false): string => {
  const some = AMOUNT_NAMES.flatMap((name) => {
    const amount = amounts[name];
    return amount === undefined || (amount === 0 && !withNone) ? [] : [`${amount} ${name}`];
  });
  return some.length === 0 ? 'nothing' : some.join(', ');
};

/** The sum of two, name by name; what is nothing is left out. */
export const plus = (a: RoleAmounts, b: RoleAmounts, sign: 1 | -1 = 1): RoleAmounts =>
  Object.fromEntries(
    AMOUNT_NAMES.flatMap((name) => {
      const sum = Math.round(((a[name] ?? 0) + sign * (b[name] ?? 0)) * 1000) / 1000;
      return sum === 0 ? [] : [[name, sum]];
    }),
  );

/** The sum of what is kept for each role. */
export const plusByRole = (
  a: Readonly<Record<string, RoleAmounts>>,
  b: Readonly<Record<string, RoleAmounts>>,
): Readonly<Record<string, RoleAmounts>> =>
  Object.fromEntries([...new Set([...Object.keys(a), ...Object.keys(b)])].map((role) => [role, plus(a[role] ?? {}, b[role] ?? {})]));

/** All of them by name, 0 where there is none. */
export const allOf = ({ cpus = 0, mem = 0, disk = 0, gpus = 0 }: RoleAmounts): Readonly<Record<AmountName, number>> => ({
  cpus,
  mem,
  disk,
  gpus,
});
