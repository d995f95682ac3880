import type { AppFact } from '../app/app.facts.ts';
import type { AppDefinition } from '../app/definition/definition.ts';
import type { DeploymentFact } from '../deployment/deployment.facts.ts';
import type { Instant } from '../kernel/units.ts';
import type { GateReading } from './gate.facts.ts';

/** One time that gates were measured in a deployment, to its verdict. */
export type TrialStep = {
  readonly readings: readonly GateReading[] /** The one that failed; absent where all passed. */;
  readonly failed?: string;
};

/** One deployment as it went, as far as it tells whether its gates were right. */
export type Trial = {
  readonly deployment: string;
  readonly app: string;
  /** Absent where the app was to go. */
  readonly configVersion?: string;
  readonly definition?: AppDefinition;
  readonly beganAt: Instant;
  readonly endedAt?: Instant;
  readonly outcome?: 'succeeded' | 'cancelled' | 'failed';
  /** Why somebody took it back while it ran. */
  readonly aborted?: string;
  readonly steps: readonly TrialStep[];
};

type Told<F> = { readonly at: Instant; readonly fact: F };

/** Deployments of one app, oldest first, by the facts of the app; none of their own facts are in them. */
export const trialsOf = (app: string, facts: readonly Told<AppFact>[]): readonly Trial[] => {
  const definitions = new Map<string, AppDefinition>();
  const trials = new Map<string, Trial>();
  for (const { at, fact } of facts) {
    if (fact.type === 'AppVersionAdded') definitions.set(fact.configVersion, fact.definition);
    else if (fact.type === 'DeploymentBegan') {
      const { deployment, to } = fact;
      const definition = to === undefined ? undefined : definitions.get(to.configVersion);
      const aim = { ...(to !== undefined && { configVersion: to.configVersion }), ...(definition !== undefined && { definition }) };
      trials.set(deployment, { deployment, app, ...aim, beganAt: at, steps: [] });
    } else if (fact.type === 'DeploymentEnded') {
      const trial = trials.get(fact.deployment);
      if (trial !== undefined) trials.set(fact.deployment, { ...trial, endedAt: at, outcome: fact.outcome });
    }
  }
  return [...trials.values()];
};

/** The trial with what its own stream tells. */
export const withCourse = (trial: Trial, facts: readonly DeploymentFact[]): Trial => {
  const steps: TrialStep[] = [];
  let aborted: string | undefined;
  for (const fact of facts) {
    if (fact.type === 'GatesPassed') steps.push({ readings: fact.readings });
    if (fact.type === 'GateFailed') steps.push({ readings: fact.readings, failed: fact.gate });
    if (fact.type === 'DeploymentAborted') aborted = fact.reason;
    if (fact.type === 'WinnerChosen' && fact.winner === 'old') aborted = fact.reason;
  }
  return { ...trial, steps, ...(aborted !== undefined && { aborted }) };
};
