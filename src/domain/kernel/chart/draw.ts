import type { AnyStateNode } from 'xstate';
import type { Chart } from './chart.ts';
import { type Definition, pathOf } from './compile.ts';

type Row = { readonly from: string; readonly event: string; readonly to: string };

/** Every transition of a chart as it is written, an `after` as `after <delay>`. */
const transitionsOf = (chart: Pick<Chart<never, never>, 'machine'>): Row[] => {
  const visit = (node: AnyStateNode): Row[] => [
    ...[...(node.transitions as Map<string, Definition[]>)].flatMap(([type, definitions]) =>
      definitions.map(({ target, guard, ...rest }) => ({
        from: pathOf(node),
        event: `${type.startsWith('xstate.after.') ? `after ${(rest as { delay?: unknown }).delay}` : type}${guard === undefined ? '' : ` [${nameOf(guard)}]`}`,
        to: target?.[0] === undefined ? pathOf(node) : pathOf(target[0]),
      })),
    ),
    ...Object.values(node.states as Record<string, AnyStateNode>).flatMap(visit),
  ];
  return visit(chart.machine.root);
};

const nameOf = (guard: unknown): string =>
  typeof guard === 'string' ? guard : typeof guard === 'function' ? guard.name || 'guard' : (guard as { type: string }).type;

/** The chart as a Mermaid state diagram; compared in a test, so that the picture cannot drift from the chart. */
export const mermaidOf = (chart: Pick<Chart<never, never>, 'machine'>): string => {
  const name = (path: string) => path.replaceAll('.', '_');
  const states = (node: AnyStateNode, indent: string): string[] =>
    Object.values(node.states as Record<string, AnyStateNode>).flatMap((child) => {
      const owes = (child.entry as readonly unknown[]).filter((action) => typeof action !== 'function').map(nameOf);
      const label = owes.length === 0 ? [] : [`${indent}${name(pathOf(child))} : owes ${owes.join(', ')}`];
      if (child.type !== 'compound') return [`${indent}state "${child.key}" as ${name(pathOf(child))}`, ...label];
      return [
        `${indent}state "${child.key}" as ${name(pathOf(child))} {`,
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
    ...transitionsOf(chart).map(({ from, event, to }) => `  ${name(from)} --> ${name(to)} : ${event}`),
    ...Object.values(finals.states as Record<string, AnyStateNode>)
      .filter(({ type }) => type === 'final')
      .map((node) => `  ${name(pathOf(node))} --> [*]`),
    '',
  ].join('\n');
};

/** Which fact is legal in which leaf state, and where it leads: one line per state, `-` for refused. */
export const matrixOf = (chart: Pick<Chart<never, never>, 'machine' | 'leaves'>): string => {
  const rows = transitionsOf(chart);
  const columns = [...new Set(rows.map(({ event }) => event.replace(/ \[.*$/, '')))];
  const isAtOrBelow = (leaf: string, path: string) => path === '' || leaf === path || leaf.startsWith(`${path}.`);
  const cell = (leaf: string, column: string) => {
    const fitting = rows.filter(({ from, event }) => isAtOrBelow(leaf, from) && event.replace(/ \[.*$/, '') === column);
    const depth = Math.max(...fitting.map(({ from }) => from.length), -1);
    const targets = fitting
      .filter(({ from }) => from.length === depth)
      .map(({ to, from, event }) => {
        const target = to === from ? '(stays)' : to;
        const guard = /\[.*$/.exec(event)?.[0];
        return guard === undefined ? target : `${target} ${guard}`;
      });
    return targets.join(' | ') || '-';
  };
  return chart.leaves
    .flatMap((leaf) => [`${leaf}`, ...columns.map((column) => `  ${column.padEnd(36)} ${cell(leaf, column)}`)])
    .concat('')
    .join('\n');
};
