import type { Either } from 'fp-ts/lib/Either.js';
import type { Chart } from './chart/chart.ts';
import type { ChartState, TimerElapsed } from './chart/state.ts';
import { CorruptHistory } from './chart/state.ts';
import type { FactCodec } from './codec.ts';
import type { Fact } from './recorded.ts';
import type { Refusal } from './refusal.ts';
import type { Instant } from './units.ts';

/** What is asked: imperative, with the ids it needs; observations of the world are `Report…`. */
export type Command = { readonly type: string };

/** What a decision yields: facts in order, an empty list for "already so", or the reason why not. */
export type Decision<F extends Fact> = Either<Refusal, readonly F[]>;

/** One kind of stream: its charts (old ones stay loadable), its codec, and its rules. */
export type Noun<C = unknown, Cmd extends Command = Command, F extends Fact = Fact> = {
  readonly noun: string;
  /** By chart id. A stream is folded by the chart that its first fact names, for ever. */
  readonly charts: Readonly<Record<string, Chart<C, F>>>;
  /** Why a chart that a stream names is not there, where that is known. */
  whyNoChart?(id: string): string | undefined;
  /** Which chart a new stream gets. */
  chartFor(command: Cmd): string;
  readonly codec: FactCodec<F>;
  /**
   * Pure: `at` is max(now, the stream's last `at`). The chart owns legality; this adds idempotence and the choice between facts.
   * @param accepts asks the chart whether it would take a fact now.
   */
  decide(command: Cmd, state: ChartState<C>, at: Instant, accepts: (fact: F) => boolean): Decision<F>;
};

/** Folds one fact; a fact the chart refuses is corruption. */
export const evolve = <C, F extends Fact>(chart: Chart<C, F>, state: ChartState<C>, fact: F | TimerElapsed, at: Instant): ChartState<C> => {
  const next = chart.step(state, fact, at);
  if (next === undefined)
    throw new CorruptHistory(`${chart.id}: ${fact.type} is not explained in state '${state.value}' at revision ${state.revision}`);
  return next;
};

/** The shell's own question about one timer, which no noun is asked: `TimerElapsed` when it still matches the current entry, silence when not. */
export type ElapseTimer = { readonly type: 'ElapseTimer'; readonly node: string; readonly entryRevision: number; readonly timer: string };

/** The kernel's own rule for due timers, the same for every noun. */
export const decideTimer = (command: ElapseTimer, state: ChartState<unknown>, at: Instant): readonly TimerElapsed[] => {
  if (state.heldAt !== undefined) return [];
  const { node, entryRevision, timer } = command;
  const waiting = state.active.find((active) => active.node === node && active.revision === entryRevision);
  const due = waiting?.timers.find(({ key }) => key === timer)?.due;
  return due === undefined || due > at ? [] : [{ type: 'TimerElapsed', node, entryRevision, timer }];
};
