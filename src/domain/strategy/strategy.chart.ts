import { assign, setup } from 'xstate';
import { chartOf } from '../kernel/chart/chart.ts';
import type { StrategyFact } from './strategy.facts.ts';

/** SHA-256 by id, and the highest version. */
export type StrategyContext = { readonly versions: Readonly<Record<string, string>>; readonly newest: number };

export const strategyChart = chartOf<StrategyContext, StrategyFact>(
  setup({
    types: { context: {} as StrategyContext, events: {} as StrategyFact },
    actions: {
      register: assign(({ context, event: { id, sha256, version } }) => ({
        versions: { ...context.versions, [id]: sha256 },
        newest: Math.max(context.newest, version),
      })),
    },
  }).createMachine({
    id: 'strategy.v1',
    context: { versions: {}, newest: 0 },
    initial: 'absent',
    states: {
      absent: { on: { StrategyRegistered: { target: 'registered', actions: 'register' } } },
      registered: { on: { StrategyRegistered: { target: 'registered', actions: 'register' } } },
    },
  }),
);
