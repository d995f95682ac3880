import type { Clock } from '../domain/kernel/ports.ts';
import { Shares } from './shares.ts';

/** Replacements of instances whose nodes are out of sight, over all apps: hosts, registries and the log take them at a pace. */
export const REPLACEMENTS_PER_SECOND = 500;
/** How often there are some more, ms. */
const REFILL_MS = 100;
const PER_REFILL = (REPLACEMENTS_PER_SECOND * REFILL_MS) / 1000;
/** Those that one app takes before the next one that waits has its turn. */
const PER_TURN = 10;

export type ReplacementRate = {
  /** Whether an app may replace one more now; where not, it is looked at again when it may. */
  take(app: string): boolean;
  /** Its look is over: who waits is next. */
  done(app: string): void;
};

/** A rack that is lost takes thousands of instances at once: they are replaced at a bounded rate, a few of each app in turn. */
export const createReplacementRate = (clock: Clock, look: (app: string) => void): ReplacementRate => {
  const turns = new Shares<string>();
  const taken = new Map<string, number>();
  let left = PER_REFILL;
  let filledAt = clock.now();
  let filling = false;

  const refill = (): void => {
    if (clock.now() - filledAt < REFILL_MS) return;
    filledAt = clock.now();
    left = PER_REFILL;
  };
  const call = (): void => {
    while (turns.called * PER_TURN < left) {
      const next = turns.call();
      if (next === undefined) return;
      look(next);
    }
  };
  const later = (): void => {
    if (filling || turns.waiting === 0) return;
    filling = true;
    clock.schedule(Math.max(0, filledAt + REFILL_MS - clock.now()), () => {
      filling = false;
      refill();
      call();
      later();
    });
  };
  const mayTake = (app: string): boolean => left > 0 && turns.mayTake(app) && (!turns.isShared(app) || (taken.get(app) ?? 0) < PER_TURN);

  return {
    take: (app) => {
      refill();
      if (!mayTake(app)) {
        turns.wait(app);
        later();
        return false;
      }
      left -= 1;
      taken.set(app, (taken.get(app) ?? 0) + 1);
      return true;
    },
    done: (app) => {
      taken.delete(app);
      turns.done(app);
      call();
    },
  };
};
