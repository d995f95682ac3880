import { isPod } from '../../../domain/app/pod/pod.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { DeploymentRow, PlanRow } from '../../../domain/ports/views.ts';
import { readinessJson } from './appJson.ts';
import { type Action, marathonSteps, type Plan, stepsOf } from './plan.ts';

/** A plan that runs, and how far it is. */
export type RunningPlan = Plan & {
  readonly affectedApps: readonly string[];
  readonly affectedPods: readonly string[];
  /** The step that it is at, counted from 0; as many as there are steps once it is through. */
  readonly at: number;
};

/** The plan of a deployment of one app or pod. */
export const planOfDeployment = ({ views }: Engine, { id, app, to, previous, startedAt }: DeploymentRow): RunningPlan => {
  const ofPod = isPod(views.apps.get(app)?.definition);
  const steps = stepsOf(app, to, previous, ofPod);
  return {
    id,
    version: to?.version ?? isoInstant(startedAt),
    affectedApps: ofPod ? [] : [app],
    affectedPods: ofPod ? [app] : [],
    steps,
    // The steps before the last take no time: a new app starts at scale 0.
    at: steps.length - 1,
  };
};

/** The plan of a deployment of a group. */
export const planOfGroup = ({ id, version, steps, step, changes }: PlanRow): RunningPlan => {
  const idsOf = (kind: 'app' | 'pod'): readonly string[] => changes.flatMap((change) => (change.kind === kind ? [change.id] : []));
  return { id, version, affectedApps: idsOf('app'), affectedPods: idsOf('pod'), steps: marathonSteps(steps), at: step };
};

/** An entry of `/v2/deployments`: the one place where a plan that runs becomes Marathon's JSON. */
export const deploymentJson = (engine: Engine, { at, steps, ...plan }: RunningPlan) => ({
  ...plan,
  steps,
  currentActions: (steps[at]?.actions ?? []).map((action) => ({ ...action, readinessCheckResults: readinessOf(engine, action) })),
  currentStep: Math.min(at + 1, steps.length),
  totalSteps: steps.length,
});

const readinessOf = (engine: Engine, action: Action) => {
  const row = engine.views.apps.get('app' in action ? action.app : action.pod);
  return row === undefined ? [] : readinessJson(engine, row);
};
