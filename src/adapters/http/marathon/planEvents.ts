import type { PlanFact, PlanFactOf } from '../../../domain/plan/plan.facts.ts';
import { marathonSteps } from './plan.ts';

type Untimed = { readonly eventType: string } & Readonly<Record<string, unknown>>;

/** What the earlier facts of a plan's stream say about it. */
export type PlanScene = {
  readonly kind: 'plan';
  readonly id: string;
  readonly started: PlanFactOf<'PlanStarted'>;
  /** Steps completed before the fact. */
  readonly step: number;
  readonly cancelled?: string;
};

/** Marathon's events of the deployment of a group. */
export const planEvents = (fact: PlanFact, { id, started: { group, version, steps }, step, cancelled }: PlanScene): readonly Untimed[] => {
  const plan = { id, version, steps: marathonSteps(steps) };
  const currentStep = plan.steps[step];
  switch (fact.type) {
    case 'PlanStarted':
      return [
        { eventType: 'group_change_success', groupId: group, version },
        { eventType: 'deployment_info', plan, currentStep },
      ];
    case 'MembersHeld':
      return [];
    case 'StepCompleted': {
      const next = plan.steps[fact.step + 1];
      return [
        { eventType: 'deployment_step_success', plan, currentStep: plan.steps[fact.step] },
        ...(next === undefined ? [] : [{ eventType: 'deployment_info', plan, currentStep: next }]),
      ];
    }
    case 'PlanCancelled':
      return [{ eventType: 'deployment_step_failure', plan, currentStep }];
    case 'PlanReleased':
      return cancelled === undefined
        ? [{ eventType: 'deployment_success', id, plan }]
        : [{ eventType: 'deployment_failed', id, plan, reason: cancelled }];
  }
};
