import { describe, expect, test } from 'vitest';
import { simulatedClock } from '../../../src/adapters/clock/simulatedClock.ts';

const watched = (start = 1_000) => {
  const clock = simulatedClock(start);
  const seen: string[] = [];
  const note = (name: string) => () => {
    seen.push(`${name}@${clock.now()}`);
  };
  return { clock, seen, note };
};

describe('the simulated clock', () => {
  test('stands still until it is moved', () => {
    const { clock, seen, note } = watched();
    clock.schedule(0, note('now'));
    expect([clock.now(), seen]).toEqual([1_000, []]);
  });

  test('calls back in order of time, then of scheduling, each at its own time', () => {
    const { clock, seen, note } = watched();
    clock.schedule(20, note('c'));
    clock.schedule(10, note('a'));
    clock.schedule(10, note('b'));
    clock.schedule(31, note('not yet'));
    clock.advance(30);
    expect([seen, clock.now(), clock.nextDue()]).toEqual([['a@1010', 'b@1010', 'c@1020'], 1_030, 1_031]);
  });

  test('calls back what a callback schedules, where that comes due on the way', () => {
    const { clock, seen, note } = watched();
    clock.schedule(10, () => clock.schedule(5, note('second')));
    clock.advanceTo(1_020);
    expect(seen).toEqual(['second@1015']);
  });

  test('forgets what is cancelled', () => {
    const { clock, seen, note } = watched();
    const cancel = clock.schedule(10, note('never'));
    cancel();
    clock.advance(100);
    expect([seen, clock.waiting, clock.nextDue()]).toEqual([[], 0, undefined]);
  });

  test('never goes back', () => {
    const { clock } = watched();
    clock.advanceTo(500);
    expect(clock.now()).toBe(1_000);
  });

  test('runs until nothing waits, letting promises schedule more in between', async () => {
    const { clock, seen, note } = watched();
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.schedule(ms, resolve));
    clock.schedule(15, note('between'));
    void (async () => {
      await sleep(10);
      await sleep(10);
      note('slept twice')();
    })();
    await clock.runUntilIdle();
    expect(seen).toEqual(['between@1015', 'slept twice@1020']);
  });

  test('stops before what lies behind the limit', async () => {
    const { clock, seen, note } = watched();
    clock.schedule(10, note('in'));
    clock.schedule(1_000_000, note('out'));
    await clock.runUntilIdle(2_000);
    expect([seen, clock.now(), clock.waiting]).toEqual([['in@1010'], 1_010, 1]);
  });
});
