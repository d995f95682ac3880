import type { AppDefinition } from '../../app/definition/definition.ts';

/** What an app's definition says of how much it may be disturbed. */
export type Protection = {
  readonly priority?: number;
  readonly disruptionBudget?: { readonly maxUnavailable: number | string };
};

/** Of an app without a budget this many may be away at once. */
const USUALLY_AWAY = 1;
/** From this priority on a restart costs four times as much as usual; at its negative a quarter. */
const PRIORITY_SCALE = 1_000;
const WEIGHT_AT_SCALE = 4;
/** A start that takes this long makes a move cost twice as much as one that takes no time, ms. */
const DEAR_START_MS = 60_000;

/** How many of `wanted` instances may be away at once. */
export const mayBeAway = ({ disruptionBudget }: AppDefinition & Protection, wanted: number): number => {
  if (disruptionBudget === undefined) return USUALLY_AWAY;
  const { maxUnavailable } = disruptionBudget;
  return typeof maxUnavailable === 'number' ? maxUnavailable : Math.ceil((wanted * Number(maxUnavailable.slice(0, -1))) / 100);
};

/** What it costs to replace one instance: 1 for one that starts at once, of an app of the usual priority. */
export const costOf = ({ priority = 0 }: AppDefinition & Protection, startMs = 0): number =>
  Math.round(WEIGHT_AT_SCALE ** (priority / PRIORITY_SCALE) * (1 + startMs / DEAR_START_MS) * 1000) / 1000;
