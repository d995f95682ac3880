import { describe, expect, test } from 'vitest';
import { planChart } from '../../../src/domain/plan/plan.chart.ts';
import { planNoun } from '../../../src/domain/plan/plan.decider.ts';
import type { PlanFact } from '../../../src/domain/plan/plan.facts.ts';
import { plan as fact } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const given = storiesOf(planNoun);
const holding = [fact.PlanStarted()];
const stepping = [...holding, fact.MembersHeld()];
const second = [...stepping, fact.StepCompleted()];
const owedBy = (...facts: readonly PlanFact[]) => planChart.owed(given(...facts).state as Parameters<typeof planChart.owed>[0]);

describe('a plan', () => {
  const begin = { ...fact.PlanStarted(), type: 'BeginPlan' } as const;
  test('begins once', () => {
    given().when(begin).then(fact.PlanStarted());
    for (const before of [holding, stepping, second])
      given(...before)
        .when(begin)
        .silence();
  });
  test('takes all locks before its first step', () => {
    expect(owedBy(...holding).map(({ type }) => type)).toEqual(['hold']);
    given(...holding)
      .when({ type: 'ReportStepCompleted', step: 0 })
      .silence();
    given(...holding)
      .when({ type: 'ReportMembersHeld' })
      .then(fact.MembersHeld());
  });
  test('owes one step after the other, and each anew', () => {
    expect(owedBy(...stepping)).toMatchObject([{ type: 'advance', params: { step: 0, actions: [{ action: 'Start' }] } }]);
    expect(owedBy(...second)).toMatchObject([{ type: 'advance', params: { step: 1, actions: [{ action: 'Scale' }] } }]);
  });
  test('is told of the step that is under way, and of no other', () => {
    given(...stepping)
      .when({ type: 'ReportStepCompleted', step: 1 })
      .silence();
    given(...second)
      .when({ type: 'ReportStepCompleted', step: 0 })
      .silence();
    given(...second)
      .when({ type: 'ReportStepCompleted', step: 1 })
      .then(fact.StepCompleted({ step: 1 }));
  });
  test('lets go behind its last step, and has succeeded when the tree has its lock back', () => {
    const done = [...second, fact.StepCompleted({ step: 1 })];
    expect(owedBy(...done)).toMatchObject([{ type: 'settle', params: { outcome: 'succeeded' } }]);
    given(...done)
      .when({ type: 'ReportPlanReleased' })
      .then(fact.PlanReleased());
    expect(given(...done, fact.PlanReleased()).state.value).toBe('succeeded');
  });
  test('may be cancelled until it is through, and lets go then', () => {
    const cancel = { type: 'CancelPlan', reason: 'asked for' } as const;
    for (const before of [holding, stepping, second]) {
      given(...before)
        .when(cancel)
        .then(fact.PlanCancelled({ reason: 'asked for' }));
      expect(owedBy(...before, fact.PlanCancelled())).toMatchObject([{ type: 'settle', params: { outcome: 'cancelled' } }]);
      expect(given(...before, fact.PlanCancelled(), fact.PlanReleased()).state.value).toBe('cancelled');
    }
    given(...second, fact.StepCompleted({ step: 1 }))
      .when(cancel)
      .silence();
    given(...holding, fact.PlanCancelled())
      .when(cancel)
      .silence();
  });
  test('that never began cannot be cancelled', () => given().when({ type: 'CancelPlan', reason: 'x' }).refused('not-found'));
});
