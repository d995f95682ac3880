import type { Clock } from '../domain/kernel/ports.ts';

/** A clock that can be told to call back nobody any more: nothing of a stopped engine goes on, or keeps its process from ending. */
export type StoppableClock = Clock & { stop(): void };

export const stoppableClock = ({ now, schedule }: Clock): StoppableClock => {
  const waiting = new Set<() => void>();
  let stopped = false;
  return {
    now,
    schedule: (after, callback) => {
      if (stopped) return () => {};
      const cancel = schedule(after, () => {
        waiting.delete(cancel);
        callback();
      });
      waiting.add(cancel);
      return () => {
        waiting.delete(cancel);
        cancel();
      };
    },
    stop: () => {
      stopped = true;
      for (const cancel of waiting) cancel();
      waiting.clear();
    },
  };
};
