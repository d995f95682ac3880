import type { Instant, Millis } from '../../../../../domain/kernel/units.ts';

/** What is told of the messages that a consumer, or a whole group, has dealt with. */
export type Measured = {
  readonly total: number;
  /** Per second since it began. */
  readonly average: number;
  /** Since the one before was asked for. */
  readonly sinceLast: number;
};

export type Statistics = {
  /** A message was answered so long after it was sent. */
  count(after: Millis): void;
  measure(now: Instant): Measured;
  /** How long the last answers took, ms, by EventStoreDB's names. */
  spread(): ReadonlyMap<string, number>;
};

/** Answers whose times are kept. */
const SAMPLES = 1000;

const QUANTILES: readonly (readonly [string, number])[] = [
  ['Fastest', 0],
  ['Quintile 1', 0.2],
  ['Quintile 2', 0.4],
  ['Median', 0.5],
  ['Quintile 3', 0.6],
  ['Quintile 4', 0.8],
  ['Quintile 5', 1],
  ['90%', 0.9],
  ['95%', 0.95],
  ['99%', 0.99],
  ['99.5%', 0.995],
  ['99.9%', 0.999],
  ['Highest', 1],
];

export const statisticsFrom = (began: Instant): Statistics => {
  const samples: Millis[] = [];
  let total = 0;
  let told = 0;
  return {
    count: (after) => {
      samples[total % SAMPLES] = after;
      total++;
    },
    measure: (now) => {
      const sinceLast = total - told;
      told = total;
      const seconds = (now - began) / 1000;
      return { total, sinceLast, average: seconds <= 0 ? 0 : Math.round(total / seconds) };
    },
    spread: () => {
      const sorted = samples.toSorted((a, b) => a - b);
      if (sorted.length === 0) return new Map();
      const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length;
      const quantile = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
      return new Map([['Mean', Math.round(mean)], ...QUANTILES.map(([name, part]) => [name, quantile(part)] as const)]);
    },
  };
};
