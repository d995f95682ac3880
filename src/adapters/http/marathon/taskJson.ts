import { isIPv4, isIPv6 } from 'node:net';
import { servicePortsOf } from '../../../domain/app/definition/servicePorts.ts';
import { instanceIdOf, parseInstanceId, parseTaskId, taskIdOf } from '../../../domain/app/definition/taskIds.ts';
import { containerTasks } from '../../../domain/app/pod/containerTasks.ts';
import { isPod } from '../../../domain/app/pod/pod.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { healthJson, healthOfContainer, healthResults } from './health.ts';
import { containerState } from './podTasks.ts';
import { marathonState } from './taskStates.ts';

export type TaskJson = Readonly<Record<string, unknown>> & { readonly id: string; readonly host: string; readonly state: string };

/** What a client means by the id of a task or of an instance, in any form that Marathon ever wrote; undefined for what is none. */
export const instanceIn = (id: string): string | undefined => (parseTaskId(id) ?? parseInstanceId(id))?.uuid;

/** Instances of an app that have a task: placed, neither ended nor forgotten. */
export const taskRows = ({ views }: Engine, app: string): readonly InstanceRow[] =>
  views.instances.ofApp(app).filter(({ state }) => state !== 'expunged' && marathonState(state).task !== undefined);

/** Where an instance's ports are reached; '' while its node is not in the pool. */
export const hostOf = ({ views }: Engine, { node }: Pick<InstanceRow, 'node'>): string =>
  node === undefined ? '' : (views.nodes.get(node)?.offer.address ?? '');

export const ipAddressesOf = (
  addresses: readonly string[],
): readonly { readonly ipAddress: string; readonly protocol: 'IPv4' | 'IPv6' }[] =>
  addresses.flatMap((ipAddress) =>
    isIPv4(ipAddress) || isIPv6(ipAddress) ? [{ ipAddress, protocol: isIPv4(ipAddress) ? ('IPv4' as const) : ('IPv6' as const) }] : [],
  );

/** The tasks of an instance: one, or of a pod one for each container. */
export const tasksJson = (engine: Engine, row: InstanceRow): readonly TaskJson[] => {
  const definition = engine.views.apps.definition(row.app, row.version);
  const task = taskJson(engine, row);
  if (!isPod(definition)) return [task];
  const { healthCheckResults: _, checkResult, ...common } = task;
  return containerTasks(definition, row).map(({ name, taskId, ports, servicePorts }) => {
    const health = healthOfContainer(engine, row, definition, name);
    return {
      ...common,
      id: taskId,
      ports,
      servicePorts,
      state: containerState(row, name) ?? task.state,
      ...(health !== undefined && { healthCheckResults: [healthJson(instanceIdOf(row.app, row.id), health)] }),
      ...(checkResult !== undefined && definition.check?.container === name && { checkResult }),
    };
  });
};

/** One task, as Marathon's API answers it. */
export const taskJson = (engine: Engine, row: InstanceRow): TaskJson => {
  const { views } = engine;
  const definition = views.apps.definition(row.app, row.version);
  const node = row.node === undefined ? undefined : views.nodes.get(row.node);
  const host = hostOf(engine, row);
  const instanceId = instanceIdOf(row.app, row.id);
  const health = healthResults(engine, row);
  const checkResult = engine.checkOf(row.id);
  return {
    id: taskIdOf(row.app, row.id),
    appId: row.app,
    host,
    ports: row.hostPorts,
    servicePorts: definition === undefined ? [] : servicePortsOf(definition),
    ipAddresses: ipAddressesOf(row.ipAddresses.length === 0 ? [host] : row.ipAddresses),
    ...(row.node !== undefined && { slaveId: row.node }),
    state: marathonState(row.state, row.exit).task ?? 'TASK_STAGING',
    ...(row.placedAt !== undefined && { stagedAt: isoInstant(row.placedAt) }),
    ...(row.startedAt !== undefined && { startedAt: isoInstant(row.startedAt) }),
    version: row.version,
    localVolumes: [],
    ...(health.length > 0 && { healthCheckResults: health.map((result) => healthJson(instanceId, result)) }),
    ...(checkResult !== undefined && { checkResult }),
    ...(node?.region !== undefined && { region: node.region }),
    ...(node?.zone !== undefined && { zone: node.zone }),
    ...(definition !== undefined && { role: definition.role }),
  };
};
