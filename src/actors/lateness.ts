import type { Tallies } from '../domain/deployment/deployment.facts.ts';
import { isLive } from '../domain/instance/instance.states.ts';
import type { Instant, Millis } from '../domain/kernel/units.ts';
import type { InstanceRow } from '../domain/ports/views.ts';

/** Of which version those are late that are not ready so long after they were placed. */
export type Lateness = { readonly version: string; readonly afterMs: Millis };

export type TalliesInTime = {
  readonly tallies: Tallies /** When the next one becomes late, unless it is ready by then. */;
  readonly next?: Instant;
};

/**
 * The tallies with those that are late counted among them. One that has been ready once is not late, whatever became of it since: that is
 * what its health says. It follows from what is recorded and from the time, so a restart changes nothing of it.
 */
export const withLate = (tallies: Tallies, rows: Iterable<InstanceRow>, { version, afterMs }: Lateness, now: Instant): TalliesInTime => {
  let late = 0;
  let next: Instant | undefined;
  for (const { version: of, state, placedAt, readyAt } of rows) {
    if (of !== version || placedAt === undefined || readyAt !== undefined || !isLive(state)) continue;
    const due = placedAt + afterMs;
    if (due <= now) late += 1;
    else if (next === undefined || due < next) next = due;
  }
  const tally = tallies[version];
  return {
    tallies: late === 0 || tally === undefined ? tallies : { ...tallies, [version]: { ...tally, late } },
    ...(next !== undefined && { next }),
  };
};
