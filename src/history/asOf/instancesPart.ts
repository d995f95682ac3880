import type { Tally } from '../../domain/deployment/deployment.facts.ts';
import type { InstanceRow, LaunchFailures } from '../../domain/ports/views.ts';
import type { AppInstances, Instances, NodeHolding } from '../../projections/instances.ts';
import { SlotCounts } from '../../projections/slotCounts.ts';
import type { LazyMap } from './lazyMap.ts';

type Row = Instances['rows'] extends Map<string, infer R> ? R : never;

export type LazyInstances = {
  readonly rows: LazyMap<string, Row>;
  readonly apps: LazyMap<string, AppInstances>;
  readonly nodes: Map<string, Set<string>>;
};

/** What is counted of an app's instances, what each of them is, and what those were that ended: most who ask want the first alone. */
export type InstancesText = { readonly counts: string; readonly rows: string; readonly ended: string; readonly held: string };

type Counts = {
  readonly tallies: readonly (readonly [string, Tally])[];
  readonly failures: readonly (readonly [string, LaunchFailures])[];
  readonly forsaken: number;
  readonly states: readonly (readonly [string, readonly (readonly [string, number])[]])[];
  readonly came: number;
};
/** With where each came. */
type Each = { readonly rows: readonly InstanceRow[]; readonly came: readonly number[] };
type Rows = {
  readonly live: Each;
  readonly slots: readonly (readonly [string, readonly (readonly [number, number])[]])[];
  readonly attempts: readonly (readonly [string, readonly number[]])[];
};

export const instancesTextOf = ({ rows, apps }: LazyInstances, id: string): InstancesText | undefined => {
  const app = apps.get(id);
  if (app === undefined) return undefined;
  const { tallies, failures, forsaken, states, live, ended, slots, attempts, holdings } = app;
  const counts: Counts = { tallies: [...tallies], failures: [...failures], forsaken, states: nestedOf(states), came: apps.cameAt(id) };
  const eachOf = (all: readonly InstanceRow[]): Each => ({ rows: all, came: all.map((row) => rows.cameAt(row.id)) });
  const each: Rows = {
    live: eachOf([...live.values()]),
    slots: [...slots].map(([version, held]) => [version, [...held]]),
    attempts: [...attempts],
  };
  return {
    counts: JSON.stringify(counts),
    rows: JSON.stringify(each),
    ended: JSON.stringify(eachOf(ended)),
    held: JSON.stringify(nestedOf(holdings)),
  };
};

/** An app's instances whose rows are read when somebody wants them. */
export const restoreInstances = (
  instances: LazyInstances,
  id: string,
  counts: string,
  texts: { readonly [K in 'rows' | 'ended' | 'held']: () => string },
): void => {
  const { tallies, failures, forsaken, states, came } = JSON.parse(counts) as Counts;
  const open = once(() => restoreRows(instances, JSON.parse(texts.rows()) as Rows));
  const ended = once(() => {
    const each = JSON.parse(texts.ended()) as Each;
    restoreEach(instances, each);
    return [...each.rows];
  });
  const held = once(() => mapsOf(JSON.parse(texts.held()) as Nested<NodeHolding>));
  const app: AppInstances = {
    tallies: new Map(tallies),
    failures: new Map(failures),
    states: mapsOf(states),
    forsaken,
    get holdings() {
      return held();
    },
    get live() {
      return open().live;
    },
    get ended() {
      return ended();
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

type Nested<V> = readonly (readonly [string, readonly (readonly [string, V])[]])[];

const nestedOf = <V>(maps: ReadonlyMap<string, ReadonlyMap<string, V>>): Nested<V> => [...maps].map(([key, inner]) => [key, [...inner]]);

const mapsOf = <V>(nested: Nested<V>): Map<string, Map<string, V>> => new Map(nested.map(([key, inner]) => [key, new Map(inner)]));

const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const restoreEach = (instances: LazyInstances, { rows, came }: Each): void => {
  for (const [nth, row] of rows.entries()) instances.rows.restore(row.id, row, came[nth] ?? 0);
};

const restoreRows = (instances: LazyInstances, { live, slots, attempts }: Rows) => {
  restoreEach(instances, live);
  for (const { id, node } of live.rows) {
    if (node === undefined) continue;
    const there = instances.nodes.get(node);
    if (there === undefined) instances.nodes.set(node, new Set([id]));
    else there.add(id);
  }
  return {
    live: new Map(live.rows.map((row) => [row.id, row])),
    slots: new Map(slots.map(([version, held]) => [version, SlotCounts.of(held)])),
    attempts: new Map(attempts.map(([version, made]) => [version, [...made]])),
  };
};
