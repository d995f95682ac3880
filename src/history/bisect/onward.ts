import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Onward, Past } from '../../domain/ports/past.ts';
import { createViews } from '../../projections/views.ts';

/** Facts that are handed over at once. */
const BATCH = 1_000;

/** Views as of a position, to be folded on by whoever asked. */
export const onwardFrom = (past: Past, position: number): Onward => past.onward?.(position) ?? fromZero(past, position);

const fromZero = (past: Past, position: number): Onward => {
  const views = createViews();
  let batch: Recorded[] = [];
  for (const recorded of past.between(0, position)) {
    batch.push(recorded);
    if (batch.length === BATCH) {
      views.take(batch);
      batch = [];
    }
  }
  views.take(batch);
  return { views, fold: (recorded) => views.take([recorded]) };
};
