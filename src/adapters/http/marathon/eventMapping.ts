import type { AppCommand } from '../../../domain/app/app.commands.ts';
import { APP, type AppFact, type AppFactOf } from '../../../domain/app/app.facts.ts';
import { type AppDefinition, renderApp } from '../../../domain/app/definition/definition.ts';
import type { GroupCommand } from '../../../domain/group/group.commands.ts';
import type { InstanceFact } from '../../../domain/instance/instance.facts.ts';
import { keyOf, nounOf } from '../../../domain/kernel/ids.ts';
import type { Fact, Recorded } from '../../../domain/kernel/recorded.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { LeaseFact } from '../../../domain/lease/lease.ts';
import type { PlanFact } from '../../../domain/plan/plan.facts.ts';
import type { RequestFact } from '../../../domain/request/request.ts';
import { instanceEvents } from './instanceEvents.ts';
import { type Plan, stepsOf } from './plan.ts';
import { planEvents } from './planEvents.ts';
import type { AppScene, LeaseScene, Scene } from './scenes.ts';

/** One event of `/v2/events`, as it stands in `data`. */
export type MarathonEvent = { readonly eventType: string; readonly timestamp: string } & Readonly<Record<string, unknown>>;

export type Untimed = { readonly eventType: string } & Readonly<Record<string, unknown>>;

/** Marathon's events of one fact, in order; none for what Marathon had no word for. Pure: the same fact is told the same way for ever. */
export const marathonEvents = ({ fact, meta }: Pick<Recorded<Fact>, 'fact' | 'meta'>, scene: Scene): readonly MarathonEvent[] => {
  const timestamp = isoInstant(meta.at);
  return untimed(fact, scene, timestamp).map((event) => ({ ...event, timestamp }));
};

const untimed = (fact: Fact, scene: Scene, at: string): readonly Untimed[] => {
  switch (scene.kind) {
    case 'instance':
      return instanceEvents(fact as InstanceFact, scene);
    case 'app':
      return appEvents(fact as AppFact, scene, at);
    case 'plan':
      return planEvents(fact as PlanFact, scene);
    case 'request':
      return requestEvents(fact as RequestFact, at);
    case 'lease':
      return leaseEvents(fact as LeaseFact, scene);
    case 'none':
      return [];
  }
};

/** Each leader registers; there is no master that could come back, so nobody registers once more or is disconnected. */
const leaseEvents = (fact: LeaseFact, { frameworkId }: LeaseScene): readonly Untimed[] =>
  fact.type === 'LeaseTaken' ? [{ eventType: 'scheduler_registered_event', frameworkId, master: fact.holder }] : [];

/** A change that was refused is Marathon's failed change of the group: of the one that was named, or of the app's. */
const requestEvents = ({ command, subject, body, outcome }: RequestFact, at: string): readonly Untimed[] => {
  const ofApp = CHANGES_OF_APPS.has(command) && nounOf(subject) === APP;
  // A change that somebody else was quicker with is made once more from what is there then: that is no failure yet.
  if (outcome.kind !== 'refused' || outcome.code === 'illegal-in-state' || !(ofApp || command === CHANGE_OF_GROUP)) return [];
  const groupId = ofApp ? groupOf(keyOf(subject)) : groupIn(body);
  return [{ eventType: 'group_change_failed', groupId, version: at, reason: outcome.message }];
};

const CHANGES_OF_APPS: ReadonlySet<string> = new Set<AppCommand['type']>(['DeployApp', 'RestartApp', 'DestroyApp', 'RevertDeployment']);
const CHANGE_OF_GROUP: GroupCommand['type'] = 'ChangeGroup';

