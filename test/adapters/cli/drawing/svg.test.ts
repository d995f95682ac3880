import { expect, test } from 'vitest';
import { svgOf } from '../../../../src/adapters/cli/drawing/svg.ts';
import { composeStrategy } from '../../../../src/domain/deployment/kit/compose.ts';
import { graphOf, mermaidOfGraph, wholeGraphOf } from '../../../../src/domain/deployment/kit/graph.ts';
import { builtIn } from '../../../../src/domain/deployment/strategies/index.ts';

type Box = { readonly kind: string; readonly x: number; readonly y: number; readonly width: number; readonly height: number };

const boxesIn = (svg: string): readonly Box[] =>
  [...svg.matchAll(/<rect class="([^"]+)" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map(
    ([, kind = '', x, y, width, height]) => ({ kind, x: Number(x), y: Number(y), width: Number(width), height: Number(height) }),
  );

const overlap = (a: Box, b: Box): boolean => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test.for(builtIn.map((spec) => ({ id: spec.id, spec })))(
  '$id is drawn with no box or label over another, and all within the picture',
  ({ spec }) => {
    for (const graph of [graphOf(spec), wholeGraphOf(spec, composeStrategy(spec))]) {
      const svg = svgOf(graph);
      const boxes = boxesIn(svg);
      expect(boxes.filter(({ kind }) => kind !== 'ground')).toHaveLength(graph.nodes.length);
      for (const [i, a] of boxes.entries()) for (const b of boxes.slice(i + 1)) expect(overlap(a, b), JSON.stringify([a, b])).toBe(false);
      const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
      for (const { x, y, width: w, height: h } of boxes) {
        expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
        expect([x + w <= Number(width), y + h <= Number(height)]).toEqual([true, true]);
      }
      for (const { name } of graph.nodes) expect(svg).toContain(`>${name}</text>`);
      for (const { label } of graph.edges) expect(svg).toContain(`>${label}</text>`);
      expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|href/);
    }
  },
);

test('what a strategy says is text in the picture, and nothing else', () => {
  const svg = svgOf({
    id: '<x>',
    initial: 'a',
    nodes: [{ name: 'a', description: '</title><script>', owes: [], isEnd: false }],
    edges: [{ from: 'a', to: 'a', label: 'x & "y"' }],
  });
  expect(svg).not.toContain('<script>');
  expect(svg).toContain('x &#38; &#34;y&#34;');
});

test('Mermaid text has the author’s states, the ends that they reach, and gates that fail', () => {
  const canary = builtIn.find(({ id }) => id === 'canary.v1');
  const text = mermaidOfGraph(graphOf(canary as NonNullable<typeof canary>));
  expect(text).toContain('  judging --> failed : GateFailed\n');
  expect(text).toContain('  retiring --> succeeded : SlotsChanged [isThere]\n');
  expect(text).toContain('  failed --> [*]\n');
  expect(text).not.toContain('preparing');
});
