import { declaredPorts } from '../../../domain/app/definition/ports.ts';
import type { PodApp } from '../../../domain/app/pod/pod.ts';
import { containerTaskId, placedEndpoints } from '../../../domain/app/pod/podSpec.ts';
import type { Exit } from '../../../domain/ports/hosts.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { marathonState } from './taskStates.ts';

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

/** How one container of an instance ended, if it has. */
export const exitOfContainer = ({ containers }: InstanceRow, name: string): Exit | undefined =>
  containers?.find((container) => container.name === name)?.exit;

/** Mesos' state of the task of one container: its own when it has ended, whatever the others do, else that of the whole. */
export const containerState = (row: InstanceRow, name: string): string | undefined => {
  const own = exitOfContainer(row, name);
  if (own === undefined || row.state === 'killed') return marathonState(row.state, row.exit).task;
  return own.exitCode === 0 ? 'TASK_FINISHED' : 'TASK_FAILED';
};
