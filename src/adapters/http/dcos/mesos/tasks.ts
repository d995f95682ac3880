import { type AppDefinition, imageOf, type Labels } from '../../../../domain/app/definition/definition.ts';
import { declaredPorts } from '../../../../domain/app/definition/ports.ts';
import { taskIdOf } from '../../../../domain/app/definition/taskIds.ts';
import type { Instant } from '../../../../domain/kernel/units.ts';
import { type DiscoveryPort, discoveryName, discoveryPorts } from '../../../../domain/network/discovery.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../../domain/ports/views.ts';
import { hostOf, ipAddressesOf } from '../../marathon/taskJson.ts';
import { marathonState } from '../../marathon/taskStates.ts';
import { remembered } from '../remembered.ts';
import { rangesOf } from './ranges.ts';
import { type Amounts, NOTHING } from './resources.ts';

/** A task as Mesos would know it, in no wire's words yet. Of the environment nothing is here: it may hold secrets. */
export type MesosTask = {
  /** As in `/v2/tasks`. */
  readonly id: string;
  /** The app's path, reversed: `web.shop`. */
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
  readonly portMappings: readonly { readonly hostPort: number; readonly containerPort: number; readonly protocol: string }[];
  readonly ports: readonly DiscoveryPort[];
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

/** The tasks of one instance. */
export const mesosTasksOf = (engine: Engine, row: InstanceRow): readonly MesosTask[] => {
  const state = marathonState(row.state, row.exit).task;
  if (state === undefined || row.node === undefined) return [];
  const definition = engine.views.apps.definition(row.app, row.version);
  const host = hostOf(engine, row);
  const image = definition === undefined ? undefined : imageOf(definition);
  return [
    {
      id: taskIdOf(row.app, row.id),
      name: discoveryName(row.app),
      app: row.app,
      instance: row.id,
      state,
      ended: row.endedAt !== undefined,
      agent: row.node,
      resources: amountsOf(definition, row.hostPorts),
      hostPorts: row.hostPorts,
      role: definition?.role ?? '*',
      ...(definition?.user !== undefined && { user: definition.user }),
      labels: definition?.labels ?? {},
      statuses: statusesOf(row, state),
      addresses: ipAddressesOf(row.ipAddresses.length === 0 ? [host] : row.ipAddresses),
      ...(row.containerId !== undefined && { containerId: row.containerId }),
      ...(definition !== undefined && networkOf(definition)),
      portMappings: definition === undefined ? [] : mappingsOf(definition, row.hostPorts),
      ports: definition === undefined ? [] : discoveryPorts(definition, row.hostPorts),
      ...(image !== undefined && { image }),
      ...healthOf(row),
    },
  ];
};

const healthOf = ({ state }: InstanceRow): Pick<MesosTask, 'healthy'> =>
  state === 'running.checked.ready' ? { healthy: true } : state === 'running.checked.unhealthy' ? { healthy: false } : {};

const amountsOf = (definition: AppDefinition | undefined, hostPorts: readonly number[]): Amounts => {
  const { cpus, mem, disk, gpus } = definition ?? NOTHING;
  return { cpus, mem, disk, gpus, ports: rangesOf(hostPorts) };
};

const statusesOf = ({ placedAt, startedAt, endedAt }: InstanceRow, state: string): readonly TaskStatus[] => {
  const moments: readonly (readonly [string, Instant | undefined])[] = [
    ['TASK_STAGING', placedAt],
    ['TASK_RUNNING', startedAt],
    [state, endedAt],
  ];
  return moments.flatMap(([each, at]) => (at === undefined ? [] : [{ state: each, at }]));
};

const networkOf = ({ networks }: AppDefinition): { readonly network?: string } => {
  const [first] = networks;
  return first?.mode === 'container' && first.name !== undefined ? { network: first.name } : {};
};

const mappingsOf = (definition: AppDefinition, hostPorts: readonly number[]): MesosTask['portMappings'] => {
  const left = [...hostPorts];
  return declaredPorts(definition).flatMap(({ hostPort, containerPort, protocol }) => {
    const given = hostPort === undefined ? undefined : left.shift();
    if (given === undefined || containerPort === undefined) return [];
    // A container port of 0 is the host port.
    return protocol
      .split(',')
      .map((each) => ({ hostPort: given, containerPort: containerPort === 0 ? given : containerPort, protocol: each }));
  });
};