/** The group in the path that was asked for; the root where many apps were changed at once, or where the request was shredded. */
const groupIn = (body: unknown): string => {
  const { url } = (typeof body === 'object' && body !== null ? body : {}) as { readonly url?: unknown };
  const [, path = ''] = /^\/v2\/groups\/+([^?]*?)\/*(?:\?|$)/.exec(typeof url === 'string' ? url : '') ?? [];
  return `/${path}`;
};

const appEvents = (fact: AppFact, scene: AppScene, at: string): readonly Untimed[] => {
  const { app } = scene;
  switch (fact.type) {
    case 'AppVersionAdded':
      return [
        postEvent(fact, scene),
        { eventType: 'group_change_success', groupId: groupOf(app), version: fact.version },
        ...healthCheckChanges(app, scene.previous, fact),
      ];
    case 'DeploymentBegan': {
      const plan = planOf(scene, fact, scene.version);
      const { clientIp, isPod, deployment } = scene;
      const deleted = isPod && fact.to === undefined ? [{ eventType: 'pod_deleted_event', clientIp, uri: `/v2/pods${app}` }] : [];
      // What is part of a plan is told by the plan.
      if (fact.partOf !== undefined) return deleted;
      return [
        ...deleted,
        ...(deployment === undefined ? [] : failed(planOf(scene, deployment, at), `taken over by deployment ${fact.deployment}`)),
        ...plan.steps.flatMap((currentStep, index): readonly Untimed[] => [
          { eventType: 'deployment_info', plan, currentStep },
          // The steps before the last take no time: a new app starts at scale 0.
          ...(index === plan.steps.length - 1 ? [] : [{ eventType: 'deployment_step_success', plan, currentStep }]),
        ]),
      ];
    }
    case 'DeploymentEnded': {
      if (scene.deployment === undefined || scene.deployment.partOf !== undefined) return [];
      const plan = planOf(scene, scene.deployment, scene.version);
      if (fact.outcome !== 'succeeded') return failed(plan, fact.outcome);
      return [
        { eventType: 'deployment_step_success', plan, currentStep: plan.steps.at(-1) },
        { eventType: 'deployment_success', id: plan.id, plan },
      ];
    }
    case 'AutoscaleDecided':
    case 'AutoscaleDeferred':
    case 'DeploymentStopped':
    case 'DeploymentTurnCame':
      return [];
    case 'AppDestroyed':
      return [
        { eventType: 'app_terminated_event', appId: app },
        ...((scene.previous?.healthChecks ?? []).length > 0 ? [{ eventType: 'remove_health_check_event', appId: app }] : []),
        { eventType: 'group_change_success', groupId: groupOf(app), version: at },
      ];
  }
};

/** A new version of an app, or of a pod, which has events of its own. */
const postEvent = (fact: AppFactOf<'AppVersionAdded'>, { app, isPod, clientIp, previous }: AppScene): Untimed =>
  isPod
    ? { eventType: previous === undefined ? 'pod_created_event' : 'pod_updated_event', clientIp, uri: `/v2/pods${app}` }
    : { eventType: 'api_post_event', clientIp, uri: `/v2/apps${app}`, appDefinition: published(fact) };

const failed = (plan: Plan, reason: string): readonly Untimed[] => [
  { eventType: 'deployment_step_failure', plan, currentStep: plan.steps.at(-1) },
  { eventType: 'deployment_failed', id: plan.id, plan, reason },
];

const planOf = ({ app, isPod }: AppScene, { deployment, to, previous }: AppFactOf<'DeploymentBegan'>, version: string): Plan => ({
  id: deployment,
  version: to?.version ?? version,
  steps: stepsOf(app, to, previous, isPod),
});

const groupOf = (app: string): string => app.slice(0, app.lastIndexOf('/')) || '/';

const healthCheckChanges = (
  app: string,
  previous: AppDefinition | undefined,
  { definition, version }: AppFactOf<'AppVersionAdded'>,
): readonly Untimed[] => {
  const before = new Set((previous?.healthChecks ?? []).map((check) => JSON.stringify(check)));
  const added = definition.healthChecks.filter((check) => !before.has(JSON.stringify(check)));
  const removed = before.size > 0 && definition.healthChecks.length === 0;
  return [
    ...(removed ? [{ eventType: 'remove_health_check_event', appId: app }] : []),
    ...added.map((healthCheck) => ({ eventType: 'add_health_check_event', appId: app, healthCheck, version })),
  ];
};

/** Streams of events are kept and passed on, so values that the log seals stay out of them. */
const published = ({ definition, version, configVersion }: AppFactOf<'AppVersionAdded'>) => ({
  ...renderApp({
    ...definition,
    env: Object.fromEntries(Object.keys(definition.env).map((name) => [name, '[sealed]'])),
    ...withoutLogin(definition),
  }),
  version,
  versionInfo: { lastScalingAt: version, lastConfigChangeAt: configVersion },
});

const withoutLogin = ({ container }: AppDefinition): Partial<AppDefinition> => {
  const login = container?.docker?.credential;
  if (container?.docker === undefined || login === undefined) return {};
  return { container: { ...container, docker: { ...container.docker, credential: { principal: login.principal, secret: '[sealed]' } } } };
};
