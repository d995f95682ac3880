import type { Clock } from '../domain/kernel/ports.ts';
import type { Millis } from '../domain/kernel/units.ts';

export type Turns = {
  /** Begins a task now, or when those before it have begun and there is room. */
  take(task: () => Promise<unknown>): void;
  /** What has not begun never will. */
  close(): void;
};

/**
 * At most so many tasks at once, in the order in which they came. One that takes longer than its turn goes on, and keeps nobody else waiting.
 * @param turnMs after which another may begin beside one that has not ended
 */
export const inTurns = (clock: Clock, atOnce: number, turnMs: Millis): Turns => {
  let waiting: (() => Promise<unknown>)[] = [];
  let first = 0;
  let running = 0;

  const begin = (task: () => Promise<unknown>): void => {
    running += 1;
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      running -= 1;
      next();
    };
    const cancel = clock.schedule(turnMs, over);
    task().then(over, over);
  };
  const next = (): void => {
    while (running < atOnce && first < waiting.length) begin(waiting[first++] as () => Promise<unknown>);
    if (first === waiting.length) {
      waiting = [];
      first = 0;
    }
  };
  return {
    take: (task) => {
      waiting.push(task);
      next();
    },
    close: () => {
      waiting = [];
      first = 0;
    },
  };
};
