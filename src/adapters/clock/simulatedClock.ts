import { type Due, dueHeap } from '../../domain/kernel/dueHeap.ts';
import type { Clock } from '../../domain/kernel/ports.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';

export type SimulatedClock = Clock & {
  /** Moves on by `ms`, calling back whatever comes due on the way, each at its own time. */
  advance(ms: Millis): void;
  /** As `advance`, up to `instant`; a time that is past changes nothing. */
  advanceTo(instant: Instant): void;
  /** As `advanceTo`, but lets promises settle before each timer, so that what they schedule comes in its own order. */
  advanceSettling(instant: Instant): Promise<void>;
  /** As `advanceSettling` from timer to timer, until none waits or the next one lies behind `until`; the time then is the last timer's. */
  runUntilIdle(until?: Instant): Promise<void>;
  /** When the earliest timer is due; undefined when none waits. */
  nextDue(): Instant | undefined;
  /** How many timers wait. */
  readonly waiting: number;
};

/** Time that moves only when told: timers fire in the order of their due times, those due together in the order of scheduling. */
export const simulatedClock = (start: Instant): SimulatedClock => {
  const timers = dueHeap<() => void>();
  let now = start;

  const fireNext = (until: Instant): boolean => {
    const next: Due<() => void> | undefined = timers.take(until);
    if (next === undefined) return false;
    if (next.due > now) now = next.due;
    next.item();
    return true;
  };
  const advanceTo = (instant: Instant): void => {
    while (fireNext(instant));
    if (instant > now) now = instant;
  };
  const runUntilIdle = async (until: Instant): Promise<void> => {
    do await settled();
    while (fireNext(until));
  };

  return {
    now: () => now,
    schedule: (after, callback) => {
      const entry = timers.add(now + Math.max(after, 0), callback);
      return () => {
        timers.remove(entry);
      };
    },
    advance: (ms) => advanceTo(now + ms),
    advanceTo,
    advanceSettling: async (instant) => {
      await runUntilIdle(instant);
      if (instant > now) now = instant;
    },
    runUntilIdle: (until = Number.POSITIVE_INFINITY) => runUntilIdle(until),
    nextDue: () => timers.first()?.due,
    get waiting() {
      return timers.size;
    },
  };
};

/** A turn of the event loop: every promise that could settle without outside events has. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
