import type { Clock } from '../domain/kernel/ports.ts';
import type { Instant } from '../domain/kernel/units.ts';
import { LONGEST_SLEEP_MS } from './timers.ts';

export type Alarms<K> = {
  /** At `at`, by the engine's clock, once; another time for the same key takes the place of the first. */
  set(key: K, at: Instant): void;
  clear(key: K): void;
};

/** Looks at the clock again when something is due. Nothing durable: what is due follows from what is recorded, and is set anew at a start. */
export const createAlarms = <K>(clock: Clock, ring: (key: K) => void): Alarms<K> => {
  const set = new Map<K, { readonly at: Instant; cancel: () => void }>();
  const sleep = (key: K, at: Instant): (() => void) =>
    clock.schedule(Math.min(LONGEST_SLEEP_MS, Math.max(0, at - clock.now())), () => {
      const alarm = set.get(key);
      if (alarm === undefined) return;
      if (clock.now() < at) {
        alarm.cancel = sleep(key, at);
        return;
      }
      set.delete(key);
      ring(key);
    });
  const clear = (key: K): void => {
    set.get(key)?.cancel();
    set.delete(key);
  };
  return {
    set: (key, at) => {
      if (set.get(key)?.at === at) return;
      clear(key);
      set.set(key, { at, cancel: sleep(key, at) });
    },
    clear,
  };
};
