import type { Fact } from '../recorded.ts';
import type { Instant } from '../units.ts';
import type { Fold } from './chart.ts';
import { type NodeTable, type Step, type Tables, timerEvent } from './compile.ts';
import type { ActiveNode, ChartState, Timer, TimerElapsed } from './state.ts';

const NO_TIMERS: readonly Timer[] = [];

/** When the timers of a node that is entered are due; a delay of Infinity is no timer. */
export const timersFrom = (timers: NodeTable['timers'], at: Instant, context: unknown, event: unknown): readonly Timer[] =>
  timers.flatMap(({ key, delay }) => {
    const due = at + delay(context, event);
    return Number.isFinite(due) ? [{ key, due }] : [];
  });

/** Steps a chart by its tables: one map look-up, guards, assigns. */
export const tableFold = <C, F extends Fact>(tables: Tables): Fold<C, F> => {
  const enter = (node: string, revision: number, at: number, context: unknown, event: unknown): ActiveNode => {
    const timers = tables.nodes.get(node)?.timers ?? [];
    return {
      node,
      revision,
      timers: timers.length === 0 ? NO_TIMERS : timersFrom(timers, at, context, event),
    };
  };
  const choose = (state: ChartState<C>, fact: F | TimerElapsed): Step | undefined => {
    const candidates = tables.steps.get(state.value)?.get(eventKeyOf(state, fact));
    return candidates?.find(({ guard }) => guard === undefined || guard(state.context, fact));
  };
  return {
    initial: () => {
      const context = tables.context() as C;
      const active = tables.start.map((node) => enter(node, -1, 0, context, undefined));
      return { value: tables.start.at(-1) ?? '', context, active, revision: -1, at: 0 };
    },
    step: (state, fact, at) => {
      const step = choose(state, fact);
      if (step === undefined || step.forbidden) return undefined;
      const revision = state.revision + 1;
      const context = (step.assign === undefined ? state.context : step.assign(state.context, fact)) as C;
      if (step.enter.length === 0 && step.keep === state.active.length)
        return { value: step.leaf ?? state.value, context, active: state.active, revision, at };
      const active = state.active.slice(0, step.keep);
      for (const node of step.enter) active.push(enter(node, revision, at, context, fact));
      return { value: step.leaf ?? state.value, context, active, revision, at };
    },
  };
};

/** A timer fact speaks for one entry of one node; of another entry it is no event at all. */
const eventKeyOf = (state: ChartState<unknown>, fact: Fact): string => {
  if (fact.type !== 'TimerElapsed') return fact.type;
  const { node, entryRevision, timer } = fact as TimerElapsed;
  return state.active.some((active) => active.node === node && active.revision === entryRevision) ? timerEvent(node, timer) : '';
};
