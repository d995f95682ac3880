import type { Instant } from '../../../../domain/kernel/units.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { InstanceRow, NodeRow } from '../../../../domain/ports/views.ts';
import { identityOf, type Leader } from '../cluster.ts';
import { type MesosAgent, mesosAgentOf, mesosAgents } from './agents.ts';
import { type TaskRows, taskRowsOf } from './taskRows.ts';
import { type MesosTask, mesosTasks, mesosTasksOf } from './tasks.ts';

/** The cluster at one position of the views, in Mesos' notions. */
export type Snapshot = {
  readonly clusterId: string;
  readonly frameworkId: string;
  readonly leader: Leader;
  readonly startedAt: Instant;
  readonly agents: readonly MesosAgent[];
  readonly tasks: readonly MesosTask[];
  /** The same before they are made. */
  readonly rows: TaskRows;
  readonly tasksOf: (row: InstanceRow) => readonly MesosTask[];
  readonly nodes: readonly NodeRow[];
  readonly agentOf: (row: NodeRow) => MesosAgent;
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
    get rows() {
      return taskRowsOf(engine);
    },
    get nodes() {
      return [...engine.views.nodes.all()];
    },
    tasksOf: (row) => mesosTasksOf(engine, row),
    agentOf: (row) => mesosAgentOf(engine, row),
  };
};

/** Tasks by where they stand in Mesos' answers: under way, out of sight, over. */
export const partsOf = (tasks: readonly MesosTask[]) => ({
  live: tasks.filter(({ ended, state }) => !ended && state !== 'TASK_UNREACHABLE'),
  unreachable: tasks.filter(({ ended, state }) => !ended && state === 'TASK_UNREACHABLE'),
  completed: tasks.filter(({ ended }) => ended),
});
