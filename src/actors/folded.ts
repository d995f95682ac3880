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

/**
 * A stream's facts folded by the chart that its first fact names; undefined for a stream without facts.
 * @param isVoid tells which were written by a leader that had been succeeded: they keep their place, and nothing follows from them
 */
export const foldStream = (
  noun: Noun,
  stored: readonly StoredFact[],
  sealer: Sealer,
  isVoid: (stored: StoredFact) => boolean = () => false,
): Folded | undefined => {
  const history = stored.filter((one) => !isVoid(one));
  const [first] = history;
  if (first === undefined) return undefined;
  const chart = noun.charts[first.meta.chart ?? ''];
  if (chart === undefined) {
    const id = first.meta.chart ?? '';
    throw new CorruptHistory(`${first.stream}: ${noun.whyNoChart?.(id) ?? `no chart '${id}'`}`);
  }
  let state = chart.initial();
  for (const one of history) state = evolve(chart, at(state, one.revision - 1), recordedOf(one, sealer).fact, one.meta.at);
  // A void fact at the end has a revision too, behind which the next one goes.
  state = at(state, stored.at(-1)?.revision ?? state.revision);
  const last = history.at(-1) ?? first;
  const { correlationId, by, traceparent } = last.meta;
  return { chart, state, cause: { correlationId, causationId: last.id, by, ...(traceparent !== undefined && { traceparent }) } };
};

/** The same state, counted from a later revision where void facts stand between. */
const at = <S extends ChartState<unknown>>(state: S, revision: number): S => (state.revision === revision ? state : { ...state, revision });
