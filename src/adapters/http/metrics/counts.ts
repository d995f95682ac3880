import { INSTANCE } from '../../../domain/instance/instance.facts.ts';
import { FAILURES } from '../../../domain/instance/instance.states.ts';
import { nounOf } from '../../../domain/kernel/ids.ts';
import type { StoredFact, Subscription } from '../../../domain/kernel/ports.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { marathonState, TASK_STATES } from '../marathon/taskStates.ts';

/** What has happened since this engine began to serve; Marathon's counters start at 0 with the process, too. */
export type Counts = {
  deployments: number;
  launched: number;
  /** Placements that were looked for, by what came of it. */
  placed: number;
  deferred: number;
  /** By Mesos state of a task, such as `TASK_RUNNING`. */
  readonly taskUpdates: Map<string, number>;
};

export const noCounts = (): Counts => ({
  deployments: 0,
  launched: 0,
  placed: 0,
  deferred: 0,
  taskUpdates: new Map(TASK_STATES.map((state) => [state, 0])),
});

/** Counts on with every fact. Facts are not decoded: a count must cost a busy engine nothing. */
export const countFacts = async ({ log }: Pick<Engine, 'log'>, counts: Counts): Promise<Subscription> =>
  log.subscribe(log.head(), (facts) => {
    for (const fact of facts) take(counts, fact);
  });

const take = (counts: Counts, { stream, type, data, meta }: StoredFact): void => {
  const name = type.slice(0, type.lastIndexOf('.'));
  // What moves one app for a plan is counted with the plan.
  if (name === 'PlanStarted' || (name === 'DeploymentBegan' && !isPartOfPlan(data))) counts.deployments += 1;
  if (nounOf(stream) !== INSTANCE) return;
  if (name === 'ContainerStarted') counts.launched += 1;
  if (name === 'InstancePlaced') counts.placed += 1;
  if (name === 'PlacementDeferred') counts.deferred += 1;
  if (!TELLS_OF_A_TASK.has(name)) return;
  const { task } = marathonState(meta.state, name === 'ContainerExited' ? { oom: false, exitCode: exitCodeIn(data) } : undefined);
  if (task !== undefined) counts.taskUpdates.set(task, (counts.taskUpdates.get(task) ?? 0) + 1);
};

/** Facts that move a task from one of Mesos' states to another. */
const TELLS_OF_A_TASK: ReadonlySet<string> = new Set([
  'InstancePlaced',
  'ContainerStarted',
  ...FAILURES,
  'InstanceStopRequested',
  'InstanceBecameUnreachable',
  'InstanceBecameReachable',
  'InstanceLost',
]);

const isPartOfPlan = (data: string): boolean => (JSON.parse(data) as { readonly partOf?: string }).partOf !== undefined;

const exitCodeIn = (data: string): number => (JSON.parse(data) as { readonly exitCode?: number }).exitCode ?? -1;
