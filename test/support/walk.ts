import type { Chart } from '../../src/domain/kernel/chart/chart.ts';
import type { ChartState, TimerElapsed } from '../../src/domain/kernel/chart/state.ts';
import type { Noun } from '../../src/domain/kernel/decider.ts';
import type { Fact } from '../../src/domain/kernel/recorded.ts';
import { nouns } from '../../src/domain/nouns.ts';

export type AnyState = ChartState<unknown>;
export type AnyChart = Chart<unknown, Fact>;

/** Every chart of every noun. */
export const everyChart: readonly { readonly noun: Noun; readonly chart: AnyChart; readonly name: string }[] = Object.values(nouns).flatMap(
  (noun) => Object.values(noun.charts).map((chart) => ({ noun, chart, name: chart.id })),
);

/** The timers that a state waits for, each as the fact that it came due. */
export const timersOf = ({ active }: AnyState): readonly TimerElapsed[] =>
  active.flatMap(({ node, revision, timers }) =>
    timers.map(({ key }): TimerElapsed => ({ type: 'TimerElapsed', node, entryRevision: revision, timer: key })),
  );

/** Timers that no state waits for: of an earlier entry, of another node, of no name. */
export const strayTimersOf = ({ active }: AnyState): readonly TimerElapsed[] => [
  { type: 'TimerElapsed', node: 'nowhere', entryRevision: 0, timer: 'nothing' },
  ...active.flatMap(({ node, revision, timers }): TimerElapsed[] => [
    { type: 'TimerElapsed', node, entryRevision: revision, timer: 'nothing' },
    ...timers.map(({ key }): TimerElapsed => ({ type: 'TimerElapsed', node, entryRevision: revision - 1, timer: key })),
  ]),
];

/** What tells two states apart for a walk: value, context and running timers, not when or how often they were entered. */
export const keyOfState = ({ value, context, active }: AnyState): string =>
  JSON.stringify([value, context, active.map(({ node, timers }) => [node, timers.map(({ key }) => key)])]);

/** Share of a walk that states that are alike may take, so that the others are reached as well. */
const PART_SHARE = 1 / 120;

/** States that a walk takes for alike: of one value, and of deployments with one policy. */
export const partOf = ({ value, context }: AnyState): string => {
  const { policy, memory } = context as { policy?: { strategy?: string; before?: unknown }; memory?: unknown };
  return `${value} ${policy?.strategy ?? ''} ${policy?.before !== undefined} ${JSON.stringify(memory)}`;
};

/**
 * Breadth first from `initial`, at most `limit` states: the shortest path to each is the one taken.
 * @param kindOf tells which states are alike, where a walk is to come to all kinds
 */
export const explore = <S>(
  initial: S,
  keyOf: (state: S) => string,
  nextOf: (state: S) => readonly S[],
  limit: number,
  kindOf?: (state: S) => string,
): readonly S[] => {
  const seen = new Map<string, S>([[keyOf(initial), initial]]);
  const ofValue = new Map<string, number>();
  const hasRoom = (state: S): boolean => {
    if (seen.size >= limit) return false;
    const value = kindOf?.(state);
    if (value === undefined) return true;
    const count = (ofValue.get(value) ?? 0) + 1;
    ofValue.set(value, count);
    return count <= limit * PART_SHARE;
  };
  for (const state of seen.values()) {
    for (const next of nextOf(state)) {
      const key = keyOf(next);
      if (!seen.has(key) && hasRoom(next)) seen.set(key, next);
    }
  }
  return [...seen.values()];
};
