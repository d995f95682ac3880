import type { ContainerSpec, Mount, PortBinding, RunSpec } from '../../ports/hosts.ts';
import type { LinuxInfo } from '../definition/definition.ts';
import { graceOf } from '../definition/leaving.ts';
import { inSandbox } from '../definition/mounts.ts';
import { declaredPorts } from '../definition/ports.ts';
import { limitParameters, networkOf, type Placed } from '../definition/runSpec.ts';
import { type InstanceId, parseInstanceId, renderInstanceId, renderTaskId } from '../definition/taskIds.ts';
import type { PodApp, PodContainer, PodExec } from './pod.ts';
import { type PlacedEndpoint, podEnvironmentOf } from './podEnvironment.ts';
import { endpointsOf } from './whole.ts';

/** All that a host needs to start an instance of a pod; the same input gives the same spec, at every start and after every crash. */
export const podSpecOf = (definition: PodApp, placed: Placed): RunSpec => {
  const { pod, labels } = definition;
  const instance = instanceOf(definition, placed.instance);
  const taskId = placed.taskId ?? renderInstanceId(instance);
  const endpoints = placedEndpoints(definition, placed.hostPorts);
  return {
    instance: placed.instance,
    taskId,
    app: definition.id,
    version: placed.version,
    slot: placed.slot,
    forcePull: false,
    command: {},
    ...(definition.user === undefined ? {} : { user: definition.user }),
    env: {},
    labels: { ...labels, MESOS_TASK_ID: taskId },
    cpus: definition.cpus,
    mem: definition.mem,
    disk: definition.disk,
    gpus: definition.gpus,
    network: networkOf(definition),
    ports: bindingsOf(definition, endpoints),
    mounts: [],
    artifacts: [],
    privileged: false,
    tty: false,
    parameters: sharedParameters(pod.linuxInfo),
    ...(definition.taskKillGracePeriodSeconds === undefined ? {} : { killGraceMs: graceOf(definition) }),
    containers: pod.containers.map((container) => containerSpecOf(definition, container, instance, placed, endpoints)),
  };
};

const instanceOf = ({ id }: PodApp, instance: string): InstanceId =>
  parseInstanceId(instance) ?? { app: id, prefix: 'instance-', uuid: instance };

/** Marathon's task id of a container: `group_pod.instance-<uuid>.<container>.1`. */
export const containerTaskId = (app: string, uuid: string, container: string): string =>
  renderTaskId({ app, prefix: 'instance-', uuid, container, incarnation: 1 });

const containerSpecOf = (
  definition: PodApp,
  container: PodContainer,
  instance: InstanceId,
  placed: Placed,
  endpoints: readonly PlacedEndpoint[],
): ContainerSpec => {
  const { name, image, exec, labels, artifacts, tty = false } = container;
  const user = container.user ?? definition.user;
  const taskId = containerTaskId(definition.id, instance.uuid, name);
  const { enforceRole } = placed;
  return {
    name,
    taskId,
    ...(image === undefined ? {} : { image: image.id }),
    forcePull: image?.forcePull ?? false,
    ...commandOf(exec),
    ...(user === undefined ? {} : { user }),
    env: podEnvironmentOf(definition, container, {
      taskId,
      executorId: `${instance.prefix}${renderInstanceId({ ...instance, prefix: '' })}`,
      version: placed.version,
      hostname: placed.node.hostname,
      endpoints,
      ...(enforceRole === undefined ? {} : { enforceRole }),
    }),
    labels: { ...definition.labels, ...labels, MESOS_TASK_ID: taskId },
    ...resourcesOf(definition, container),
    mounts: mountsOf(definition, container, placed.instance),
    artifacts: artifacts.map(({ uri, extract, executable, destPath }) => ({
      uri,
      extract,
      executable,
      ...(destPath === undefined ? {} : { destPath }),
    })),
    privileged: false,
    tty,
    parameters: [...limitParameters(container), ...ownParameters(container.linuxInfo)],
  };
};

type Parameters = RunSpec['parameters'];

