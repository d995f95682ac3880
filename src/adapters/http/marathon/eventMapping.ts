import type { AppFact, AppFactOf } from '../../../domain/app/app.facts.ts';
import { type AppDefinition, renderApp } from '../../../domain/app/definition/definition.ts';
import { instanceIdOf, taskIdOf } from '../../../domain/app/definition/taskIds.ts';
import { isPod } from '../../../domain/app/pod/pod.ts';
import type { InstanceFact } from '../../../domain/instance/instance.facts.ts';
import type { Fact, Recorded } from '../../../domain/kernel/recorded.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { PlanFact } from '../../../domain/plan/plan.facts.ts';
import { stepsOf } from './plan.ts';
import { planEvents } from './planEvents.ts';
import { containerTasks } from './podTasks.ts';
import type { AppScene, InstanceScene, Scene } from './scenes.ts';
import { ipAddressesOf } from './taskJson.ts';
import { marathonState } from './taskStates.ts';

/** One event of `/v2/events`, as it stands in `data`. */
export type MarathonEvent = { readonly eventType: string; readonly timestamp: string } & Readonly<Record<string, unknown>>;

type Untimed = { readonly eventType: string } & Readonly<Record<string, unknown>>;

/** Marathon's events of one fact, in order; none for what Marathon had no word for. Pure: the same fact is told the same way for ever. */
export const marathonEvents = ({ fact, meta }: Pick<Recorded<Fact>, 'fact' | 'meta'>, scene: Scene): readonly MarathonEvent[] => {
  const timestamp = isoInstant(meta.at);
  const events =
    scene.kind === 'instance'
      ? instanceEvents(fact as InstanceFact, scene)
      : scene.kind === 'app'
        ? appEvents(fact as AppFact, scene, timestamp)
        : scene.kind === 'plan'
          ? planEvents(fact as PlanFact, scene)
          : [];
  return events.map((event) => ({ ...event, timestamp }));
};

const instanceEvents = (fact: InstanceFact, scene: InstanceScene): readonly Untimed[] => {
  const events: Untimed[] = [];
  const before = marathonState(scene.before);
  const after = marathonState(scene.after, scene.exit);
  const kill = killEvent(fact, scene);
  if (kill !== undefined) events.push(kill);
  if (after.task !== undefined && after.task !== before.task) events.push(...statusUpdates(fact, scene, after.task));
  if (after.condition !== before.condition) events.push(instanceChanged(scene, after.condition));
  return [...events, ...healthEvents(fact, scene)];
};

/** Of a pod each container is a task. */
const statusUpdates = (fact: InstanceFact, scene: InstanceScene, taskStatus: string): readonly Untimed[] => {
  const { id, app, version, node, host, hostPorts, ipAddresses, definition } = scene;
  const common = {
    slaveId: node ?? '',
    appId: app,
    host,
    ipAddresses: ipAddressesOf(ipAddresses.length === 0 ? [host] : ipAddresses),
    version,
  };
  const of = (task: {
    readonly taskId: string;
    readonly taskStatus: string;
    readonly message: string;
    readonly ports: readonly number[];
  }) => ({
    eventType: 'status_update_event',
    ...task,
    ...common,
  });
  if (!isPod(definition)) return [of({ taskId: taskIdOf(app, id), taskStatus, message: messageOf(fact), ports: hostPorts })];
  const ends = fact.type === 'ContainerExited' ? (fact.containers ?? []) : [];
  return containerTasks(definition, { app, id, hostPorts }).map(({ name, taskId, ports }) => {
    const end = ends.find((each) => each.name === name);
    if (end === undefined) return of({ taskId, taskStatus, message: messageOf(fact), ports });
    return of({ taskId, taskStatus: taskStateOf(scene.after, end) ?? taskStatus, message: endMessage(end), ports });
  });
};

const messageOf = (fact: InstanceFact): string => {
  if ('message' in fact && typeof fact.message === 'string') return fact.message;
  if (fact.type === 'ContainerExited') return endMessage(fact);
  if (fact.type === 'InstanceStopRequested' || fact.type === 'InstanceCancelled') return fact.reason;
  return fact.type === 'InstanceLost' ? fact.why : '';
};

type End = { readonly oom: boolean; readonly exitCode?: number | undefined; readonly signal?: string | undefined };

