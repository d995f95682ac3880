import type { Dwell, Visit } from '../../domain/ports/timeline.ts';

/** Visits of many streams put together by state, the longest at the 95th percentile first. */
export const dwellOf = (visits: readonly Visit[]): readonly Dwell[] =>
  [...Map.groupBy(visits, ({ state }) => state)]
    .map(([state, all]): Dwell => {
      const ended = all
        .filter(({ lasts }) => !lasts)
        .map(({ ms }) => ms)
        .sort((a, b) => a - b);
      const lasting = all.filter(({ lasts }) => lasts).map(({ ms }) => ms);
      return {
        state,
        count: ended.length,
        ...(ended.length > 0 && { p50: ranked(ended, 0.5), p95: ranked(ended, 0.95), max: ended.at(-1) ?? 0 }),
        lasting: lasting.length,
        ...(lasting.length > 0 && { longestLasting: lasting.reduce((a, b) => Math.max(a, b), 0) }),
      };
    })
    .sort((a, b) => (b.p95 ?? -1) - (a.p95 ?? -1) || (a.state < b.state ? -1 : 1));

/** The nearest rank: the smallest value that at least this share of all does not exceed. */
const ranked = (sorted: readonly number[], share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
