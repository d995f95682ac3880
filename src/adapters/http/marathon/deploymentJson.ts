import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { DeploymentRow } from '../../../domain/ports/views.ts';
import { readinessJson } from './appJson.ts';
import { type Action, affectedApps, affectedPods, type Plan, stepsOf } from './plan.ts';

/** A plan that runs, and how far it is. */
export type RunningPlan = Plan & {
  /** Counted from 1, as Marathon does. */
  readonly currentStep: number;
};

/** The plan of a deployment of one app or pod. */
export const planOfRow = ({ views }: Engine, { id, app, to, previous, startedAt }: DeploymentRow): RunningPlan => {
  const definition = to === undefined ? views.apps.get(app)?.definition : views.apps.definition(app, to.configVersion);
  const steps = stepsOf({ id: app, isPod: definition?.pod !== undefined }, to, previous);
  // The steps before the last take no time: a new app starts at scale 0.
  return { id, version: to?.version ?? isoInstant(startedAt), steps, currentStep: steps.length };
};

/** An entry of `/v2/deployments`: the one place where a plan that runs becomes Marathon's JSON. */
export const deploymentJson = (engine: Engine, plan: RunningPlan) => {
  const { id, version, steps, currentStep } = plan;
  return {
    id,
    version,
    affectedApps: affectedApps(plan),
    affectedPods: affectedPods(plan),
    steps,
    currentActions: (steps[currentStep - 1]?.actions ?? []).map((action) => ({
      ...action,
      readinessCheckResults: readinessOf(engine, action),
    })),
    currentStep,
    totalSteps: steps.length,
  };
};

const readinessOf = (engine: Engine, action: Action) => {
  const row = engine.views.apps.get('app' in action ? action.app : action.pod);
  return row === undefined ? [] : readinessJson(engine, row);
};
