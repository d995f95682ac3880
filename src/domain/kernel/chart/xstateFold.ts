import { type AnyMachineSnapshot, type AnyStateMachine, type AnyStateNode, initialTransition, transition } from 'xstate';
import type { Fact } from '../recorded.ts';
import type { Fold } from './chart.ts';
import { type Definition, domainOf, isBelow, pathOf, type Tables } from './compile.ts';
import type { ActiveNode, ChartState, TimerElapsed } from './state.ts';
import { timersFrom } from './tableFold.ts';

/** Steps a chart by XState's own pure `transition`: what the tables are tested against, and what runs a chart they cannot express. */
export const xstateFold = <C, F extends Fact>(machine: AnyStateMachine, tables: Tables): Fold<C, F> => {
  const stateOf = (
    before: ChartState<C> | undefined,
    snapshot: AnyMachineSnapshot,
    entered: ReadonlySet<string>,
    fact: unknown,
    at: number,
  ): ChartState<C> => {
    const revision = before === undefined ? -1 : before.revision + 1;
    const kept = new Map(before?.active.map((active) => [active.node, active]));
    const active = nodesOf(snapshot)
      .map(pathOf)
      .map((path): ActiveNode => {
        const stays = kept.get(path);
        if (stays !== undefined && !entered.has(path)) return stays;
        const timers = timersFrom(tables.nodes.get(path)?.timers ?? [], at, snapshot.context, fact);
        return { node: path, revision, timers };
      });
    const history = historyOf(snapshot);
    return { value: textOf(snapshot), context: snapshot.context as C, active, revision, at, ...(history && { history }) };
  };
  return {
    initial: () => {
      const [snapshot] = initialTransition(machine);
      return stateOf(undefined, snapshot as AnyMachineSnapshot, new Set(), undefined, 0);
    },
    step: (state, fact, at) => {
      const event = fact.type === 'TimerElapsed' ? xstateTimer(machine, state, fact as TimerElapsed) : fact;
      if (event === undefined) return undefined;
      const before = machine.resolveState({
        value: stateValueOf(state.value),
        context: state.context,
        historyValue: historyNodes(machine, state),
      } as never) as AnyMachineSnapshot;
      if (!before.can(event as never)) return undefined;
      const [after] = transition(machine, before, event as never);
      return stateOf(state, after as AnyMachineSnapshot, enteredNodes(machine, before, after as AnyMachineSnapshot, event), fact, at);
    },
  };
};

const nodesOf = (snapshot: AnyMachineSnapshot): AnyStateNode[] =>
  (snapshot as unknown as { _nodes: readonly AnyStateNode[] })._nodes
    .filter((node) => node.parent !== undefined)
    .sort((a, b) => a.order - b.order);

/** What XState's history states remember, as paths in place of nodes, so that it can be stored. */
const historyOf = ({ historyValue }: AnyMachineSnapshot): ChartState<unknown>['history'] => {
  const entries = Object.entries(historyValue as Readonly<Record<string, readonly AnyStateNode[]>>);
  return entries.length === 0 ? undefined : Object.fromEntries(entries.map(([id, nodes]) => [id, nodes.map(pathOf)]));
};

const historyNodes = (machine: AnyStateMachine, { history = {} }: ChartState<unknown>) =>
  Object.fromEntries(Object.entries(history).map(([id, paths]) => [id, paths.map((path) => nodeAt(machine, path))]));

/** By path and not by id: XState's `getStateNodeById` takes the dot of `name.v1` for a separator. */
const nodeAt = (machine: AnyStateMachine, path: string): AnyStateNode =>
  path.split('.').reduce<AnyStateNode>((node, key) => (node.states as Record<string, AnyStateNode>)[key] ?? node, machine.root);

/** A single region is its leaf's path; parallel regions keep XState's value as JSON text. */
const textOf = (snapshot: AnyMachineSnapshot): string => {
  const parts: string[] = [];
  let value = snapshot.value as string | Record<string, unknown>;
  while (typeof value !== 'string') {
    const keys = Object.keys(value);
    if (keys.length !== 1) return JSON.stringify(snapshot.value);
    parts.push(keys[0] as string);
    value = value[keys[0] as string] as string | Record<string, unknown>;
  }
  return [...parts, value].join('.');
};

const stateValueOf = (text: string): unknown => {
  if (text.startsWith('{')) return JSON.parse(text);
  const parts = text.split('.');
  return parts.reduceRight<unknown>((inner, part) => (inner === undefined ? part : { [part]: inner }), undefined);
};

const xstateTimer = (machine: AnyStateMachine, state: ChartState<unknown>, { node, entryRevision, timer }: TimerElapsed) => {
  const isActive = state.active.some((active) => active.node === node && active.revision === entryRevision);
  return isActive ? { type: `xstate.after.${timer}.${nodeAt(machine, node).id}` } : undefined;
};

/** Nodes (re-)entered by this step: all below the domain of a transition taken, and whatever was not active before. */
const enteredNodes = (
  machine: AnyStateMachine,
  before: AnyMachineSnapshot,
  after: AnyMachineSnapshot,
  event: unknown,
): ReadonlySet<string> => {
  const was = new Set(nodesOf(before));
  const taken = machine.getTransitionData(before as never, event as never) as unknown as readonly Definition[];
  const domains = taken.flatMap(({ target, source, reenter }) => (target ?? []).map((node) => domainOf({ source, reenter }, node)));
  return new Set(
    nodesOf(after)
      .filter((node) => !was.has(node) || domains.some((domain) => isBelow(domain, node)))
      .map(pathOf),
  );
};
