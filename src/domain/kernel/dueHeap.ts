import type { Instant } from './units.ts';

/** One waiting item. `index` is the heap's own: its place, or -1 when it no longer waits. */
export type Due<T> = { readonly due: Instant; readonly sequence: number; readonly item: T; index: number };

/** Items in the order in which they are due; those due together in the order in which they were added. O(log n) to add, take and remove. */
export type DueHeap<T> = {
  readonly size: number;
  add(due: Instant, item: T): Due<T>;
  /** False when it was taken or removed before. */
  remove(entry: Due<T>): boolean;
  first(): Due<T> | undefined;
  /** Takes the first one that is due at `now`. */
  take(now: Instant): Due<T> | undefined;
};

/** A binary heap whose entries know their place, so that a cancelled timer costs no memory until its time. */
export const dueHeap = <T>(): DueHeap<T> => {
  const heap: Due<T>[] = [];
  let sequence = 0;

  const put = (entry: Due<T>, index: number): void => {
    heap[index] = entry;
    entry.index = index;
  };

  const rise = (entry: Due<T>, from: number): void => {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Due<T>;
      if (!before(entry, parent)) break;
      put(parent, index);
      index = above;
    }
    put(entry, index);
  };

  const sink = (entry: Due<T>, from: number): void => {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const below = right < heap.length && before(heap[right] as Due<T>, heap[left] as Due<T>) ? right : left;
      const child = heap[below] as Due<T>;
      if (!before(child, entry)) break;
      put(child, index);
      index = below;
    }
    put(entry, index);
  };

  const remove = (entry: Due<T>): boolean => {
    const { index } = entry;
    if (index < 0) return false;
    entry.index = -1;
    const last = heap.pop() as Due<T>;
    if (last === entry) return true;
    if (index > 0 && before(last, heap[(index - 1) >> 1] as Due<T>)) rise(last, index);
    else sink(last, index);
    return true;
  };

  return {
    get size() {
      return heap.length;
    },
    add: (due, item) => {
      const entry: Due<T> = { due, sequence: sequence++, item, index: heap.length };
      heap.push(entry);
      rise(entry, heap.length - 1);
      return entry;
    },
    remove,
    first: () => heap[0],
    take: (now) => {
      const entry = heap[0];
      if (entry === undefined || entry.due > now) return undefined;
      remove(entry);
      return entry;
    },
  };
};

const before = <T>(a: Due<T>, b: Due<T>): boolean => a.due < b.due || (a.due === b.due && a.sequence < b.sequence);
