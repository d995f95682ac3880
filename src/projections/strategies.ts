import { nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { StrategiesView, StrategyRow } from '../domain/ports/views.ts';
import { STRATEGY, type StrategyFact } from '../domain/strategy/strategy.facts.ts';
import type { Projection } from './projection.ts';

export type Strategies = { readonly rows: Map<string, StrategyRow> };

/** The strategies that operators registered, every version of each with its text. */
export const strategies: Projection<Strategies> = {
  name: 'strategies',
  version: 1,
  initial: () => ({ rows: new Map() }),
  evolve: ({ rows }, recorded) => {
    if (nounOf(recorded.stream) !== STRATEGY) return;
    const { fact, meta } = recorded as Recorded<StrategyFact>;
    const { type: _, ...registration } = fact;
    rows.set(fact.id, { ...registration, at: meta.at });
  },
};

export const strategiesView = ({ rows }: Strategies): StrategiesView => ({ get: (id) => rows.get(id), all: () => rows.values() });
