import type { AnyStateMachine, AnyStateNode } from 'xstate';

/* What XState keeps inside a machine, as far as the compiler reads it. */
type Assignment = ((args: Scope, params: unknown) => object) | Record<string, unknown>;
type Scope = { readonly context: unknown; readonly event: unknown };
type BuiltIn = { readonly type: string; readonly assignment?: Assignment; readonly check?: unknown };
type Named = { readonly type: string; readonly params?: unknown };
export type Definition = {
  readonly target?: readonly AnyStateNode[];
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly source: AnyStateNode;
  readonly reenter: boolean;
};

export type NodeTable = {
  readonly path: string;
  readonly final: boolean;
  readonly owes: readonly { readonly type: string; readonly params: (context: unknown) => Readonly<Record<string, unknown>> }[];
  readonly timers: readonly { readonly key: string; readonly delay: (context: unknown, event: unknown) => number }[];
};

export type Step = {
  /** XState's empty transition: it forbids the event here, whatever an outer node would do. */
  readonly forbidden?: true;
  readonly guard?: (context: unknown, event: unknown) => boolean;
  readonly assign?: (context: unknown, event: unknown) => unknown;
  /** The leaf after the step, or undefined when the configuration stays as it is. */
  readonly leaf?: string;
  /** How many outer active nodes stay entered. */
  readonly keep: number;
  /** Paths of the nodes entered, from the outside in. */
  readonly enter: readonly string[];
};

export type Tables = {
  readonly nodes: ReadonlyMap<string, NodeTable>;
  /** leaf → event type → candidates in XState's order: innermost first, then document order. */
  readonly steps: ReadonlyMap<string, ReadonlyMap<string, readonly Step[]>>;
  readonly accepts: readonly string[];
  readonly leaves: readonly string[];
  readonly start: readonly string[];
  readonly context: () => unknown;
};

/** Event key under which the tables keep the transitions of a timer. */
export const timerEvent = (node: string, key: string): string => `after ${key} @${node}`;

export const pathOf = (node: AnyStateNode): string => node.path.join('.');

class Unknown extends Error {}

/** Compiles to tables what it knows; `fallback` names what it does not, and then only `nodes`, `accepts` and `leaves` are filled. */
export const compileToTables = (machine: AnyStateMachine): { readonly tables: Tables; readonly fallback?: string } => {
  const all = descendants(machine.root);
  for (const node of [machine.root, ...all]) refuseWhatActs(machine, node);
  const nodes = new Map(all.map((node) => [pathOf(node), nodeTable(machine, node)]));
  const leafNodes = all.filter((node) => node.type === 'atomic' || node.type === 'final');
  const common = {
    nodes,
    accepts: acceptedFacts([machine.root, ...all]),
    leaves: leafNodes.map(pathOf),
    context: () => initialContext(machine),
  };
  try {
    for (const node of [machine.root, ...all]) refuseWhatTablesLack(node);
    const steps = new Map(leafNodes.map((leaf) => [pathOf(leaf), stepsFrom(machine, leaf)]));
    return { tables: { ...common, steps, start: initialPath(machine.root).map(pathOf) } };
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    return { tables: { ...common, steps: new Map(), start: [] }, fallback: error.message };
  }
};

const descendants = (node: AnyStateNode): AnyStateNode[] =>
  Object.values(node.states as Record<string, AnyStateNode>).flatMap((child) => [child, ...descendants(child)]);

/** A domain chart is a fold: whatever acts, spawns or raises while stepping has no place in it. */
const refuseWhatActs = (machine: AnyStateMachine, node: AnyStateNode): void => {
  const where = `${machine.id}: state '${pathOf(node)}'`;
  if (node.invoke.length > 0) throw new Error(`${where} has invoke; a state owes by a named entry action instead`);
  for (const action of node.exit as readonly unknown[]) {
    if (!isOfTimer(node, action, 'xstate.cancel')) throw new Error(`${where} has an exit action; leaving a state owes nothing`);
  }
  for (const action of node.entry as readonly unknown[]) {
    if (isOfTimer(node, action, 'xstate.raise')) continue;
    if (typeof action === 'function') throw new Error(`${where} has an unnamed entry action; name it in setup() and give it params`);
    const { type } = (typeof action === 'string' ? { type: action } : action) as Named;
    const body = (machine.implementations.actions as Record<string, BuiltIn | undefined>)[type];
    if (body?.type?.startsWith('xstate.') === true)
      throw new Error(
        `${where} owes '${type}', which is ${body.type.replace('xstate.', '')}; only transitions may assign, and nothing may act`,
      );
  }
  const taken = [...node.transitions.values(), node.always ?? []] as unknown as readonly (readonly Definition[])[];
  for (const { actions } of taken.flat()) assignOf(machine, actions);
};