const endMessage = ({ oom, exitCode, signal }: End): string => {
  if (oom) return 'Out of memory';
  return signal === undefined ? `Command exited with status ${exitCode ?? 0}` : `Command terminated with signal ${signal}`;
};

const taskStateOf = (state: string, { oom, exitCode }: End): string | undefined =>
  marathonState(state, { oom, ...(exitCode !== undefined && { exitCode }) }).task;

const instanceChanged = ({ id, app, version, node, host }: InstanceScene, condition: string): Untimed => ({
  eventType: 'instance_changed_event',
  instanceId: instanceIdOf(app, id),
  condition,
  runSpecId: app,
  agentId: node ?? '',
  host,
  runSpecVersion: version,
});

const healthEvents = (fact: InstanceFact, { id, app, version, definition }: InstanceScene): readonly Untimed[] => {
  const isUnhealthy = fact.type === 'InstanceBecameUnhealthy';
  if (!isUnhealthy && fact.type !== 'InstanceBecameReady' && fact.type !== 'InstanceBecameHealthy') return [];
  const [healthCheck] = definition?.healthChecks ?? [];
  // Ready through a readiness check alone says nothing of health.
  if (healthCheck === undefined) return [];
  const instanceId = instanceIdOf(app, id);
  const failed: Untimed = { eventType: 'failed_health_check_event', appId: app, taskId: taskIdOf(app, id), instanceId, healthCheck };
  return [
    ...(isUnhealthy ? [failed] : []),
    { eventType: 'health_status_changed_event', appId: app, instanceId, taskId: taskIdOf(app, id), version, alive: !isUnhealthy },
    { eventType: 'instance_health_changed_event', instanceId, runSpecId: app, healthy: !isUnhealthy, runSpecVersion: version },
  ];
};

/** Killed for its health: asked to stop in the name of the check that failed. */
const killEvent = (fact: InstanceFact, { id, app, version, node, host, failedProbe }: InstanceScene): Untimed | undefined => {
  if (fact.type !== 'InstanceStopRequested' || failedProbe === undefined || !fact.reason.startsWith(`${failedProbe}: `)) return undefined;
  const instanceId = instanceIdOf(app, id);
  const task = { appId: app, taskId: taskIdOf(app, id), instanceId, version };
  return { eventType: 'unhealthy_instance_kill_event', ...task, reason: fact.reason, host, slaveId: node ?? '' };
};

const appEvents = (fact: AppFact, scene: AppScene, at: string): readonly Untimed[] => {
  const { app } = scene;
  switch (fact.type) {
    case 'AppVersionAdded':
      return [
        isPod(fact.definition)
          ? { eventType: scene.previous === undefined ? 'pod_created_event' : 'pod_updated_event', uri: `/v2/pods${app}` }
          : { eventType: 'api_post_event', uri: `/v2/apps${app}`, appDefinition: published(fact) },
        { eventType: 'group_change_success', groupId: groupOf(app), version: fact.version },
        ...healthCheckChanges(app, scene.previous, fact),
      ];
    case 'DeploymentBegan': {
      const plan = planOf(scene, fact, scene.version);
      // What is part of a plan is told by the plan.
      if (fact.partOf !== undefined)
        return fact.to === undefined && isPod(scene.previous) ? [{ eventType: 'pod_deleted_event', uri: `/v2/pods${app}` }] : [];
      return [
        ...(fact.to === undefined && isPod(scene.previous) ? [{ eventType: 'pod_deleted_event', uri: `/v2/pods${app}` }] : []),
        ...(scene.deployment === undefined
          ? []
          : failed(planOf(scene, scene.deployment, at), `taken over by deployment ${fact.deployment}`)),
        { eventType: 'deployment_info', plan, currentStep: plan.steps.at(-1) },
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

const failed = (plan: Plan, reason: string): readonly Untimed[] => [
  { eventType: 'deployment_step_failure', plan, currentStep: plan.steps.at(-1) },
  { eventType: 'deployment_failed', id: plan.id, plan, reason },
];

type Plan = { readonly id: string; readonly version: string; readonly steps: ReturnType<typeof stepsOf> };

const planOf = (scene: AppScene, { deployment, to, previous }: AppFactOf<'DeploymentBegan'>, version: string): Plan => ({
  id: deployment,
  version: to?.version ?? version,
  steps: stepsOf(scene.app, to, previous, isPod(scene.previous)),
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
