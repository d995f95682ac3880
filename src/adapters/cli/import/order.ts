import type { Item } from './compare.ts';
import { isWithin, type WantedGroup } from './wanted.ts';

/** What is written by one request; what comes later may need what came before. */
export type Step =
  | { readonly kind: 'group'; readonly item: Item }
  | { readonly kind: 'apps'; readonly items: readonly Item[] }
  | { readonly kind: 'pod'; readonly item: Item };

/**
 * Groups first, outer before inner, then apps and pods after what they depend on, themselves or through their groups. Apps go together in
 * as few requests as the size of a body lets them: within one the engine sees to the order, and either all of them are taken or none.
 * @param maxBytes largest body that the engine reads.
 */
export const stepsOf = (items: readonly Item[], groups: readonly WantedGroup[], maxBytes: number): readonly Step[] => {
  const toDo = items.filter(({ state }) => state !== 'equal');
  const units = toDo.filter(({ kind }) => kind !== 'group');
  const steps: Step[] = toDo.filter(({ kind }) => kind === 'group').map((item) => ({ kind: 'group', item }));
  let together: Item[] = [];
  const flush = (): void => {
    steps.push(...chunked(together, maxBytes).map((chunk) => ({ kind: 'apps' as const, items: chunk })));
    together = [];
  };
  for (const layer of layersOf(units, groups)) {
    const pods = layer.filter(({ kind }) => kind === 'pod');
    together.push(...layer.filter(({ kind }) => kind === 'app'));
    if (pods.length === 0) continue;
    flush();
    steps.push(...pods.map((item) => ({ kind: 'pod' as const, item })));
  }
  flush();
  return steps;
};

/** Each unit in the first layer behind all that it waits for. What is in a circle comes last; the engine refuses it by its own words. */
const layersOf = (units: readonly Item[], groups: readonly WantedGroup[]): readonly (readonly Item[])[] => {
  const layers: Item[][] = [];
  const waits = waitsOf(units, groups);
  let left = new Map(units.map((item) => [item.id, item]));
  while (left.size > 0) {
    const ready = [...left.values()].filter(({ id }) => ![...(waits.get(id) ?? [])].some((other) => left.has(other)));
    const layer = ready.length > 0 ? ready : [...left.values()];
    layers.push(layer);
    const taken = new Set(layer.map(({ id }) => id));
    left = new Map([...left].filter(([id]) => !taken.has(id)));
  }
  return layers;
};

/** Per unit the units that it waits for: those that it, or a group around it, names or that a group so named holds. */
const waitsOf = (units: readonly Item[], groups: readonly WantedGroup[]): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(
    units.map(({ id, body }) => {
      const around = groups.filter((group) => isWithin(id, group.id)).flatMap(({ dependencies }) => dependencies);
      const named: readonly string[] = [...((body.dependencies ?? []) as readonly string[]), ...around];
      const waited = named.flatMap((dependency) => units.filter((other) => other.id !== id && isWithin(other.id, dependency)));
      return [id, new Set(waited.map((other) => other.id))];
    }),
  );

/** @param evenNone whether there is one chunk at least. */
export const chunked = (items: readonly Item[], maxBytes: number, evenNone = false): readonly (readonly Item[])[] => {
  const chunks: Item[][] = evenNone && items.length === 0 ? [[]] : [];
  let size = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const bytes = Buffer.byteLength(JSON.stringify(item.body)) + 1;
    if (size + bytes > maxBytes) {
      chunks.push([]);
      size = 2;
    }
    chunks.at(-1)?.push(item);
    size += bytes;
  }
  return chunks;
};
