import { z } from 'zod';

/** Highest and lowest priority of an app; 0 where none is given. */
export const PRIORITY_MAX = 1000;

const SHARE = /^(?:100|[1-9]?[0-9])%$/;

/** How many instances of an app may be missing at once because room is made, or a node emptied: the field `disruptionBudget`. */
export const disruptionBudget = z.strictObject({
  /** A number of instances, or a share of those that are wanted, rounded up. */
  maxUnavailable: z.custom<number | string>(
    (value) => (typeof value === 'string' ? SHARE.test(value) : Number.isInteger(value) && Number(value) >= 0),
    {
      error: 'must be a whole number of instances from 0, or a share of them from "0%" to "100%"',
    },
  ),
});

export type DisruptionBudget = z.infer<typeof disruptionBudget>;

/** So many may be missing of `wanted` instances; without a budget, all of them. */
export const mayBeMissing = (budget: DisruptionBudget | undefined, wanted: number): number => {
  if (budget === undefined) return wanted;
  const { maxUnavailable } = budget;
  return typeof maxUnavailable === 'number' ? maxUnavailable : Math.ceil((wanted * Number(maxUnavailable.slice(0, -1))) / 100);
};
