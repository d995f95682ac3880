import type { Clock } from '../../domain/kernel/ports.ts';
import type { Millis } from '../../domain/kernel/units.ts';

/** Waits by a clock, and no longer than until the signal. */
export const waitBy =
  (clock: Pick<Clock, 'schedule'>, until: AbortSignal) =>
  (ms: Millis): Promise<void> =>
    new Promise((resolve) => {
      if (until.aborted) return resolve();
      const end = (): void => {
        cancel();
        until.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.schedule(ms, end);
      until.addEventListener('abort', end);
    });
