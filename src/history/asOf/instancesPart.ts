import type { Tally } from '../../domain/deployment/deployment.facts.ts';
import type { InstanceRow, LaunchFailures } from '../../domain/ports/views.ts';
import type { AppInstances, Instances } from '../../projections/instances.ts';
import type { LazyMap } from './lazyMap.ts';

type Row = Instances['rows'] extends Map<string, infer R> ? R : never;

export type LazyInstances = {
  readonly rows: LazyMap<string, Row>;
  readonly apps: LazyMap<string, AppInstances>;
  readonly nodes: Map<string, Set<string>>;
};

/** What is counted of an app's instances, and what each of them is: most who ask want the first alone. */
export type InstancesText = { readonly counts: string; readonly rows: string };

type Counts = {
  readonly tallies: readonly (readonly [string, Tally])[];
  readonly failures: readonly (readonly [string, LaunchFailures])[];
  readonly forsaken: number;
  readonly came: number;
};
type Rows = {
  readonly live: readonly InstanceRow[];
  readonly ended: readonly InstanceRow[];
  /** Where each came, live ones first. */
  readonly came: readonly number[];
  readonly slots: readonly (readonly [string, readonly (readonly [number, number])[]])[];
  readonly attempts: readonly (readonly [string, number])[];
};

export const instancesTextOf = ({ rows, apps }: LazyInstances, id: string): InstancesText | undefined => {
  const app = apps.get(id);
  if (app === undefined) return undefined;
  const { tallies, failures, forsaken, live, ended, slots, attempts } = app;
  const counts: Counts = { tallies: [...tallies], failures: [...failures], forsaken, came: apps.cameAt(id) };
  const all = [...live.values(), ...ended];
  const each: Rows = {
    live: [...live.values()],
    ended,
    came: all.map((row) => rows.cameAt(row.id)),
    slots: [...slots].map(([version, held]) => [version, [...held]]),
    attempts: [...attempts],
  };
  return { counts: JSON.stringify(counts), rows: JSON.stringify(each) };
};

/** An app's instances whose rows are read when somebody wants them. */
export const restoreInstances = (instances: LazyInstances, id: string, counts: string, rowsText: () => string): void => {
  const { tallies, failures, forsaken, came } = JSON.parse(counts) as Counts;
  let opened: Pick<AppInstances, 'live' | 'ended' | 'slots' | 'attempts'> | undefined;
  const open = () => {
    opened ??= restoreRows(instances, JSON.parse(rowsText()) as Rows);
    return opened;
  };
  const app: AppInstances = {
    tallies: new Map(tallies),
    failures: new Map(failures),
    forsaken,
    get live() {
      return open().live;
    },
    get ended() {
      return open().ended;
    },
    get slots() {
      return open().slots;
    },
    get attempts() {
      return open().attempts;
    },
  };
  instances.apps.restore(id, app, came);
};

const restoreRows = (instances: LazyInstances, { live, ended, came, slots, attempts }: Rows) => {
  for (const [nth, row] of [...live, ...ended].entries()) instances.rows.restore(row.id, row, came[nth] ?? 0);
  for (const { id, node } of live) {
    if (node === undefined) continue;
    const there = instances.nodes.get(node);
    if (there === undefined) instances.nodes.set(node, new Set([id]));
    else there.add(id);
  }
  return {
    live: new Map(live.map((row) => [row.id, row])),
    ended: [...ended],
    slots: new Map(slots.map(([version, held]) => [version, new Map(held)])),
    attempts: new Map(attempts),
  };
};
