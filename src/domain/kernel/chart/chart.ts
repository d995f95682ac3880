import type { AnyStateMachine } from 'xstate';
import type { Fact } from '../recorded.ts';
import type { Instant } from '../units.ts';
import { compileToTables, type Tables } from './compile.ts';
import { type Holds, holding } from './hold.ts';
import type { ChartState, Owed, TimerElapsed } from './state.ts';
import { tableFold } from './tableFold.ts';
import { xstateFold } from './xstateFold.ts';

/** The two ways to step a chart; both answer the same, which a test shows for every chart. */
export type Fold<C, F extends Fact> = {
  initial(): ChartState<C>;
  /** The state after `fact`, or undefined where the chart does not accept it. */
  step(state: ChartState<C>, fact: F | TimerElapsed, at: Instant): ChartState<C> | undefined;
};

/** A statechart over facts. The chart's definition is the only place that lists its transitions. */
export type Chart<C, F extends Fact> = Fold<C, F> & {
  /** `name.vN`: stored with the first fact of each stream it folds. */
  readonly id: string;
  readonly machine: AnyStateMachine;
  /** The facts between which all timers stand still. */
  readonly holds?: Holds;
  /** Tables, or XState itself with the reason why the compiler gave up. */
  readonly compiled: { readonly by: 'tables' } | { readonly by: 'xstate'; readonly reason: string };
  /** Fact types named anywhere in the chart, in the order of their first appearance. */
  readonly accepts: readonly string[];
  /** Leaf states by path, in document order. */
  readonly leaves: readonly string[];
  /** What this state wants to be true of the world: entry actions of all active nodes, params from the context alone. */
  owed(state: ChartState<C>): readonly Owed[];
  /** The kinds of effect owed, comma separated; empty at rest. */
  owes(state: ChartState<C>): string;
  /** Whether the stream may still owe something or change: false in a final state. */
  isFinal(state: ChartState<C>): boolean;
  /** What is known of a state by its recorded value alone, without its history; undefined for one that this chart does not have. */
  stateCalled(value: string): StateCalled | undefined;
};

/** A state by its name. */
export type StateCalled = {
  readonly isFinal: boolean;
  /** The kinds of effect that it owes. */
  readonly owes: readonly string[];
};

/**
 * Turns an XState machine into a chart.
 * @throws Error at once when the machine does what a domain chart may not: invoke, spawn, raise, exit actions, unnamed entry actions.
 * @param holds the facts between which all of its timers stand still
 */
export const chartOf = <C, F extends Fact>(machine: AnyStateMachine, holds?: Holds): Chart<C, F> => {
  const result = compileToTables(machine);
  const { tables } = result;
  const kinds = new Map<string, string>();
  const bare = result.fallback === undefined ? tableFold<C, F>(tables) : xstateFold<C, F>(machine, tables);
  const fold = holds === undefined ? bare : holding(bare, holds);
  return {
    id: machine.id,
    machine,
    ...(holds !== undefined && { holds }),
    compiled: result.fallback === undefined ? { by: 'tables' } : { by: 'xstate', reason: result.fallback },
    accepts: tables.accepts,
    leaves: tables.leaves,
    ...fold,
    owes: (state) => {
      let text = kinds.get(state.value);
      if (text === undefined) {
        text = state.active.flatMap(({ node }) => tables.nodes.get(node)?.owes.map(({ type }) => type) ?? []).join();
        kinds.set(state.value, text);
      }
      return text;
    },
    owed: (state) => owedBy(tables, state as ChartState<unknown>),
    isFinal: (state) => tables.nodes.get(state.active.at(0)?.node ?? '')?.final === true,
    stateCalled: (value) => stateCalled(tables, value),
  };
};

const stateCalled = ({ nodes, leaves }: Tables, value: string): StateCalled | undefined => {
  const active = leavesIn(value);
  if (active === undefined || active.length === 0 || active.some((leaf) => !leaves.includes(leaf))) return undefined;
  const paths = new Set(active.flatMap((leaf) => leaf.split('.').map((_, nth, names) => names.slice(0, nth + 1).join('.'))));
  return {
    // Only a node right below the root ends a stream.
    isFinal: active.every((leaf) => nodes.get(leaf)?.final === true && !leaf.includes('.')),
    owes: [...paths].flatMap((path) => nodes.get(path)?.owes.map(({ type }) => type) ?? []),
  };
};

/** The active leaves by a recorded value: itself, or those of XState's value of a chart with parallel regions. */
const leavesIn = (value: string): readonly string[] | undefined => {
  if (!value.startsWith('{')) return [value];
  try {
    return below(JSON.parse(value) as object, '');
  } catch {
    return undefined;
  }
};

const below = (value: object, path: string): readonly string[] =>
  Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' ? [`${path}${name}.${inner}`] : below(inner as object, `${path}${name}.`),
  );

const NOTHING: readonly Owed[] = [];

const owedBy = (tables: Tables, state: ChartState<unknown>): readonly Owed[] => {
  let owed: Owed[] | undefined;
  for (const { node, revision } of state.active) {
    for (const { type, params } of tables.nodes.get(node)?.owes ?? []) {
      owed ??= [];
      owed.push({ type, node, entryRevision: revision, params: params(state.context) });
    }
  }
  return owed ?? NOTHING;
};
