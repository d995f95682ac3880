import { expect, test } from 'vitest';
import { inTurns } from '../../src/actors/turns.ts';
import { simulatedClock } from '../../src/adapters/clock/simulatedClock.ts';

const TURN_MS = 1_500;

/** Tasks by name, each ended when told. */
const tasks = () => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const task = (name: string) => (): Promise<void> => {
    begun.push(name);
    return new Promise((resolve) => ends.set(name, resolve));
  };
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, task, end };
};

test('what there is room for begins at once, and the rest in its order as others end, well or not', async () => {
  const { begun, task, end } = tasks();
  const turns = inTurns(simulatedClock(0), 2, TURN_MS);
  for (const name of ['a', 'b', 'c']) turns.take(task(name));
  turns.take(async () => {
    begun.push('fails');
    throw new Error('no host');
  });
  turns.take(task('d'));
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('a');
  expect(begun).toEqual(['a', 'b', 'c', 'fails', 'd']);
});

test('who takes too long goes on and keeps nobody else waiting, and counts once when it ends', async () => {
  const { begun, task, end } = tasks();
  const clock = simulatedClock(0);
  const turns = inTurns(clock, 1, TURN_MS);
  for (const name of ['silent', 'b', 'c', 'd']) turns.take(task(name));
  clock.advance(TURN_MS - 1);
  expect(begun).toEqual(['silent']);
  clock.advance(1);
  expect(begun).toEqual(['silent', 'b']);
  await end('silent');
  expect(begun).toEqual(['silent', 'b']);
  await end('b');
  expect(begun).toEqual(['silent', 'b', 'c']);
  turns.close();
  await end('c');
  expect(begun).toEqual(['silent', 'b', 'c']);
});
