import type { Instant } from '../../../../domain/kernel/units.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import { identityOf, type Leader } from '../cluster.ts';
import { type MesosAgent, mesosAgents } from './agents.ts';
import { type MesosTask, mesosTasks } from './tasks.ts';

/** The cluster at one position of the views, in Mesos' notions. */
export type Snapshot = {
  readonly clusterId: string;
  readonly frameworkId: string;
  readonly leader: Leader;
  readonly startedAt: Instant;
  readonly agents: readonly MesosAgent[];
  readonly tasks: readonly MesosTask[];
};

export const snapshotOf = async (engine: Engine, leader: Leader): Promise<Snapshot> => {
  return {
    ...(await identityOf(engine)),
    leader,
    startedAt: engine.startedAt,
    // Each is made only where it is asked for.
    get agents() {
      return mesosAgents(engine);
    },
    get tasks() {
      return mesosTasks(engine);
    },
  };
};

/** States in which a Mesos task may be; those that are counted per agent and per framework. */
export const TASK_STATES = [
  'TASK_STAGING',
  'TASK_STARTING',
  'TASK_RUNNING',
  'TASK_KILLING',
  'TASK_FINISHED',
  'TASK_KILLED',
  'TASK_FAILED',
  'TASK_LOST',
  'TASK_ERROR',
  'TASK_UNREACHABLE',
] as const;

export const countsOf = (tasks: readonly MesosTask[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = Object.fromEntries(TASK_STATES.map((state) => [state, 0]));
  for (const { state } of tasks) if (counts[state] !== undefined) counts[state] += 1;
  return counts;
};

/** Tasks by where they stand in Mesos' answers: under way, out of sight, over. */
export const partsOf = (tasks: readonly MesosTask[]) => ({
  live: tasks.filter(({ ended, state }) => !ended && state !== 'TASK_UNREACHABLE'),
  unreachable: tasks.filter(({ ended, state }) => !ended && state === 'TASK_UNREACHABLE'),
  completed: tasks.filter(({ ended }) => ended),
});

export const byAgent = (tasks: readonly MesosTask[]): ReadonlyMap<string, readonly MesosTask[]> => Map.groupBy(tasks, ({ agent }) => agent);
