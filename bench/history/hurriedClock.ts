import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import type { Clock } from '../../src/domain/kernel/ports.ts';

/** The machine's clock, so many times as fast, from a given instant on: days of a cluster pass in minutes. */
export const hurriedClock = (start: number, times: number): Clock => {
  const clock = systemClock();
  const begun = performance.now();
  return {
    now: () => Math.floor(start + (performance.now() - begun) * times),
    // One more, so that the hurried clock has surely reached the time.
    schedule: (after, callback) => clock.schedule(Math.ceil(after / times) + 1, callback),
  };
};