/** XState itself raises and cancels the event of an `after`; the runtime never performs either. */
const isOfTimer = (node: AnyStateNode, action: unknown, type: 'xstate.raise' | 'xstate.cancel'): boolean => {
  const { type: built, event, sendId } = action as BuiltIn & { event?: { type?: string }; sendId?: string };
  const about = type === 'xstate.raise' ? event?.type : sendId;
  return typeof action === 'function' && built === type && about?.startsWith('xstate.after.') === true && about.endsWith(`.${node.id}`);
};

const refuseWhatTablesLack = (node: AnyStateNode): void => {
  if (node.type === 'parallel') throw new Unknown(`'${pathOf(node)}' is parallel`);
  if (node.type === 'history') throw new Unknown(`'${pathOf(node)}' is a history state`);
  if (node.always !== undefined) throw new Unknown(`'${pathOf(node)}' has always`);
  if (node.type === 'compound' && node.initial.actions.length > 0) throw new Unknown(`'${pathOf(node)}' assigns on its initial transition`);
  if (node.config.onDone !== undefined) throw new Unknown(`'${pathOf(node)}' has onDone`);
};

const acceptedFacts = (nodes: readonly AnyStateNode[]): string[] => [
  ...new Set(nodes.flatMap((node) => [...node.transitions.keys()].filter((type) => !type.startsWith('xstate.')))),
];

const initialContext = (machine: AnyStateMachine): unknown => {
  const { context } = machine.config as { context?: unknown };
  return typeof context === 'function' ? (context as (at: object) => unknown)({ input: {} }) : (context ?? {});
};

const initialPath = (node: AnyStateNode): AnyStateNode[] => {
  const target = node.type === 'compound' ? (node.initial.target as readonly AnyStateNode[])[0] : undefined;
  return target === undefined ? [] : [...between(node, target), ...initialPath(target)];
};

/** Nodes from below `outer` down to `inner`. */
const between = (outer: AnyStateNode, inner: AnyStateNode): AnyStateNode[] =>
  inner === outer ? [] : [...between(outer, inner.parent as AnyStateNode), inner];

const nodeTable = (machine: AnyStateMachine, node: AnyStateNode): NodeTable => ({
  path: pathOf(node),
  final: node.type === 'final',
  owes: (node.entry as readonly (Named | string)[])
    .filter((action) => typeof action !== 'function')
    .map((action) => {
      const { type, params } = typeof action === 'string' ? { type: action, params: undefined } : action;
      return {
        type,
        params: (context) => (typeof params === 'function' ? params({ context }) : (params ?? {})) as Readonly<Record<string, unknown>>,
      };
    }),
  timers: timersOf(machine, node),
});

const timersOf = (machine: AnyStateMachine, node: AnyStateNode): NodeTable['timers'] => {
  const keys = new Set((node.after as readonly { delay: unknown }[]).map(({ delay }) => String(delay)));
  return [...keys].map((key) => {
    const named = (machine.implementations.delays as Record<string, unknown>)[key];
    const fixed = Number(key);
    if (named === undefined && Number.isNaN(fixed)) throw new Error(`${machine.id}: no delay named '${key}'`);
    if (typeof named === 'function') return { key, delay: (context, event) => named({ context, event }) as number };
    return { key, delay: () => (named as number | undefined) ?? fixed };
  });
};

const stepsFrom = (machine: AnyStateMachine, leaf: AnyStateNode): Map<string, Step[]> => {
  const table = new Map<string, Step[]>();
  for (let node: AnyStateNode | undefined = leaf; node !== undefined; node = node.parent) {
    for (const [type, definitions] of node.transitions as Map<string, Definition[]>) {
      if (type.includes('*')) throw new Unknown(`'${pathOf(node)}' has a wildcard transition`);
      for (const definition of definitions) {
        const event = eventKey(node, type, definition);
        table.set(event, [...(table.get(event) ?? []), stepOf(machine, leaf, definition)]);
      }
    }
  }
  return table;
};

