import type { StreamName } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { RosterView } from '../domain/ports/views.ts';
import { Heap } from './heap.ts';

/** Longest sleep of the one timer behind all timers, ms: bounds what a jump of the wall clock can delay. */
export const LONGEST_SLEEP_MS = 60_000;

type Due = { readonly stream: StreamName; readonly due: number };

export type Timers = {
  /** Facts as they are committed: their metadata says when their stream is due. */
  take(batch: readonly Recorded[]): void;
  /** At start: all that the roster says is due. */
  load(): void;
  stop(): void;
};

/** Durable timers, read from the roster and never from XState. `onDue` asks the stream's actor, which drops what no longer matches. */
export const createTimers = (roster: RosterView, clock: Clock, onDue: (stream: StreamName) => void): Timers => {
  const heap = new Heap<Due>((a, b) => a.due - b.due);
  let cancel: (() => void) | undefined;
  let armedFor = Number.POSITIVE_INFINITY;
  let stopped = false;

  const arm = (): void => {
    const next = heap.peek();
    if (stopped || next === undefined || next.due >= armedFor) return;
    cancel?.();
    armedFor = next.due;
    cancel = clock.schedule(Math.min(LONGEST_SLEEP_MS, Math.max(0, next.due - clock.now())), fire);
  };

  const fire = (): void => {
    armedFor = Number.POSITIVE_INFINITY;
    const now = clock.now();
    for (let next = heap.peek(); next !== undefined && next.due <= now; next = heap.peek()) {
      heap.pop();
      if (roster.get(next.stream)?.due === next.due) onDue(next.stream);
    }
    arm();
  };

  return {
    take: (batch) => {
      for (const { stream, meta } of batch) if (meta.due !== undefined) heap.push({ stream, due: meta.due });
      arm();
    },
    load: () => {
      for (const { stream, due } of roster.all()) if (due !== undefined) heap.push({ stream, due });
      arm();
    },
    stop: () => {
      stopped = true;
      cancel?.();
    },
  };
};
