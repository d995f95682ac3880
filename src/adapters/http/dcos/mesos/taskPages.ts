import { isPod } from '../../../../domain/app/pod/pod.ts';
import { isHookApp } from '../../../../domain/deployment/hookApp.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../../domain/ports/views.ts';
import { LongList } from '../../longList.ts';
import { ofApp } from '../../marathon/shared.ts';
import { instanceIn } from '../../marathon/taskJson.ts';
import { marathonState } from '../../marathon/taskStates.ts';
import { type MesosTask, mesosTasksOf, statusesOf } from './tasks.ts';

export type Page = {
  /** Tasks that are left out before the first. */
  readonly offset: number;
  readonly limit: number;
  /** 1: what changed last comes last; -1: first. */
  readonly order: number;
  /** Only this one. */
  readonly task?: string;
};

/** Of the tasks of one instance. */
type Part = { readonly row: InstanceRow; readonly from: number; readonly to: number };

/** Tasks by the time of their last change, in pages; only those of the page are made. */
export const pageOf = <Json>(engine: Engine, { offset, limit, order, task }: Page, json: (task: MesosTask) => Json): LongList<Part> => {
  const rows = task === undefined ? [...engine.views.instances.all()].filter(isTask) : rowOf(engine, task).filter(isTask);
  const isAsked = ({ id }: MesosTask): boolean => task === undefined || id === task;
  const wanted: Part[] = [];
  let at = 0;
  for (const row of byLastChange(rows, order)) {
    if (at >= offset + limit) break;
    const count = task === undefined ? tasksIn(engine, row) : 1;
    const [from, to] = [Math.max(0, offset - at), Math.min(count, offset + limit - at)];
    if (from < to) wanted.push({ row, from, to });
    at += count;
  }
  return new LongList(wanted, ({ row, from, to }) => mesosTasksOf(engine, row).filter(isAsked).slice(from, to).map(json));
};

const isTask = ({ state, exit, node, app }: InstanceRow): boolean =>
  node !== undefined && marathonState(state, exit).task !== undefined && !isHookApp(app);

const rowOf = ({ views: { instances } }: Engine, task: string): readonly InstanceRow[] => {
  const id = instanceIn(task);
  return id === undefined ? [] : [instances.get(id) ?? []].flat();
};

const tasksIn = (engine: Engine, row: InstanceRow): number => {
  const { definition } = ofApp(engine, row);
  return isPod(definition) ? definition.pod.containers.length : 1;
};

const lastChange = (row: InstanceRow): number => statusesOf(row, marathonState(row.state, row.exit).task ?? '').at(-1)?.at ?? 0;

/** Those of one moment stay in their order. By the moments there are, for numbers sort several times faster than rows. */
function* byLastChange(rows: readonly InstanceRow[], order: number): Generator<InstanceRow, void> {
  const of = Map.groupBy(rows, lastChange);
  const moments = Float64Array.from(of.keys()).sort();
  for (const moment of order === 1 ? moments : moments.toReversed()) yield* of.get(moment) ?? [];
}
