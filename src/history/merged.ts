import type { Recorded } from '../domain/kernel/recorded.ts';

type Cursor = { readonly facts: readonly Recorded[]; at: number };

const positionOf = ({ facts, at }: Cursor): number => facts[at]?.position ?? Number.POSITIVE_INFINITY;

/** How far a stream may begin before one that was named earlier, in facts: those of one commit. */
const OUT_OF_ORDER = 256;

/** One stream, or whatever else is in order. `inTurn`: all in turn behind it begin after it does. */
export type Source = { readonly facts: readonly Recorded[]; readonly inTurn: boolean };

/**
 * Facts of many streams in the order of the log. Those that come in turn, in the order of their beginning, are each asked for only when the
 * merge has come to them.
 */
export function* merged(sources: Iterable<Source>): Generator<Recorded, void> {
  const waiting = sources[Symbol.iterator]();
  const heap: Cursor[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  const openNext = (): void => {
    const { value: source, done } = waiting.next();
    if (done === true) newest = Number.POSITIVE_INFINITY;
    else if (source.facts.length > 0) {
      if (source.inTurn) newest = Math.max(newest, source.facts[0]?.position ?? 0);
      push(heap, { facts: source.facts, at: 0 });
    }
  };
  for (;;) {
    while (newest < Number.POSITIVE_INFINITY && (heap[0] === undefined || newest <= positionOf(heap[0]) + OUT_OF_ORDER)) openNext();
    const [next] = heap;
    if (next === undefined) return;
    yield next.facts[next.at] as Recorded;
    next.at += 1;
    sink(heap);
  }
}

const push = (heap: Cursor[], cursor: Cursor): void => {
  heap.push(cursor);
  for (let child = heap.length - 1; child > 0; ) {
    const parent = (child - 1) >> 1;
    if (positionOf(heap[parent] as Cursor) <= positionOf(heap[child] as Cursor)) return;
    swap(heap, parent, child);
    child = parent;
  }
};

/** Puts the first one where it belongs now; one that is empty goes. */
const sink = (heap: Cursor[]): void => {
  if (heap[0] !== undefined && heap[0].at >= heap[0].facts.length) {
    const last = heap.pop() as Cursor;
    if (heap.length > 0) heap[0] = last;
  }
  const at = (index: number): number => (index < heap.length ? positionOf(heap[index] as Cursor) : Number.POSITIVE_INFINITY);
  for (let parent = 0; ; ) {
    const [left, right] = [2 * parent + 1, 2 * parent + 2];
    const least = at(right) < at(left) ? right : left;
    if (at(least) >= at(parent)) return;
    swap(heap, parent, least);
    parent = least;
  }
};

const swap = (heap: Cursor[], a: number, b: number): void => {
  const kept = heap[a] as Cursor;
  heap[a] = heap[b] as Cursor;
  heap[b] = kept;
};
