import type { Chart } from '../../kernel/chart/chart.ts';
import { arrowsOf } from '../../kernel/chart/draw.ts';
import type { CourseTransition, StrategySpec } from './strategy.ts';
import { ENDS } from './strategy.ts';

/** A strategy as boxes and arrows, for those who draw it: only what its author wrote, without the frame. */
export type StrategyGraph = {
  readonly id: string;
  readonly initial: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly description?: string;
    readonly owes: readonly string[];
    readonly isEnd: boolean;
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly label: string }[];
};

// biome-ignore lint/suspicious/noExplicitAny: a drawing asks no function of the strategy
type Drawn = Pick<StrategySpec<any, any>, 'id' | 'initial' | 'states'>;
type Way = CourseTransition<never, never>;

export const graphOf = ({ id, initial, states }: Drawn): StrategyGraph => {
  const edges = Object.entries(states).flatMap(([from, { entry = [], on = {}, after = {} }]) => {
    const owed = [entry].flat();
    const failing =
      owed.some(({ owes }) => owes === 'gates') && on.GateFailed === undefined ? [{ from, to: 'failed', label: 'GateFailed' }] : [];
    const of = (event: string, ways: unknown) => waysOf(ways).flatMap((way) => edgeOf(from, event, way));
    return [
      ...Object.entries(on).flatMap(([fact, ways]) => of(fact, ways)),
      ...Object.entries(after).flatMap(([delay, ways]) => of(`after ${delay}`, ways)),
      ...failing,
    ];
  });
  const ends = ENDS.filter((end) => edges.some(({ to }) => to === end));
  return {
    id,
    initial,
    nodes: [
      ...Object.entries(states).map(([name, { description, entry = [] }]) => ({
        name,
        ...(description !== undefined && { description }),
        owes: [...new Set([entry].flat().map(({ owes }) => owes))],
        isEnd: false,
      })),
      ...ends.map((name) => ({ name, owes: [], isEnd: true })),
    ],
    edges,
  };
};

/** With the frame around it: `active` stands for whatever holds in all of its states. */
export const wholeGraphOf = (spec: Drawn, chart: Pick<Chart<never, never>, 'machine' | 'leaves'>): StrategyGraph => {
  const bare = (path: string): string => path.replace(/^active\./, '');
  const own = graphOf(spec);
  const edges = arrowsOf(chart).map(({ from, to, label }) => ({ from: bare(from), to: bare(to), label }));
  const leaves = chart.leaves.map(bare);
  const names = [...new Set([...leaves, ...edges.flatMap(({ from, to }) => [from, to])])];
  return {
    id: spec.id,
    initial: 'absent',
    nodes: names.map(
      (name) =>
        own.nodes.find((node) => node.name === name && !node.isEnd) ?? { name, owes: [], isEnd: !edges.some(({ from }) => from === name) },
    ),
    edges: [
      ...edges,
      ...(names.includes('releasing')
        ? leaves.filter((leaf) => leaf.startsWith('releasing.')).map((to) => ({ from: 'releasing', to, label: '' }))
        : []),
    ],
  };
};

const waysOf = (written: unknown): readonly Way[] => (typeof written === 'string' ? [{ target: written }] : ([written].flat() as Way[]));

const edgeOf = (from: string, event: string, { target, guard }: Way) => {
  const name = guard?.name;
  const asked = name === undefined || name === '' || name === 'guard' ? '' : ` [${name}]`;
  return target === undefined && guard === undefined ? [] : [{ from, to: target ?? from, label: `${event}${asked}` }];
};

/** The author's states as a Mermaid state diagram. */
export const mermaidOfGraph = ({ initial, nodes, edges }: StrategyGraph): string =>
  [
    'stateDiagram-v2',
    `  [*] --> ${initial}`,
    ...nodes.map(({ name, owes }) => `  state "${owes.length === 0 ? name : `${name} (owes ${owes.join(', ')})`}" as ${name}`),
    ...edges.map(({ from, to, label }) => `  ${from} --> ${to} : ${label}`),
    ...nodes.filter(({ isEnd }) => isEnd).map(({ name }) => `  ${name} --> [*]`),
    '',
  ].join('\n');
