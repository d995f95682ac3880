import { dueHeap } from '../domain/kernel/dueHeap.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { RosterView } from '../domain/ports/views.ts';

/** Longest sleep of the one timer behind all timers, ms: bounds what a jump of the wall clock can delay. */
export const LONGEST_SLEEP_MS = 60_000;

export type Timers = {
  /** Facts as they are committed: their metadata says when their stream is due. */
  take(batch: readonly Recorded[]): void;
  /** At start: all that the roster says is due. */
  load(): void;
  stop(): void;
};

/** Durable timers, read from the roster and never from XState. `onDue` asks the stream's actor, which drops what no longer matches. */
export const createTimers = (roster: RosterView, clock: Clock, onDue: (stream: StreamName) => void): Timers => {
  const heap = dueHeap<StreamName>();
  let cancel: (() => void) | undefined;
  let armedFor = Number.POSITIVE_INFINITY;
  let stopped = false;

  const arm = (): void => {
    const next = heap.first();
    if (stopped || next === undefined || next.due >= armedFor) return;
    cancel?.();
    armedFor = next.due;
    cancel = clock.schedule(Math.min(LONGEST_SLEEP_MS, Math.max(0, next.due - clock.now())), fire);
  };

  const fire = (): void => {
    armedFor = Number.POSITIVE_INFINITY;
    const now = clock.now();
    for (let next = heap.take(now); next !== undefined; next = heap.take(now)) {
      if (roster.get(next.item)?.due === next.due) onDue(next.item);
    }
    arm();
  };

  return {
    take: (batch) => {
      for (const { stream, meta } of batch) if (meta.due !== undefined) heap.add(meta.due, stream);
      arm();
    },
    load: () => {
      for (const { stream, due } of roster.active()) if (due !== undefined) heap.add(due, stream);
      arm();
    },
    stop: () => {
      stopped = true;
      cancel?.();
    },
  };
};
