import type { InstanceRow } from '../../ports/views.ts';
import type { AppDefinition } from '../definition/definition.ts';
import { declaredPorts } from '../definition/ports.ts';
import type { PodApp } from './pod.ts';
import { containerTaskId, placedEndpoints } from './podSpec.ts';

/** One container of one instance of a pod, as the task that it is for Marathon's clients. */
export type ContainerTask = {
  readonly name: string;
  readonly taskId: string;
  readonly endpoints: readonly { readonly name: string; readonly allocatedHostPort?: number }[];
  /** Of its endpoints that have one on the host. */
  readonly ports: readonly number[];
  readonly servicePorts: readonly number[];
};

export const containerTasks = (
  definition: PodApp,
  { app, id, hostPorts }: Pick<InstanceRow, 'app' | 'id' | 'hostPorts'>,
): readonly ContainerTask[] => {
  const placed = placedEndpoints(definition, hostPorts);
  const declared = declaredPorts(definition);
  let next = 0;
  return definition.pod.containers.map(({ name, endpoints }) => {
    const own = endpoints.map((endpoint) => ({ endpoint, at: next++ }));
    return {
      name,
      taskId: containerTaskId(app, id, name),
      endpoints: own.map(({ endpoint, at }) => {
        const port = placed[at]?.hostPort;
        return { name: endpoint.name, ...(port !== undefined && { allocatedHostPort: port }) };
      }),
      ports: own.flatMap(({ at }) => placed[at]?.hostPort ?? []),
      servicePorts: own.flatMap(({ at }) => declared[at]?.servicePort ?? []),
    };
  });
};

/** The pod as if it had some of its endpoints only: those of one container. */
export const onlyEndpoints = (definition: PodApp, from: number, count: number): AppDefinition => {
  const { container } = definition;
  if (container?.portMappings === undefined) return definition;
  return { ...definition, container: { ...container, portMappings: container.portMappings.slice(from, from + count) } };
};
