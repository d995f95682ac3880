import { AMOUNT_NAMES } from '../kernel/amounts.ts';
import type { RoleAmounts } from '../role/role.facts.ts';

export { AMOUNT_NAMES, type AmountName, amountsText, plus, plusByRole } from '../kernel/amounts.ts';

/** One number per name, in that order. */
export type Amounts = ArrayLike<number>;

export const NO_AMOUNTS: Amounts = [0, 0, 0, 0];

/** Mesos keeps three decimals of a scalar; what is not named is none. */
export const thousandthsOf = (amounts: RoleAmounts): readonly number[] =>
  AMOUNT_NAMES.map((name) => Math.round((amounts[name] ?? 0) * 1000));

/** Columns of the amounts that a node has, in thousandths. */
export const CPUS = 0;
export const MEM = 1;
export const DISK = 2;
export const GPUS = 3;
export const AMOUNTS = 4;