const eventKey = (node: AnyStateNode, type: string, definition: Definition): string =>
  type.startsWith('xstate.after.') ? timerEvent(pathOf(node), String((definition as { delay?: unknown }).delay)) : type;

const stepOf = (machine: AnyStateMachine, leaf: AnyStateNode, definition: Definition): Step => {
  const guard = guardOf(machine, definition.guard);
  const assign = assignOf(machine, definition.actions);
  const configuration = between(machine.root, leaf);
  const base = { ...(guard && { guard }), ...(assign && { assign }) };
  if (definition.target === undefined && assign === undefined) return { ...base, forbidden: true, keep: 0, enter: [] };
  if (definition.target === undefined) return { ...base, keep: configuration.length, enter: [] };
  if (definition.target.length !== 1) throw new Unknown(`a transition of '${pathOf(definition.source)}' has several targets`);
  const target = definition.target[0] as AnyStateNode;
  const domain = domainOf(definition, target);
  const entered = [...between(domain, target), ...initialPath(target)];
  return {
    ...base,
    leaf: pathOf(entered.at(-1) ?? leaf),
    keep: domain === leaf ? configuration.length : between(machine.root, domain).length,
    enter: entered.map(pathOf),
  };
};

/** SCXML's transition domain as XState v5 reads it: a transition into its own subtree leaves the source entered unless it re-enters. */
export const domainOf = ({ source, reenter }: Pick<Definition, 'source' | 'reenter'>, target: AnyStateNode): AnyStateNode => {
  if (!reenter && (target === source || isBelow(source, target))) return source;
  let domain: AnyStateNode = source.parent ?? source;
  while (domain.parent !== undefined && !isBelow(domain, target)) domain = domain.parent;
  return domain;
};

/** Whether `inner` lies strictly below `outer`. */
export const isBelow = (outer: AnyStateNode, inner: AnyStateNode): boolean => {
  for (let node = inner.parent; node !== undefined; node = node.parent) if (node === outer) return true;
  return false;
};

const guardOf = (machine: AnyStateMachine, guard: unknown): Step['guard'] => {
  if (guard === undefined) return undefined;
  const named = typeof guard === 'string' ? { type: guard } : typeof guard === 'function' ? undefined : (guard as Named);
  const test = (named === undefined ? guard : (machine.implementations.guards as Record<string, unknown>)[named.type]) as
    | ((scope: Scope, params: unknown) => boolean)
    | undefined;
  if (typeof test !== 'function') throw new Error(`${machine.id}: no guard named '${named?.type}'`);
  if ('check' in test) throw new Unknown(`a combined guard (${(test as unknown as BuiltIn).type ?? 'and/or/not'})`);
  return (context, event) => {
    const scope = { context, event };
    return test(scope, typeof named?.params === 'function' ? named.params(scope) : named?.params);
  };
};

const assignOf = (machine: AnyStateMachine, actions: readonly unknown[]): Step['assign'] => {
  const assigns = actions.map((action) => {
    const named = typeof action === 'function' ? undefined : ((typeof action === 'string' ? { type: action } : action) as Named);
    const body = (named === undefined ? action : (machine.implementations.actions as Record<string, unknown>)[named.type]) as BuiltIn;
    if (body?.type !== 'xstate.assign' || body.assignment === undefined)
      throw new Error(`${machine.id}: a transition may only assign; '${named?.type ?? body?.type ?? 'an unnamed action'}' does more`);
    return assigning(body.assignment, named?.params);
  });
  const [only] = assigns;
  if (assigns.length <= 1) return only;
  return (context, event) => assigns.reduce((current, assign) => assign(current, event), context);
};

const assigning = (assignment: Assignment, params: unknown) => {
  const paramsOf = (scope: Scope) => (typeof params === 'function' ? params(scope) : params);
  if (typeof assignment === 'function') {
    return (context: unknown, event: unknown) => {
      const scope = { context, event };
      return { ...(context as object), ...assignment(scope, paramsOf(scope)) };
    };
  }
  const entries = Object.entries(assignment);
  return (context: unknown, event: unknown) => {
    const scope = { context, event };
    const next: Record<string, unknown> = { ...(context as object) };
    for (const [key, value] of entries) next[key] = typeof value === 'function' ? value(scope, paramsOf(scope)) : value;
    return next;
  };
};
