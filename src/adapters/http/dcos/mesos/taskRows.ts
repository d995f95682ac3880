import { isPod } from '../../../../domain/app/pod/pod.ts';
import { isHookApp } from '../../../../domain/deployment/hookApp.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../../domain/ports/views.ts';
import { ofApp } from '../../marathon/shared.ts';
import { marathonState } from '../../marathon/taskStates.ts';
import { remembered } from '../remembered.ts';
import { rangesOf } from './ranges.ts';
import { type Amounts, NOTHING, sumOf } from './resources.ts';
import { mesosTasksOf } from './tasks.ts';

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

export type Counts = Readonly<Record<string, number>>;

const noCounts = (): Record<string, number> => Object.fromEntries(TASK_STATES.map((state) => [state, 0]));
export const NO_COUNTS: Counts = noCounts();

/** The instances that are tasks to Mesos' clients, by where they stand in its answers; and what can be told of all without making any task. */
export type TaskRows = {
  /** Under way. */
  readonly live: readonly InstanceRow[];
  /** Out of sight. */
  readonly unreachable: readonly InstanceRow[];
  /** Over. */
  readonly completed: readonly InstanceRow[];
  /** What those under way hold. */
  readonly used: Amounts;
  readonly counts: Counts;
  readonly countsOfAgent: ReadonlyMap<string, Counts>;
  /** Agents with a task that has not ended. */
  readonly holders: ReadonlySet<string>;
};

export const taskRowsOf = remembered((engine): TaskRows => {
  const live: InstanceRow[] = [];
  const unreachable: InstanceRow[] = [];
  const completed: InstanceRow[] = [];
  const used: Amounts[] = [];
  const counts = noCounts();
  const countsOfAgent = new Map<string, Record<string, number>>();
  const holders = new Set<string>();
  for (const row of engine.views.instances.all()) {
    const state = marathonState(row.state, row.exit).task;
    if (state === undefined || row.node === undefined || isHookApp(row.app)) continue;
    const isLive = row.endedAt === undefined && state !== 'TASK_UNREACHABLE';
    (isLive ? live : row.endedAt === undefined ? unreachable : completed).push(row);
    if (row.endedAt === undefined) holders.add(row.node);
    let ofAgent = countsOfAgent.get(row.node);
    if (ofAgent === undefined) {
      ofAgent = noCounts();
      countsOfAgent.set(row.node, ofAgent);
    }
    for (const each of partsOf(engine, row, state)) {
      if (isLive) used.push(each.resources);
      if (counts[each.state] === undefined) continue;
      counts[each.state] = (counts[each.state] ?? 0) + 1;
      ofAgent[each.state] = (ofAgent[each.state] ?? 0) + 1;
    }
  }
  return { live, unreachable, completed, used: sumOf(used), counts, countsOfAgent, holders };
});

/** One task, or of a pod each of them. */
const partsOf = (engine: Engine, row: InstanceRow, state: string): readonly { readonly state: string; readonly resources: Amounts }[] => {
  const { definition } = ofApp(engine, row);
  if (isPod(definition)) return mesosTasksOf(engine, row);
  const { cpus, mem, disk, gpus } = definition ?? NOTHING;
  return [{ state, resources: { cpus, mem, disk, gpus, ports: rangesOf(row.hostPorts) } }];
};
