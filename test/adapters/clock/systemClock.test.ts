import { expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';

test('a callback never comes before the clock says that it is time', async () => {
  const clock = systemClock();
  const early = await Promise.all(
    Array.from({ length: 200 }, (_, index) => {
      const due = clock.now() + (index % 20) + 0.7;
      return new Promise<boolean>((resolve) => clock.schedule(due - clock.now(), () => resolve(clock.now() < Math.floor(due))));
    }),
  );
  expect(early.filter((wasEarly) => wasEarly)).toEqual([]);
});

test('a cancelled callback never comes, a due one comes at once', async () => {
  const clock = systemClock();
  const seen: string[] = [];
  clock.schedule(0, () => seen.push('cancelled'))();
  await new Promise<void>((resolve) => clock.schedule(-5, resolve));
  await new Promise<void>((resolve) => clock.schedule(1, resolve));
  expect(seen).toEqual([]);
});

test('a time further away than a timer of Node reaches does not come at once', async () => {
  const clock = systemClock();
  const seen: string[] = [];
  const cancel = clock.schedule(2 ** 31 + 5, () => seen.push('too early'));
  await new Promise<void>((resolve) => clock.schedule(5, resolve));
  cancel();
  expect(seen).toEqual([]);
});
