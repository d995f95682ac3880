/** Something with a place in the picture: a box, or a bend of an arrow, which may carry the arrow's label. */
export type Place = { readonly width: number; readonly rank: number; x: number };
export type Arrow = { readonly from: string; readonly to: string; readonly labels: readonly string[] };
export type Chain = Arrow & {
  /** From the box above to the box below. */ readonly places: readonly Place[];
  readonly isUpwards: boolean;
  readonly label: Place;
};

export type Layers = {
  readonly boxes: ReadonlyMap<string, Place>;
  readonly chains: readonly Chain[];
  readonly ranks: readonly (readonly Place[])[];
};

const GAP = 28;
const SWEEPS = 12;

/**
 * A layered drawing (Sugiyama, Tagawa and Toda): arrows point downwards but for those of a cycle; every arrow has a place of its own in each
 * layer that it crosses, so that none runs through a box, and its label has one as wide as it is.
 */
export const layersOf = (
  start: string,
  widths: ReadonlyMap<string, number>,
  arrows: readonly Arrow[],
  labelWidth: (labels: readonly string[]) => number,
): Layers => {
  const ranks = ranksOf(start, [...widths.keys()], arrows);
  const boxes = new Map([...widths].map(([name, width]) => [name, { width, rank: 2 * (ranks.get(name) ?? 0), x: 0 }]));
  const chains = arrows
    .filter(({ from, to }) => from !== to)
    .flatMap((arrow): Chain[] => {
      const [a, b] = [boxes.get(arrow.from), boxes.get(arrow.to)];
      if (a === undefined || b === undefined) return [];
      const isUpwards = a.rank > b.rank;
      const [upper, lower] = isUpwards ? [b, a] : [a, b];
      const middle = upper.rank + 1;
      const bends = Array.from({ length: Math.max(0, lower.rank - upper.rank - 1) }, (_, nth): Place => {
        const rank = upper.rank + 1 + nth;
        return { width: rank === middle ? labelWidth(arrow.labels) : 8, rank, x: 0 };
      });
      const label = bends[0] ?? { width: 0, rank: upper.rank, x: 0 };
      return [{ ...arrow, places: [upper, ...bends, lower], isUpwards, label }];
    });
  return { boxes, chains, ranks: arranged(boxes, chains) };
};

/** Longest way from the start, arrows that close a cycle apart. */
const ranksOf = (start: string, names: readonly string[], arrows: readonly Arrow[]): ReadonlyMap<string, number> => {
  const onward = new Map(names.map((name) => [name, arrows.filter(({ from, to }) => from === name && to !== name).map(({ to }) => to)]));
  const closing = new Set<string>();
  const state = new Map<string, 'open' | 'done'>();
  const order: string[] = [];
  const visit = (name: string): void => {
    state.set(name, 'open');
    for (const next of onward.get(name) ?? []) {
      if (state.get(next) === 'open') closing.add(`${name} ${next}`);
      else if (!state.has(next)) visit(next);
    }
    state.set(name, 'done');
    order.unshift(name);
  };
  for (const name of [start, ...names]) if (!state.has(name)) visit(name);
  const ranks = new Map(names.map((name) => [name, 0]));
  for (const name of order)
    for (const next of onward.get(name) ?? [])
      if (!closing.has(`${name} ${next}`)) ranks.set(next, Math.max(ranks.get(next) ?? 0, (ranks.get(name) ?? 0) + 1));
  return ranks;
};

/** Orders each layer by where its neighbours stand, then gives every place its x. */
const arranged = (boxes: ReadonlyMap<string, Place>, chains: readonly Chain[]): readonly (readonly Place[])[] => {
  const neighbours = new Map<Place, Place[]>();
  for (const { places } of chains)
    for (const [i, place] of places.entries())
      for (const other of [places[i - 1], places[i + 1]])
        if (other !== undefined) neighbours.set(place, [...(neighbours.get(place) ?? []), other]);
  const all = new Set<Place>([...boxes.values(), ...chains.flatMap(({ places }) => places)]);
  const ranks: Place[][] = [];
  for (const place of all) {
    const rank = ranks[place.rank] ?? [];
    ranks[place.rank] = rank;
    rank.push(place);
  }
  for (const rank of ranks) pack(rank ?? [], () => 0);
  const middleOf = (place: Place): number => {
    const others = neighbours.get(place) ?? [];
    return others.length === 0 ? place.x : others.reduce((sum, { x }) => sum + x, 0) / others.length;
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const rank of sweep % 2 === 0 ? ranks : ranks.toReversed()) {
      const wish = new Map(rank.map((place) => [place, middleOf(place)]));
      if (sweep < SWEEPS / 2) rank.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
      pack(rank, (place) => wish.get(place) ?? 0);
    }
  return ranks;
};

/** As near to what each wishes as the others let it: pushed to the right, and as a whole back by the mean of that. */
const pack = (rank: readonly Place[], wish: (place: Place) => number): void => {
  let edge = Number.NEGATIVE_INFINITY;
  for (const place of rank) {
    place.x = Math.max(wish(place), edge + place.width / 2);
    edge = place.x + place.width / 2 + GAP;
  }
  const shift = rank.reduce((sum, place) => sum + place.x - wish(place), 0) / Math.max(1, rank.length);
  for (const place of rank) place.x -= shift;
};
