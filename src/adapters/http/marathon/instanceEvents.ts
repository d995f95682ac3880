import { instanceIdOf, taskIdOf } from '../../../domain/app/definition/taskIds.ts';
import { containerTasks } from '../../../domain/app/pod/containerTasks.ts';
import { isPod } from '../../../domain/app/pod/pod.ts';
import { isHookApp } from '../../../domain/deployment/hookApp.ts';
import type { InstanceFact } from '../../../domain/instance/instance.facts.ts';
import { phaseOf } from '../../../domain/instance/instance.states.ts';
import type { Untimed } from './eventMapping.ts';
import type { InstanceScene } from './scenes.ts';
import { ipAddressesOf } from './shared.ts';
import { marathonState } from './taskStates.ts';

/** What a fact of an instance is in Marathon's words: its tasks' states, its condition, its health. */
export const instanceEvents = (fact: InstanceFact, scene: InstanceScene): readonly Untimed[] => {
  // A deployment's one-off command is none of an app's tasks.
  if (isHookApp(scene.app)) return [];
  const events: Untimed[] = [];
  const before = marathonState(scene.before);
  const after = marathonState(scene.after, scene.exit);
  const kill = killEvent(fact, scene);
  if (kill !== undefined) events.push(kill);
  if (after.task !== undefined && (after.task !== before.task || fact.type === 'PodContainerExited'))
    events.push(...statusUpdates(fact, scene, after.task));
  if (after.condition !== before.condition) events.push(instanceChanged(scene, after.condition));
  if (scene.wasForgotten && phaseOf(scene.after) === 'ended') events.push(unknownTerminated(scene, after.condition));
  return [...events, ...healthEvents(fact, scene)];
};

/** What had been forgotten with its node is unknown to Marathon when it ends. */
const unknownTerminated = ({ id, app }: InstanceScene, condition: string): Untimed => ({
  eventType: 'unknown_instance_terminated_event',
  instanceId: instanceIdOf(app, id),
  runSpecId: app,
  condition,
});

/** Of a pod each container is a task. */
const statusUpdates = (fact: InstanceFact, scene: InstanceScene, taskStatus: string): readonly Untimed[] => {
  const { id, app, version, node, host, hostPorts, ipAddresses, definition, ended } = scene;
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
  const alone = fact.type === 'PodContainerExited' ? fact : undefined;
  const ends = alone !== undefined ? [alone] : fact.type === 'ContainerExited' ? (fact.containers ?? []) : [];
  return containerTasks(definition, { app, id, hostPorts }).flatMap(({ name, taskId, ports }) => {
    // What has ended was told when it did.
    if (ended.includes(name) || (alone !== undefined && alone.name !== name)) return [];
    const end = ends.find((each) => each.name === name);
    if (end === undefined) return [of({ taskId, taskStatus, message: messageOf(fact), ports })];
    return [of({ taskId, taskStatus: taskStateOf(scene.after, end), message: endMessage(end), ports })];
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

const taskStateOf = (state: string, { exitCode }: End): string =>
  state === 'killed' ? 'TASK_KILLED' : exitCode === 0 ? 'TASK_FINISHED' : 'TASK_FAILED';

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
  // Since 1.5 Marathon calls the instance a task here.
  const failed: Untimed = { eventType: 'failed_health_check_event', appId: app, taskId: instanceId, instanceId, healthCheck };
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
