import type { Fact } from '../recorded.ts';
import type { Instant } from '../units.ts';
import type { Fold } from './chart.ts';
import type { ChartState } from './state.ts';

/** Types of the facts that make a chart's timers stand still, and of those that let them go on. */
export type Holds = { readonly from: readonly string[]; readonly until: readonly string[] };

/** Steps as `fold` does, and keeps what is left of each timer while they are held. */
export const holding = <C, F extends Fact>(fold: Fold<C, F>, { from, until }: Holds): Fold<C, F> => ({
  initial: fold.initial,
  step: (state, fact, at) => {
    const isHeld = state.heldAt !== undefined;
    if (isHeld && fact.type === 'TimerElapsed') return undefined;
    const next = fold.step(postponed(state, at), fact, at);
    if (next === undefined) return undefined;
    const isHeldNow = from.includes(fact.type) || (isHeld && !until.includes(fact.type));
    return isHeldNow ? { ...next, heldAt: at } : next;
  },
});

/** Every timer moved on by the time that it has been held since the last look; a node entered meanwhile has its whole wait left. */
const postponed = <C>(state: ChartState<C>, at: Instant): ChartState<C> => {
  const { heldAt, ...rest } = state;
  if (heldAt === undefined) return state;
  const by = at - heldAt;
  const active = state.active.map((node) => ({ ...node, timers: node.timers.map(({ key, due }) => ({ key, due: due + by })) }));
  return { ...rest, active };
};
