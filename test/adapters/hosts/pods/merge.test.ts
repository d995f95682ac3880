import { expect, test } from 'vitest';
import { inOrder, merged } from '../../../../src/adapters/hosts/pods/merge.ts';
import type { LogLine } from '../../../../src/domain/ports/hosts.ts';

async function* lines(...each: readonly (readonly [number | undefined, string])[]): AsyncGenerator<LogLine> {
  for (const [at, text] of each) yield { stream: 'stdout', text, ...(at !== undefined && { at }) };
}
const textsOf = async (all: AsyncIterable<LogLine>): Promise<string> => {
  const texts: string[] = [];
  for await (const { text } of all) texts.push(text);
  return texts.join(' ');
};

test('kept lines come by their time, those of one container in their own order', async () => {
  const streams = () => [lines([1, 'a'], [5, 'b'], [4, 'c']), lines([2, 'x'], [3, 'y'], [9, 'z']), lines()];
  expect(await textsOf(inOrder(streams()))).toBe('a x y b c z');
  expect(await textsOf(inOrder(streams(), 2))).toBe('c z');
  expect(await textsOf(inOrder(streams(), 0))).toBe('');
});

test('followed lines come as they are written, whoever is silent meanwhile', async () => {
  const silent = Promise.withResolvers<void>();
  async function* late(): AsyncGenerator<LogLine> {
    await silent.promise;
    yield* lines([0, 'late']);
  }
  const seen: string[] = [];
  for await (const { text } of merged([late(), lines([1, 'a'], [2, 'b'])])) {
    seen.push(text);
    if (text === 'b') silent.resolve();
  }
  expect(seen).toEqual(['a', 'b', 'late']);
});

test('a stream that breaks breaks the whole, and the others are let go', async () => {
  let isLetGo = false;
  async function* endless(): AsyncGenerator<LogLine> {
    try {
      for (;;) yield* lines([0, 'on']);
    } finally {
      isLetGo = true;
    }
  }
  // biome-ignore lint/correctness/useYield: it fails before the first line.
  async function* broken(): AsyncGenerator<LogLine> {
    throw new Error('the host is gone');
  }
  await expect(textsOf(merged([endless(), broken()]))).rejects.toThrow('the host is gone');
  expect(isLetGo).toBe(true);
});
