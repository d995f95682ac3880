import type { AnyStateNode } from 'xstate';
import type { Chart } from './chart.ts';
import { type Definition, pathOf } from './compile.ts';

type Row = {
  readonly from: string;
  readonly event: string;
  readonly guard?: string;
  /** Undefined where the configuration stays as it is. */
  readonly to: AnyStateNode | undefined;
};

/** Every transition of a chart as it is written, an `after` as `after <delay>`. */
const transitionsOf = (chart: Pick<Chart<never, never>, 'machine'>): Row[] => {
  const visit = (node: AnyStateNode): Row[] => [
    ...[...(node.transitions as Map<string, Definition[]>)].flatMap(([type, definitions]) =>
      definitions.map(({ target, guard, ...rest }) => ({
        from: pathOf(node),
        event: type.startsWith('xstate.after.') ? `after ${(rest as { delay?: unknown }).delay}` : type,
        ...(guard !== undefined && { guard: `[${nameOf(guard)}]` }),
        to: target?.[0],
      })),
    ),
    ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(visit),
  ];
  return visit(chart.machine.root);
};

const nameOf = (guard: unknown): string =>
  typeof guard === 'string' ? guard : typeof guard === 'function' ? guard.name || 'guard' : (guard as { type: string }).type;

/** Every transition with the paths of its states, as `fact [guard]`. */
export const arrowsOf = (
  chart: Pick<Chart<never, never>, 'machine'>,
): readonly { readonly from: string; readonly to: string; readonly label: string }[] =>
  transitionsOf(chart).map(({ from, event, guard, to }) => ({
    from,
    to: to === undefined ? from : pathOf(to),
    label: guard === undefined ? event : `${event} ${guard}`,
  }));

/** The chart as a Mermaid state diagram; compared in a test, so that the picture cannot drift from the chart. */
export const mermaidOf = (chart: Pick<Chart<never, never>, 'machine'>): string => {
  const name = (path: string) => path.replaceAll('.', '_');
  const states = (node: AnyStateNode, indent: string): string[] =>
    Object.values(node.states as Record<string, AnyStateNode>).flatMap((child) => {
      const owes = (child.entry as readonly unknown[]).filter((action) => typeof action !== 'function').map(nameOf);
      const label = owes.length === 0 ? child.key : `${child.key} (owes ${owes.join(', ')})`;
      if (child.type !== 'compound') return [`${indent}state "${label}" as ${name(pathOf(child))}`];
      return [
        `${indent}state "${label}" as ${name(pathOf(child))} {`,
        ...startOf(child, `${indent}  `),
        ...states(child, `${indent}  `),
        `${indent}}`,
      ];
    });
  const startOf = (node: AnyStateNode, indent: string) =>
    node.type === 'compound'
      ? [`${indent}[*] --> ${name(pathOf((node.initial.target as readonly AnyStateNode[])[0] as AnyStateNode))}`]
      : [];
  const finals = chart.machine.root;
  return [
    'stateDiagram-v2',
    ...startOf(chart.machine.root, '  '),
    ...states(chart.machine.root, '  '),
    ...transitionsOf(chart).map(
      ({ from, event, guard, to }) =>
        `  ${name(from)} --> ${name(to === undefined ? from : pathOf(to))} : ${event}${guard === undefined ? '' : ` ${guard}`}`,
    ),
    ...Object.values(finals.states as Record<string, AnyStateNode>)
      .filter(({ type }) => type === 'final')
      .map((node) => `  ${name(pathOf(node))} --> [*]`),
    '',
  ].join('\n');
};

/** Which fact is legal in which leaf state, and to which leaf it leads: one line per state and fact, `-` for refused. */
export const matrixOf = (chart: Pick<Chart<never, never>, 'machine' | 'leaves'>): string => {
  const rows = transitionsOf(chart);
  const columns = [...new Set(rows.map(({ event }) => event))];
  const width = Math.max(...columns.map(({ length }) => length));
  const isAtOrBelow = (leaf: string, path: string) => path === '' || leaf === path || leaf.startsWith(`${path}.`);
  const cell = (leaf: string, column: string) => {
    // Innermost first, as the chart asks them, up to the first that no guard can send on.
    const fitting = rows
      .filter(({ from, event }) => isAtOrBelow(leaf, from) && event === column)
      .sort((a, b) => b.from.length - a.from.length);
    const last = fitting.findIndex(({ guard }) => guard === undefined);
    const targets = (last < 0 ? fitting : fitting.slice(0, last + 1)).map(({ to, guard }) => {
      const target = to === undefined ? '(stays)' : leafOf(to);
      return guard === undefined ? target : `${target} ${guard}`;
    });
    return targets.join(' | ') || '-';
  };
  return chart.leaves
    .flatMap((leaf) => [leaf, ...columns.map((column) => `  ${column.padEnd(width)}  ${cell(leaf, column)}`)])
    .concat('')
    .join('\n');
};

const leafOf = (node: AnyStateNode): string =>
  node.type === 'compound' ? leafOf((node.initial.target as readonly AnyStateNode[])[0] as AnyStateNode) : pathOf(node);
