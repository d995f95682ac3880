import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueHeap } from '../../../src/domain/kernel/dueHeap.ts';

const drained = <T>(heap: ReturnType<typeof dueHeap<T>>): T[] => {
  const items: T[] = [];
  for (let next = heap.take(Number.POSITIVE_INFINITY); next !== undefined; next = heap.take(Number.POSITIVE_INFINITY))
    items.push(next.item);
  return items;
};

describe('a heap of due items', () => {
  test('gives them in the order of their times, equal times in the order of adding, without those that were removed', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ due: fc.nat(20), removed: fc.boolean() })), (items) => {
        const heap = dueHeap<number>();
        const entries = items.map(({ due }, index) => heap.add(due, index));
        for (const [index, { removed }] of items.entries()) if (removed) heap.remove(entries[index] as (typeof entries)[number]);
        const expected = items
          .map((item, index) => ({ ...item, index }))
          .filter(({ removed }) => !removed)
          .sort((a, b) => a.due - b.due || a.index - b.index)
          .map(({ index }) => index);
        expect(heap.size).toBe(expected.length);
        expect(drained(heap)).toEqual(expected);
      }),
    );
  });

  test('gives nothing before its time', () => {
    const heap = dueHeap<string>();
    heap.add(10, 'later');
    expect(heap.take(9)).toBeUndefined();
    expect(heap.take(10)?.item).toBe('later');
  });

  test('removes each entry once', () => {
    const heap = dueHeap<string>();
    const entry = heap.add(1, 'only');
    expect([heap.remove(entry), heap.remove(entry), heap.size]).toEqual([true, false, 0]);
  });
});
