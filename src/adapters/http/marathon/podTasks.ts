import type { Exit } from '../../../domain/ports/hosts.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';
import { marathonState } from './taskStates.ts';

/** How one container of an instance ended, if it has. */
export const exitOfContainer = ({ containers }: InstanceRow, name: string): Exit | undefined =>
  containers?.find((container) => container.name === name)?.exit;

/** Mesos' state of the task of one container: its own when it has ended, whatever the others do, else that of the whole. */
export const containerState = (row: InstanceRow, name: string): string | undefined => {
  const own = exitOfContainer(row, name);
  if (own === undefined || row.state === 'killed') return marathonState(row.state, row.exit).task;
  return own.exitCode === 0 ? 'TASK_FINISHED' : 'TASK_FAILED';
};
