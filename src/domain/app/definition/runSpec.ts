import type { PortBinding, RunSpec } from '../../ports/hosts.ts';
import { type AppDefinition, imageOf } from './definition.ts';
import { environmentOf } from './environment.ts';
import { mountsOf } from './mounts.ts';
import { type DeclaredPort, declaredPorts } from './ports.ts';
import { parseInstanceId, taskIdOf } from './taskIds.ts';

/** One placement of one version, as far as the definition does not say it. */
export type Placed = {
  /** The instance's id, or Marathon's form of it. */
  readonly instance: string;
  readonly version: string;
  readonly slot: number;
  readonly node: { readonly hostname: string; readonly address: string };
  /** As placement gave them: one per entry of `hostPortsWanted`. */
  readonly hostPorts: readonly number[];
  /** Made from the app and the instance where absent. */
  readonly taskId?: string;
  readonly enforceRole?: boolean;
};

/** All that a host needs to start this instance; the same input gives the same spec, at every start and after every crash. */
export const runSpecOf = (app: AppDefinition, placed: Placed): RunSpec => {
  const uuid = parseInstanceId(placed.instance)?.uuid ?? placed.instance;
  const taskId = placed.taskId ?? taskIdOf(app.id, uuid);
  const { hostname } = placed.node;
  const { enforceRole } = placed;
  const { shared, bound } = sharedOf(app);
  return {
    instance: placed.instance,
    taskId,
    version: placed.version,
    slot: placed.slot,
    ...shared,
    env: environmentOf(app, {
      taskId,
      version: placed.version,
      hostname,
      hostPorts: placed.hostPorts,
      ...(enforceRole === undefined ? {} : { enforceRole }),
    }),
    labels: { ...app.labels, MESOS_TASK_ID: taskId },
    ports: bindingsOf(bound, placed.hostPorts),
  };
};

type Own = 'instance' | 'taskId' | 'version' | 'slot' | 'env' | 'labels' | 'ports';
type Shared = { readonly shared: Omit<RunSpec, Own>; readonly bound: readonly DeclaredPort[] };

/** What all instances of a definition share is made once for it, while it is there. */
const known = new WeakMap<AppDefinition, Shared>();

const sharedOf = (app: AppDefinition): Shared => {
  let shared = known.get(app);
  if (shared === undefined) {
    shared = { shared: sharedParts(app), bound: declaredPorts(app).filter(({ hostPort }) => hostPort !== undefined) };
    known.set(app, shared);
  }
  return shared;
};

const sharedParts = (app: AppDefinition): Shared['shared'] => {
  const docker = app.container?.docker;
  const image = imageOf(app);
  return {
    app: app.id,
    ...(image === undefined ? {} : { image }),
    forcePull: docker?.forcePullImage ?? false,
    ...(docker?.credential === undefined
      ? {}
      : { credentials: { username: docker.credential.principal, password: docker.credential.secret ?? '' } }),
    command: commandOf(app),
    ...(app.user === undefined ? {} : { user: app.user }),
    cpus: app.cpus,
    mem: app.mem,
    disk: app.disk,
    gpus: app.gpus,
    network: networkOf(app),
    mounts: mountsOf(app.container?.volumes ?? []),
    artifacts: app.fetch.map(({ uri, extract, executable, destPath }) => ({
      uri,
      extract,
      executable,
      ...(destPath === undefined ? {} : { destPath }),
    })),
    privileged: docker?.privileged ?? false,
    tty: app.tty ?? false,
    parameters: [...limitParameters(app), ...linuxParameters(app), ...(docker?.parameters ?? [])],
  };
};

const commandOf = ({ cmd, args }: AppDefinition): RunSpec['command'] =>
  cmd !== undefined ? { shell: cmd } : args !== undefined ? { args } : {};

export const networkOf = ({ networks }: AppDefinition): RunSpec['network'] => {
  const [first] = networks;
  if (first?.mode === 'container' && first.name !== undefined) return { mode: 'container', name: first.name };
  if (first?.mode === 'container/bridge') return { mode: 'bridge' };
  return { mode: first?.mode === 'none' ? 'none' : 'host' };
};

/** A container port of 0 is the host port; a port without host port is not bound. */
const bindingsOf = (bound: readonly DeclaredPort[], hostPorts: readonly number[]): readonly PortBinding[] => {
  const bindings: PortBinding[] = [];
  for (const [index, { name, protocol, containerPort }] of bound.entries()) {
    const hostPort = hostPorts[index];
    if (hostPort === undefined) continue;
    bindings.push({
      ...(name === undefined ? {} : { name }),
      protocol,
      hostPort,
      ...(containerPort === undefined ? {} : { containerPort: containerPort === 0 ? hostPort : containerPort }),
    });
  }
  return bindings;
};

type Parameters = RunSpec['parameters'];

/** Marathon's `resourceLimits` let a container burst above what it reserves. Docker: 0 is without limit. */
export const limitParameters = ({ resourceLimits }: Pick<AppDefinition, 'resourceLimits'>): Parameters => [
  ...(resourceLimits?.cpus === undefined
    ? []
    : [{ key: 'cpus', value: resourceLimits.cpus === 'unlimited' ? '0' : String(resourceLimits.cpus) }]),
  ...(resourceLimits?.mem === undefined
    ? []
    : [{ key: 'memory', value: resourceLimits.mem === 'unlimited' ? '0' : `${resourceLimits.mem}m` }]),
];

const linuxParameters = ({ container }: AppDefinition): Parameters => {
  const { seccomp, ipcInfo } = container?.linuxInfo ?? {};
  return [
    ...(seccomp?.unconfined === true ? [{ key: 'security-opt', value: 'seccomp=unconfined' }] : []),
    ...(ipcInfo === undefined ? [] : [{ key: 'ipc', value: ipcInfo.mode === 'PRIVATE' ? 'private' : 'host' }]),
    ...(ipcInfo?.shmSize === undefined ? [] : [{ key: 'shm-size', value: `${ipcInfo.shmSize}m` }]),
  ];
};
