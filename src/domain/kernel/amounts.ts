/** The resources that a node has an amount of, in the order of the ledger's columns. */
export const AMOUNT_NAMES = ['cpus', 'mem', 'disk', 'gpus'] as const;
export type AmountName = (typeof AMOUNT_NAMES)[number];

/** Cores, MiB, MiB and whole devices; what is not named is none, or not limited. */
export type SomeAmounts = { readonly [N in AmountName]?: number | undefined };

/** `2 cpus, 1024 mem`; what there is none of is left out, unless `withNone`. */
export const amountsText = (amounts: SomeAmounts, withNone = false): string => {
  const some = AMOUNT_NAMES.flatMap((name) => {
    const amount = amounts[name];
    return amount === undefined || (amount === 0 && !withNone) ? [] : [`${amount} ${name}`];
  });
  return some.length === 0 ? 'nothing' : some.join(', ');
};

/** The sum of two, name by name; what is nothing is left out. */
export const plus = (a: SomeAmounts, b: SomeAmounts, sign: 1 | -1 = 1): SomeAmounts =>
  Object.fromEntries(
    AMOUNT_NAMES.flatMap((name) => {
      const sum = Math.round(((a[name] ?? 0) + sign * (b[name] ?? 0)) * 1000) / 1000;
      return sum === 0 ? [] : [[name, sum]];
    }),
  );

/** The sum of what is kept for each role. */
export const plusByRole = (
  a: Readonly<Record<string, SomeAmounts>>,
  b: Readonly<Record<string, SomeAmounts>>,
): Readonly<Record<string, SomeAmounts>> =>
  Object.fromEntries([...new Set([...Object.keys(a), ...Object.keys(b)])].map((role) => [role, plus(a[role] ?? {}, b[role] ?? {})]));

/** All of them by name, 0 where there is none. */
export const allOf = ({ cpus = 0, mem = 0, disk = 0, gpus = 0 }: SomeAmounts): Readonly<Record<AmountName, number>> => ({
  cpus,
  mem,
  disk,
  gpus,
});
