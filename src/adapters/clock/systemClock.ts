import type { Clock } from '../../domain/kernel/ports.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';

/** Node fires a timer at once, with a warning, when its delay does not fit 31 bits. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
/** libuv counts whole milliseconds from its own start, so that a timer may come this much before the wall clock says so. */
const EARLY_MS = 2;

/** The machine's wall clock. A callback never comes before `now()` has reached its time, so that whoever compares the two sees it due. */
export const systemClock = (): Clock => ({
  now: Date.now,
  schedule: (after, callback) => {
    const due: Instant = Date.now() + after;
    let timer: NodeJS.Timeout;
    const wait = (left: Millis): void => {
      const step = Math.min(Math.max(left, 0), LONGEST_TIMEOUT_MS);
      timer = setTimeout(() => {
        if (left > step) return wait(left - step);
        const early = due - Date.now();
        if (early > 0 && early <= EARLY_MS) return wait(early);
        callback();
      }, step);
    };
    wait(after);
    return () => clearTimeout(timer);
  },
});
