import type { Resources } from './node.ts';

/** The resources that a node has an amount of, in the order of the ledger's columns. */
export const AMOUNT_NAMES = ['cpus', 'mem', 'disk', 'gpus'] as const;
export type AmountName = (typeof AMOUNT_NAMES)[number];

/** One number per name, in that order. */
export type Amounts = ArrayLike<number>;

export const NO_AMOUNTS: Amounts = [0, 0, 0, 0];

/** Mesos keeps three decimals of a scalar; what is not named is none. */
export const thousandthsOf = (amounts: Partial<Resources>): readonly number[] =>
  AMOUNT_NAMES.map((name) => Math.round((amounts[name] ?? 0) * 1000));

/** `2 cpus, 1024 mem`; what there is none of is left out. */
export const amountsText = (amounts: Partial<Resources>): string => {
  const some = AMOUNT_NAMES.flatMap((name) => ((amounts[name] ?? 0) === 0 ? [] : [`${amounts[name]} ${name}`]));
  return some.length === 0 ? 'nothing' : some.join(', ');
};

/** Columns of the amounts that a node has, in thousandths. */
export const CPUS = 0;
export const MEM = 1;
export const DISK = 2;
export const GPUS = 3;
export const AMOUNTS = 4;
