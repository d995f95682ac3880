import { either as E } from 'fp-ts';
import type { ChartState } from '../kernel/chart/state.ts';
import { codecOf } from '../kernel/codec.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import { type RebalanceContext, rebalanceChart } from './rebalance.chart.ts';
import type { RebalanceCommand } from './rebalance.commands.ts';
import { REBALANCE, type RebalanceFact, rebalanceFacts } from './rebalance.facts.ts';

const SILENCE: Decision<RebalanceFact> = E.right([]);

const decide = (
  command: RebalanceCommand,
  state: ChartState<RebalanceContext>,
  _at: number,
  accepts: (fact: RebalanceFact) => boolean,
): Decision<RebalanceFact> => {
  const report = (fact: RebalanceFact): Decision<RebalanceFact> => (accepts(fact) ? E.right([fact]) : SILENCE);
  switch (command.type) {
    case 'BeginRebalance': {
      const { type: _, ...data } = command;
      return report({ type: 'RebalanceBegan', ...data });
    }
    case 'ReportMoveCompleted': {
      const { move, instance, node } = command;
      return report({ type: 'MoveCompleted', move, instance, node });
    }
    case 'ReportMoveSkipped':
      return report({ type: 'MoveSkipped', move: command.move, because: command.because });
    case 'AbortRebalance':
      if (state.value === 'absent') return E.left(refusal('not-found', 'There is no such rebalance.'));
      return report({ type: 'RebalanceAborted', reason: command.reason });
  }
};

export const rebalanceNoun: Noun<RebalanceContext, RebalanceCommand, RebalanceFact> = {
  noun: REBALANCE,
  charts: { [rebalanceChart.id]: rebalanceChart },
  chartFor: () => rebalanceChart.id,
  codec: codecOf<RebalanceFact>(Object.fromEntries(Object.entries(rebalanceFacts).map(([type, schema]) => [type, { version: 1, schema }]))),
  decide,
};
