import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { Views } from '../../domain/ports/views.ts';
import { createViews } from '../../projections/views.ts';

/** Facts that are handed over at once. */
const BATCH = 1_000;

/** Views as of a position, to be folded on by whoever asked: they are nobody else's. */
export const onward = (past: Past, position: number): Views & { take(facts: readonly Recorded[]): void } => {
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
  return views;
};
