import type { Chart } from '../domain/kernel/chart/chart.ts';
import { type ChartState, CorruptHistory } from '../domain/kernel/chart/state.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import { evolve, type Noun } from '../domain/kernel/decider.ts';
import type { StoredFact } from '../domain/kernel/ports.ts';
import type { Fact } from '../domain/kernel/recorded.ts';
import { recordedOf } from '../domain/recordedOf.ts';
import type { Cause } from './envelope.ts';

/** A stream folded, with the chart that folds it and the last fact: what a resting actor is, and what recovery yields. */
export type Folded = { readonly chart: Chart<unknown, Fact>; readonly state: ChartState<unknown>; readonly cause: Cause };

/** A stream's facts folded by the chart that its first fact names; undefined for a stream without facts. */
export const foldStream = (noun: Noun, history: readonly StoredFact[], sealer: Sealer): Folded | undefined => {
  const [first] = history;
  if (first === undefined) return undefined;
  const chart = noun.charts[first.meta.chart ?? ''];
  if (chart === undefined) {
    const id = first.meta.chart ?? '';
    throw new CorruptHistory(`${first.stream}: ${noun.whyNoChart?.(id) ?? `no chart '${id}'`}`);
  }
  let state = chart.initial();
  for (const stored of history) state = evolve(chart, state, recordedOf(stored, sealer).fact, stored.meta.at);
  const last = history.at(-1) ?? first;
  const { correlationId, by, traceparent } = last.meta;
  return { chart, state, cause: { correlationId, causationId: last.id, by, ...(traceparent !== undefined && { traceparent }) } };
};
