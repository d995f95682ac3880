import { type ContainerTask, containerTasks } from '../../../domain/app/pod/containerTasks.ts';
import type { PodApp, PodContainer, PodResources } from '../../../domain/app/pod/pod.ts';
import { phaseOf } from '../../../domain/instance/instance.states.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { CheckResult, Engine } from '../../../domain/ports/engine.ts';
import type { Exit } from '../../../domain/ports/hosts.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { healthOfContainer } from './health.ts';
import { containerState, exitOfContainer } from './podTasks.ts';

export type Condition = {
  readonly name: string;
  readonly value: string;
  readonly lastChanged: string;
  readonly lastUpdated: string;
  readonly reason: string;
};

export type ContainerStatus = {
  readonly name: string;
  readonly status: string;
  readonly statusSince: string;
  readonly conditions: readonly Condition[];
  readonly containerId: string;
  readonly endpoints: readonly (ContainerTask['endpoints'][number] & { readonly healthy?: boolean })[];
  readonly resources?: PodResources;
  readonly termination?: Termination;
  /** Ours, where Marathon dropped a container's `check`: its last answer. */
  readonly checkResult?: CheckResult;
  readonly lastUpdated: string;
  readonly lastChanged: string;
};

export type Termination = { readonly exitCode?: number; readonly message: string };

/** Each container of an instance: in its own state where it has ended, else in that of the whole. */
export const containerStatuses = (engine: Engine, row: InstanceRow, definition: PodApp): readonly ContainerStatus[] => {
  return containerTasks(definition, row).map(({ name, taskId, endpoints }, index) => {
    const { resources, healthCheck } = definition.pod.containers[index] as PodContainer;
    const exit = exitOfContainer(row, name);
    const since = isoInstant(exit?.at ?? row.since);
    const isActive = exit === undefined && !['ended', 'forsaken'].includes(phaseOf(row.state));
    const isAsked = healthCheck !== undefined && exit === undefined && row.startedAt !== undefined;
    const healthy = healthOfContainer(engine, row, definition, name)?.alive;
    const check = definition.check?.container === name ? engine.checkOf(row.id) : undefined;
    const checked = healthCheck?.http?.endpoint ?? healthCheck?.tcp?.endpoint;
    return {
      name,
      status: containerState(row, name) ?? 'TASK_STAGING',
      statusSince: since,
      conditions: isAsked ? [healthCondition(healthy, since)] : [],
      containerId: taskId,
      endpoints: isActive
        ? endpoints.map((endpoint) => ({ ...endpoint, ...(endpoint.name === checked && healthy !== undefined && { healthy }) }))
        : [],
      ...(isActive && { resources }),
      ...(exit !== undefined && { termination: terminationOf(exit) }),
      ...(check !== undefined && { checkResult: check }),
      lastUpdated: since,
      lastChanged: since,
    };
  });
};

/** Marathon's words, whoever probes. */
const healthCondition = (healthy: boolean | undefined, since: string): Condition => ({
  name: 'healthy',
  value: String(healthy ?? false),
  reason: healthy === undefined ? 'health-unreported-by-mesos' : 'health-reported-by-mesos',
  lastChanged: since,
  lastUpdated: since,
});

export const terminationOf = ({ exitCode, signal, oom }: Exit): Termination => ({
  ...(exitCode !== undefined && { exitCode }),
  message: oom ? 'Out of memory' : signal === undefined ? `Exited with status ${exitCode ?? 0}` : `Ended by ${signal}`,
});
