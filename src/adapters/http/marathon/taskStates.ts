import type { InstanceRow } from '../../../domain/ports/views.ts';

/** How Marathon names a state: the condition of an instance, and the Mesos state of its task where it has one already. */
export type MarathonState = { readonly condition: string; readonly task?: string };

/** Every state of the instance chart; a test compares both. A condition of `Scheduled` has no task yet. */
const STATES: Readonly<Record<string, MarathonState>> = {
  absent: { condition: 'Unknown' },
  waiting: { condition: 'Scheduled' },
  requested: { condition: 'Scheduled' },
  nominated: { condition: 'Scheduled' },
  starting: { condition: 'Staging', task: 'TASK_STAGING' },
  'running.unchecked': { condition: 'Running', task: 'TASK_RUNNING' },
  'running.checked.settling': { condition: 'Running', task: 'TASK_RUNNING' },
  'running.checked.ready': { condition: 'Running', task: 'TASK_RUNNING' },
  'running.checked.unhealthy': { condition: 'Running', task: 'TASK_RUNNING' },
  draining: { condition: 'Killing', task: 'TASK_KILLING' },
  stopping: { condition: 'Killing', task: 'TASK_KILLING' },
  'unreachable.held': { condition: 'Unreachable', task: 'TASK_UNREACHABLE' },
  'unreachable.recent': { condition: 'Unreachable', task: 'TASK_UNREACHABLE' },
  'unreachable.inactive': { condition: 'UnreachableInactive', task: 'TASK_UNREACHABLE' },
  'unreachable.doomed': { condition: 'UnreachableInactive', task: 'TASK_UNREACHABLE' },
  expunged: { condition: 'Unknown', task: 'TASK_UNKNOWN' },
  cancelled: { condition: 'Killed' },
  failed: { condition: 'Failed', task: 'TASK_FAILED' },
  exited: { condition: 'Failed', task: 'TASK_FAILED' },
  killed: { condition: 'Killed', task: 'TASK_KILLED' },
  lost: { condition: 'Gone', task: 'TASK_LOST' },
};

const FINISHED: MarathonState = { condition: 'Finished', task: 'TASK_FINISHED' };

/** Mesos' states that a task is ever told to be in. */
export const TASK_STATES: readonly string[] = [...new Set([...Object.values(STATES), FINISHED].flatMap(({ task }) => task ?? []))].sort();

export const KNOWN_STATES: readonly string[] = Object.keys(STATES);

/**
 * @param exit how it ended: exit code 0 tells finished from failed.
 * @throws Error for a state that the table does not know.
 */
export const marathonState = (state: string, exit?: InstanceRow['exit']): MarathonState => {
  if (state === 'exited' && exit?.exitCode === 0) return FINISHED;
  const known = STATES[state];
  if (known === undefined) throw new Error(`unknown instance state '${state}'`);
  return known;
};
