import type { Chart } from '../domain/kernel/chart/chart.ts';
import { type ChartState, nextTimer } from '../domain/kernel/chart/state.ts';
import type { FactCodec, Sealer } from '../domain/kernel/codec.ts';
import type { WireFact } from '../domain/kernel/ports.ts';
import type { Fact, Metadata } from '../domain/kernel/recorded.ts';
import type { Cause } from './envelope.ts';

/** The wire form of a decided fact, with what the chart says about the state after it. */
export const wireOf = (
  id: string,
  fact: Fact,
  codec: FactCodec<Fact>,
  sealer: Sealer,
  chart: Chart<unknown, Fact>,
  after: ChartState<unknown>,
  cause: Cause,
  term: number,
  /** Whether nothing is folded before it: it names the chart then. */
  isFirst = after.revision === 0,
): WireFact => {
  const due = nextTimer(after)?.due;
  const meta: { -readonly [K in keyof Metadata]: Metadata[K] } = {
    correlationId: cause.correlationId,
    causationId: cause.causationId,
    by: cause.by,
    at: after.at,
    term,
    state: after.value,
    owes: chart.owes(after),
  };
  if (due !== undefined) meta.due = due;
  if (isFirst) meta.chart = chart.id;
  if (cause.traceparent !== undefined) meta.traceparent = cause.traceparent;
  return { id, type: codec.wireName(fact.type), data: codec.encode(fact, sealer), meta, fact };
};