/** Of the IPC that all containers share, unless one has its own: the parent of the pod is its host. */
const sharedParameters = (linux: LinuxInfo | undefined): Parameters => [
  ...(linux?.ipcInfo?.mode === 'SHARE_PARENT' ? [{ key: 'ipc', value: 'host' }] : []),
  ...shmParameters(linux),
];

/** The parent of a container is its pod, whose IPC it shares as it stands. */
const ownParameters = (linux: LinuxInfo | undefined): Parameters => [
  ...(linux?.seccomp?.unconfined === true ? [{ key: 'security-opt', value: 'seccomp=unconfined' }] : []),
  ...(linux?.ipcInfo?.mode === 'PRIVATE' ? [{ key: 'ipc', value: 'private' }, ...shmParameters(linux)] : []),
];

const shmParameters = (linux: LinuxInfo | undefined): Parameters =>
  linux?.ipcInfo?.shmSize === undefined ? [] : [{ key: 'shm-size', value: `${linux.ipcInfo.shmSize}m` }];

/** A shell always takes the place of the image's entrypoint; of `argv` the first word does where the definition says so. */
const commandOf = (exec: PodExec | undefined): Pick<ContainerSpec, 'command' | 'entrypoint'> => {
  if (exec === undefined) return { command: {} };
  const { command, overrideEntrypoint = false } = exec;
  if ('shell' in command) return { command: { shell: command.shell } };
  const [first = '', ...rest] = command.argv;
  return overrideEntrypoint ? { command: { args: rest }, entrypoint: [first] } : { command: { args: command.argv } };
};

/** Containers that share their cgroup may each use what all of them have. */
const resourcesOf = ({ pod }: PodApp, { resources }: PodContainer): Pick<ContainerSpec, 'cpus' | 'mem' | 'disk' | 'gpus'> => {
  if (pod.legacySharedCgroups !== true) return resources;
  const all = pod.containers.map((each) => each.resources);
  return { ...resources, cpus: all.reduce((sum, { cpus }) => sum + cpus, 0), mem: all.reduce((sum, { mem }) => sum + mem, 0) };
};

/** Natively a mount is a place in the sandbox. */
const mountsOf = ({ pod }: PodApp, { volumeMounts, image }: PodContainer, instance: string): readonly Mount[] =>
  volumeMounts.flatMap(({ name, mountPath, readOnly = false }): readonly Mount[] => {
    const volume = pod.volumes.find((each) => each.name === name);
    if (volume === undefined) return [];
    const containerPath = image === undefined ? mountPath : inSandbox(mountPath);
    return volume.host === undefined
      ? [{ kind: 'volume', name: ephemeralVolume(instance, name), containerPath, readOnly }]
      : [{ kind: 'bind', hostPath: volume.host, containerPath, readOnly }];
  });

/** What a host calls a volume that comes and goes with an instance. */
export const ephemeralVolume = (instance: string, volume: string): string => `wharf-${instance}-${volume}`;

/** Each endpoint with its host port, in the order in which placement was asked for them; a container port of 0 is the host port. */
export const placedEndpoints = (definition: PodApp, hostPorts: readonly number[]): readonly PlacedEndpoint[] => {
  const onHost = definition.networks.every(({ mode }) => mode === 'host');
  let next = 0;
  return endpointsOf(definition.pod).map(({ name, hostPort: wanted, containerPort = 0 }) => {
    const hostPort = wanted === undefined ? undefined : hostPorts[next++];
    return {
      name,
      ...(hostPort === undefined ? {} : { hostPort }),
      ...(onHost ? {} : { containerPort: containerPort === 0 ? (hostPort ?? 0) : containerPort }),
    };
  });
};

const bindingsOf = (definition: PodApp, endpoints: readonly PlacedEndpoint[]): readonly PortBinding[] => {
  const protocols = declaredPorts(definition).map(({ protocol }) => protocol);
  return endpoints.flatMap(({ name, hostPort, containerPort }, index) =>
    hostPort === undefined
      ? []
      : [{ name, protocol: protocols[index] ?? 'tcp', hostPort, ...(containerPort === undefined ? {} : { containerPort }) }],
  );
};
