import { either as E } from 'fp-ts';
import type { ChartState } from '../kernel/chart/state.ts';
import { codecOf } from '../kernel/codec.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import { type PlanContext, planChart } from './plan.chart.ts';
import type { PlanCommand } from './plan.commands.ts';
import { PLAN, type PlanFact, planFacts } from './plan.facts.ts';

const SILENCE: Decision<PlanFact> = E.right([]);

const decide = (
  command: PlanCommand,
  state: ChartState<PlanContext>,
  _at: number,
  accepts: (fact: PlanFact) => boolean,
): Decision<PlanFact> => {
  const report = (fact: PlanFact): Decision<PlanFact> => (accepts(fact) ? E.right([fact]) : SILENCE);
  switch (command.type) {
    case 'BeginPlan': {
      const { type: _, ...data } = command;
      return report({ type: 'PlanStarted', ...data });
    }
    case 'ReportMembersHeld':
      return report({ type: 'MembersHeld' });
    case 'ReportStepCompleted':
      return command.step === state.context.step ? report({ type: 'StepCompleted', step: command.step }) : SILENCE;
    case 'CancelPlan':
      if (state.value === 'absent') return E.left(refusal('not-found', 'There is no such plan.'));
      return report({ type: 'PlanCancelled', reason: command.reason });
    case 'ReportPlanReleased':
      return report({ type: 'PlanReleased' });
  }
};

export const planCodec = codecOf<PlanFact>(
  Object.fromEntries(Object.entries(planFacts).map(([type, schema]) => [type, { version: 1, schema }])),
);

export const planNoun: Noun<PlanContext, PlanCommand, PlanFact> = {
  noun: PLAN,
  charts: { [planChart.id]: planChart },
  chartFor: () => planChart.id,
  codec: planCodec,
  decide,
};
