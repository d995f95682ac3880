import { type AppDefinition, imageOf, type Labels } from '../../../../domain/app/definition/definition.ts';
import { containerTasks, onlyEndpoints } from '../../../../domain/app/pod/containerTasks.ts';
import { isPod, type PodApp, type PodContainer } from '../../../../domain/app/pod/pod.ts';
import { isHookApp } from '../../../../domain/deployment/hookApp.ts';
import type { Instant } from '../../../../domain/kernel/units.ts';
import { type DiscoveryPort, discoveryPorts, type MappedPort, mappedPorts } from '../../../../domain/network/discovery.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../../domain/ports/views.ts';
import { ipAddressesOf, ofApp, ofNode } from '../../marathon/shared.ts';
import { marathonState } from '../../marathon/taskStates.ts';
import { remembered } from '../remembered.ts';
import { rangesOf } from './ranges.ts';
import { type Amounts, NOTHING } from './resources.ts';

/** A task as Mesos would know it, in no wire's words yet. Of the environment nothing is here: it may hold secrets. */
export type MesosTask = {
  /** As in `/v2/tasks`. */
  readonly id: string;
  /** The app's path, reversed: `web.shop`; of a pod the container's own. */
  readonly name: string;
  readonly app: string;
  readonly instance: string;
  /** Such as `TASK_RUNNING`. */
  readonly state: string;
  readonly ended: boolean;
  /** The node's id. */
  readonly agent: string;
  readonly resources: Amounts;
  readonly hostPorts: readonly number[];
  readonly role: string;
  readonly user?: string;
  readonly labels: Labels;
  readonly statuses: readonly TaskStatus[];
  readonly addresses: readonly { readonly ipAddress: string; readonly protocol: 'IPv4' | 'IPv6' }[];
  readonly containerId?: string;
  /** Name of the container network it is in. */
  readonly network?: string;
  readonly portMappings: readonly MappedPort[];
  readonly discovery: { readonly name: string; readonly ports: readonly DiscoveryPort[] };
  readonly image?: string;
  /** Of a task with health checks, once they have said something: what is recorded of them. */
  readonly healthy?: boolean;
};

/** A moment that is recorded; the last one is the state it is in. */
export type TaskStatus = { readonly state: string; readonly at: Instant };

/** Every task that is known: those that live, and the ended ones that are still kept. What waits for a place is none yet. */
export const mesosTasks = remembered((engine): readonly MesosTask[] =>
  [...engine.views.instances.all()].flatMap((row) => mesosTasksOf(engine, row)),
);

/** The tasks of one instance: one, or of a pod one for each container. A deployment's one-off command is none that Mesos' clients know. */
export const mesosTasksOf = (engine: Engine, row: InstanceRow): readonly MesosTask[] => {
  const state = marathonState(row.state, row.exit).task;
  if (state === undefined || row.node === undefined || isHookApp(row.app)) return [];
  const { definition } = ofApp(engine, row);
  const whole = wholeTask(engine, row, definition, { state, agent: row.node });
  return isPod(definition) ? tasksOfPod(whole, row, definition) : [whole];
};

const wholeTask = (
  engine: Engine,
  row: InstanceRow,
  definition: AppDefinition | undefined,
  { state, agent }: Pick<MesosTask, 'state' | 'agent'>,
): MesosTask => {
  const { cpus, mem, disk, gpus } = definition ?? NOTHING;
  const image = definition === undefined ? undefined : imageOf(definition);
  const {
    name,
    taskId: [before, behind],
  } = ofApp(engine, row);
  return {
    id: before + row.id + behind,
    name,
    app: row.app,
    instance: row.id,
    state,
    ended: row.endedAt !== undefined,
    agent,
    resources: { cpus, mem, disk, gpus, ports: rangesOf(row.hostPorts) },
    hostPorts: row.hostPorts,
    role: definition?.role ?? '*',
    ...(definition?.user !== undefined && { user: definition.user }),
    labels: definition?.labels ?? {},
    statuses: statusesOf(row, state),
    addresses: row.ipAddresses.length === 0 ? ofNode(engine, row).addresses : ipAddressesOf(row.ipAddresses),
    ...(row.containerId !== undefined && { containerId: row.containerId }),
    ...(definition !== undefined && networkOf(definition)),
    portMappings: definition === undefined ? [] : mappedPorts(definition, row.hostPorts),
    discovery: { name, ports: definition === undefined ? [] : discoveryPorts(definition, row.hostPorts) },
    ...(image !== undefined && { image }),
    ...healthOf(row),
  };
};

/** Each container has its own share of what the whole has. */
const tasksOfPod = (whole: MesosTask, row: InstanceRow, definition: PodApp): readonly MesosTask[] => {
  let before = 0;
  return containerTasks(definition, row).map(({ name, taskId, ports }, index): MesosTask => {
    const container = definition.pod.containers[index] as PodContainer;
    const own = onlyEndpoints(definition, before, container.endpoints.length);
    before += container.endpoints.length;
    const known = row.containers?.find((each) => each.name === name);
    const user = container.user ?? whole.user;
    const { image: _, ...common } = whole;
    return {
      ...common,
      id: taskId,
      name,
      state: known?.exit === undefined ? whole.state : (marathonState(row.state, known.exit).task ?? whole.state),
      resources: { ...container.resources, ports: rangesOf(ports) },
      hostPorts: ports,
      ...(user !== undefined && { user }),
      labels: { ...whole.labels, ...container.labels },
      ...(known !== undefined && known.id !== '' && { containerId: known.id }),
      portMappings: mappedPorts(own, ports),
      discovery: { name: whole.discovery.name, ports: discoveryPorts(own, ports) },
      ...(container.image !== undefined && { image: container.image.id }),
    };
  });
};

const healthOf = ({ state }: InstanceRow): Pick<MesosTask, 'healthy'> =>
  state === 'running.checked.ready' ? { healthy: true } : state === 'running.checked.unhealthy' ? { healthy: false } : {};

export const statusesOf = ({ placedAt, startedAt, endedAt, since }: InstanceRow, state: string): readonly TaskStatus[] => {
  const isNews = state !== 'TASK_STAGING' && state !== 'TASK_RUNNING';
  const moments: readonly (readonly [string, Instant | undefined])[] = [
    ['TASK_STAGING', placedAt],
    ['TASK_RUNNING', startedAt],
    [state, isNews ? (endedAt ?? since) : undefined],
  ];
  return moments.flatMap(([each, at]) => (at === undefined ? [] : [{ state: each, at }]));
};

const networkOf = ({ networks }: AppDefinition): { readonly network?: string } => {
  const [first] = networks;
  return first?.mode === 'container' && first.name !== undefined ? { network: first.name } : {};
};
