import type { PlanFactOf } from './plan.facts.ts';

export type PlanCommand =
  | ({ readonly type: 'BeginPlan' } & Omit<PlanFactOf<'PlanStarted'>, 'type'>)
  | { readonly type: 'ReportMembersHeld' }
  | { readonly type: 'ReportStepCompleted'; readonly step: number }
  | { readonly type: 'CancelPlan'; readonly reason: string }
  | { readonly type: 'ReportPlanReleased' };
