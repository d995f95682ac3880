import type { AppDefinition } from '../../app/definition/definition.ts';
import { mayBeMissing, PRIORITY_MAX } from '../../app/definition/disruptionBudget.ts';

/** Of an app without a budget this many may be away at once for a better place. */
const USUALLY_AWAY = 1;
/** At the highest priority a restart costs this many times as much as usual; at the lowest as much less. */
const WEIGHT_AT_MOST = 4;
/** A start that takes this long makes a move cost twice as much as one that takes no time, ms. */
const DEAR_START_MS = 60_000;

/** How many of `wanted` instances may be away at once. */
export const mayBeAway = ({ disruptionBudget }: AppDefinition, wanted: number): number =>
  disruptionBudget === undefined ? USUALLY_AWAY : mayBeMissing(disruptionBudget, wanted);

/** What it costs to replace one instance: 1 for one that starts at once, of an app of the usual priority. */
export const costOf = ({ priority = 0 }: AppDefinition, startMs = 0): number =>
  Math.round(WEIGHT_AT_MOST ** (priority / PRIORITY_MAX) * (1 + startMs / DEAR_START_MS) * 1000) / 1000;
