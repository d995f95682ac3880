import { type Arrow, type Chain, layersOf, type Place } from './layers.ts';

/** Boxes and arrows, as the engine tells them of a strategy. */
export type Graph = {
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

/* All in pixels. Text is measured by its letters: no fonts are asked here. */
const LETTER = { name: 8.6, small: 6.3 };
const BOX_HEIGHT = 48;
const LINE = 15;
const LAYER_GAP = 26;
const MARGIN = 24;
const LOOP = 26;

/** The picture of a strategy as one SVG document, without scripts, fonts or anything from elsewhere. */
export const svgOf = ({ id, initial, nodes, edges }: Graph): string => {
  const arrows = merged(edges);
  const widths = new Map(
    nodes.map(({ name, owes }) => [name, 28 + Math.max(name.length * LETTER.name, owes.join(', ').length * LETTER.small, 40)]),
  );
  const labelWidth = (labels: readonly string[]): number => 12 + Math.max(...labels.map(({ length }) => length * LETTER.small));
  const { boxes, chains, ranks } = layersOf(initial, widths, arrows, labelWidth);
  const loops = arrows.filter(({ from, to }) => from === to);

  const tops: number[] = [];
  let y = MARGIN + 40;
  for (const [rank, places] of ranks.entries()) {
    tops[rank] = y;
    const lines = Math.max(0, ...chains.filter(({ label }) => (places ?? []).includes(label)).map(({ labels }) => labels.length));
    y += (rank % 2 === 0 ? BOX_HEIGHT : Math.max(1, lines) * LINE + 4) + LAYER_GAP;
  }
  const heightOf = (rank: number): number => (tops[rank + 1] ?? y) - LAYER_GAP - (tops[rank] ?? 0);
  const every = ranks.flat();
  const loopWidth = Math.max(0, ...loops.map(({ labels }) => LOOP + labelWidth(labels)));
  const left = Math.min(...every.map((place) => place.x - place.width / 2)) - MARGIN;
  const right = Math.max(...every.map((place) => place.x + place.width / 2)) + MARGIN + loopWidth;
  const width = Math.ceil(Math.max(right - left, id.length * 11 + 2 * MARGIN));
  const X = (x: number): number => Math.round((x - left) * 10) / 10;
  const middle = ({ rank }: Place): number => (tops[rank] ?? 0) + heightOf(rank) / 2;

  const lineOf = ({ places, isUpwards }: Chain): string => {
    const points = places.map((place, nth): readonly [number, number] => {
      if (nth === 0) return [X(place.x), (tops[place.rank] ?? 0) + BOX_HEIGHT];
      return [X(place.x), nth === places.length - 1 ? (tops[place.rank] ?? 0) : middle(place)];
    });
    const way = isUpwards ? points.toReversed() : points;
    const path = way.map(([x, at], nth) => {
      if (nth === 0) return `M${x} ${at}`;
      const before = way[nth - 1]?.[1] ?? at;
      return `C${way[nth - 1]?.[0]} ${(before + at) / 2} ${x} ${(before + at) / 2} ${x} ${at}`;
    });
    return `<path class="arrow" d="${path.join(' ')}" marker-end="url(#head)"/>`;
  };
  const textAt = (labels: readonly string[], x: number, at: number, anchor = 'middle'): string => {
    const top = at - ((labels.length - 1) * LINE) / 2 + 4;
    return labels
      .map((label, nth) => `<text class="label" text-anchor="${anchor}" x="${x}" y="${top + nth * LINE}">${escaped(label)}</text>`)
      .join('');
  };
  const labelOf = ({ labels, label }: Chain): string => {
    const [w, h] = [labelWidth(labels), labels.length * LINE];
    return `<rect class="ground" x="${X(label.x) - w / 2}" y="${middle(label) - h / 2}" width="${w}" height="${h}"/>${textAt(labels, X(label.x), middle(label))}`;
  };
  const loopOf = ({ from, labels }: Arrow): string => {
    const box = boxes.get(from);
    if (box === undefined) return '';
    const [x, top] = [X(box.x) + box.width / 2, tops[box.rank] ?? 0];
    const path = `M${x} ${top + 12} C${x + LOOP} ${top + 8} ${x + LOOP} ${top + 40} ${x} ${top + 36}`;
    return `<path class="arrow" d="${path}" marker-end="url(#head)"/>${textAt(labels, x + LOOP, top + BOX_HEIGHT / 2, 'start')}`;
  };
  const boxOf = ({ name, description, owes, isEnd }: Graph['nodes'][number]): string => {
    const box = boxes.get(name);
    if (box === undefined) return '';
    const [x, top] = [X(box.x), tops[box.rank] ?? 0];
    const kind = isEnd ? `end ${name}` : 'state';
    const told = description === undefined ? '' : `<title>${escaped(description)}</title>`;
    const owed =
      owes.length === 0 ? '' : `<text class="owes" text-anchor="middle" x="${x}" y="${top + 37}">${escaped(owes.join(', '))}</text>`;
    return `<g>${told}<rect class="${kind}" x="${x - box.width / 2}" y="${top}" width="${box.width}" height="${BOX_HEIGHT}" rx="${isEnd ? 24 : 8}"/><text class="name" text-anchor="middle" x="${x}" y="${top + (owes.length === 0 ? 29 : 21)}">${escaped(name)}</text>${owed}</g>`;
  };
  const first = boxes.get(initial);
  const entry =
    first === undefined
      ? ''
      : `<circle cx="${X(first.x)}" cy="${(tops[first.rank] ?? 0) - 26}" r="5"/><path class="arrow" d="M${X(first.x)} ${(tops[first.rank] ?? 0) - 21} V${tops[first.rank] ?? 0}" marker-end="url(#head)"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${Math.ceil(y)}" viewBox="0 0 ${width} ${Math.ceil(y)}" role="img" aria-label="${escaped(id)}">`,
    STYLE,
    `<rect class="ground" width="100%" height="100%"/><text class="title" x="${MARGIN}" y="${MARGIN + 4}">${escaped(id)}</text>`,
    entry,
    ...chains.map(lineOf),
    ...loops.map(loopOf),
    ...chains.map(labelOf),
    ...nodes.map(boxOf),
    '</svg>',
    '',
  ].join('\n');
};

const STYLE = `<defs><marker id="head" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8Z"/></marker></defs>
<style>
text { font-family: ui-sans-serif, system-ui, 'DejaVu Sans', Arial, sans-serif; fill: #1c2733 }
.ground { fill: #fff }
.title { font-size: 16px; font-weight: 600 }
.name { font-size: 14px; font-weight: 600 }
.owes { font-size: 11px; fill: #5a6b7b }
.label { font-size: 11px }
.arrow { fill: none; stroke: #5a6b7b; stroke-width: 1.3 }
marker path { fill: #5a6b7b }
.state { fill: #eef4fa; stroke: #2f6da3; stroke-width: 1.3 }
.end { fill: #e8f5ea; stroke: #2e7d3c; stroke-width: 1.3 }
.failed { fill: #fbeaea; stroke: #b03a3a }
</style>`;

/** Arrows between the same two boxes are one, with a line for each. */
const merged = (edges: Graph['edges']): readonly Arrow[] => {
  const byEnds = new Map<string, { from: string; to: string; labels: string[] }>();
  for (const { from, to, label } of edges) {
    const key = `${from} ${to}`;
    const known = byEnds.get(key);
    if (known === undefined) byEnds.set(key, { from, to, labels: [label] });
    else if (!known.labels.includes(label)) known.labels.push(label);
  }
  return [...byEnds.values()];
};

const escaped = (text: string): string => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
