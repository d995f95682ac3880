import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { taskIdOf } from '../domain/app/definition/taskIds.ts';
import { containerTasks, onlyEndpoints } from '../domain/app/pod/containerTasks.ts';
import { isPod, type PodApp } from '../domain/app/pod/pod.ts';
import { discoveryName, discoveryPorts } from '../domain/network/discovery.ts';
import type { NamedTask } from '../domain/network/mesosDns.ts';
import type { InstanceRow, NodeRow } from '../domain/ports/views.ts';

/** What names are made of: an instance with its place, or each container of a pod that has not ended. */
export const namedTasksOf = (row: InstanceRow, definition: AppDefinition | undefined, node: NodeRow): readonly NamedTask[] => {
  const { address } = node.offer;
  const whole: NamedTask = {
    id: taskIdOf(row.app, row.id),
    name: discoveryName(row.app),
    app: row.app,
    node: node.id,
    nodeAddress: address,
    addresses: row.ipAddresses.length === 0 ? [address] : row.ipAddresses,
    hostPorts: row.hostPorts,
    ports: definition === undefined ? [] : discoveryPorts(definition, row.hostPorts),
  };
  return isPod(definition) ? containersOf(whole, row, definition) : [whole];
};

const containersOf = (whole: NamedTask, row: InstanceRow, definition: PodApp): readonly NamedTask[] => {
  let before = 0;
  return containerTasks(definition, row).flatMap(({ name, taskId, ports }, index) => {
    const count = definition.pod.containers[index]?.endpoints.length ?? 0;
    const own = onlyEndpoints(definition, before, count);
    before += count;
    if (row.containers?.some((each) => each.name === name && each.exit !== undefined)) return [];
    return [{ ...whole, id: taskId, name, hostPorts: ports, ports: discoveryPorts(own, ports) }];
  });
};
