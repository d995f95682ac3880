import { z } from 'zod';
import { stepForm } from '../group/group.facts.ts';
import type { FactsOf } from '../kernel/forms.ts';

/** Facts of one plan: the deployment of a group, step by step. What each step moves is a deployment of each app's own. */
export const planFacts = {
  PlanStarted: z.object({ group: z.string(), version: z.string(), steps: z.array(stepForm) }),
  /** Every app that the plan moves has given it its lock. */
  MembersHeld: z.object({}),
  /** Counted from 0. */
  StepCompleted: z.object({ step: z.int().min(0) }),
  PlanCancelled: z.object({ reason: z.string() }),
  /** The group has taken its lock back. */
  PlanReleased: z.object({}),
} as const;

export type PlanFact = FactsOf<typeof planFacts>;
export type PlanFactOf<T extends PlanFact['type']> = Extract<PlanFact, { type: T }>;

export const PLAN = 'plan';
