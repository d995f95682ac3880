import { instanceIdOf } from '../../../domain/app/definition/taskIds.ts';
import { containerTasks } from '../../../domain/app/pod/containerTasks.ts';
import { isPod } from '../../../domain/app/pod/pod.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { messageOf } from './appJson.ts';
import { terminationOf } from './containerStatus.ts';
import { containerState, exitOfContainer } from './podTasks.ts';

/** Instances of a pod that had a place and have ended, the newest first; as many as are kept. */
export const terminationHistory = (engine: Engine, pod: string): readonly unknown[] =>
  engine.views.instances
    .endedOf(pod)
    .filter(({ placedAt }) => placedAt !== undefined)
    .map((row) => terminated(engine, row))
    .reverse();

const terminated = (engine: Engine, row: InstanceRow) => {
  const definition = engine.views.apps.definition(row.app, row.version);
  return {
    instanceID: instanceIdOf(row.app, row.id),
    // It stays mandatory for one that never ran; then the time stands when it was to be started.
    startedAt: isoInstant(row.startedAt ?? row.placedAt ?? row.requestedAt),
    terminatedAt: isoInstant(row.endedAt ?? row.since),
    message: row.stopReason ?? messageOf(row),
    containers: (isPod(definition) ? containerTasks(definition, row) : []).map(({ name, taskId }) => {
      const exit = exitOfContainer(row, name);
      return {
        containerId: taskId,
        lastKnownState: containerState(row, name) ?? 'TASK_UNKNOWN',
        ...(exit !== undefined && { termination: terminationOf(exit) }),
      };
    }),
  };
};
