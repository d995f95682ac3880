import { expect, test } from 'vitest';
import type { Folded } from '../../src/actors/folded.ts';
import { createResting } from '../../src/actors/resting.ts';

const state = (revision: number): Folded => ({ state: { revision } }) as Folded;

test('what rests is there when it is asked for, once', () => {
  const resting = createResting(3);
  const mine = state(1);
  resting.keep('app-/a', mine);
  expect(resting.take('app-/a')).toBe(mine);
  expect(resting.take('app-/a')).toBeUndefined();
});

test('the one that was put to rest first is forgotten first', () => {
  const resting = createResting(2);
  for (const name of ['a', 'b', 'c']) resting.keep(`app-/${name}`, state(1));
  expect(['a', 'b', 'c'].map((name) => resting.take(`app-/${name}`) !== undefined)).toEqual([false, true, true]);
});

test('one that comes and goes all the time stays, though others rest where it rested earlier', () => {
  const resting = createResting(4);
  let isThere = 0;
  for (let turn = 0; turn < 40; turn++) {
    if (turn > 0 && resting.take('group-/') !== undefined) isThere++;
    resting.keep('group-/', state(turn));
    resting.keep(`app-/${turn}`, state(0));
  }
  expect(isThere).toBe(39);
});

test('put to rest twice, it has its last state and one place', () => {
  const resting = createResting(2);
  resting.keep('app-/a', state(1));
  resting.keep('app-/a', state(2));
  resting.keep('app-/b', state(3));
  expect(resting.take('app-/a')?.state.revision).toBe(2);
  expect(resting.take('app-/b')?.state.revision).toBe(3);
});
