import type { Random } from '../../src/adapters/hosts/simulated/random.ts';

const HOUR_MS = 3_600_000;

/** Builds of an office day by hour, in no unit: few by night, most in the late morning and in the afternoon. */
const BY_HOUR = [2, 2, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 11, 13, 15, 15, 14, 11, 8, 6, 5, 4, 3, 3];
const MEAN = BY_HOUR.reduce((sum, weight) => sum + weight, 0) / BY_HOUR.length;
const PEAK = Math.max(...BY_HOUR) / MEAN;

/** Half of the builds take no longer, ms. */
const MEDIAN_MS = 300_000;
/** Of the logarithm of what they take: one of forty takes more than 21 minutes. */
const SIGMA = 0.7;
export const MEAN_BUILD_MS = MEDIAN_MS * Math.exp(SIGMA ** 2 / 2);

/** Builds that run at once on average in the busiest hour. */
export const busiest = (perDay: number): number => (perDay * PEAK * MEAN_BUILD_MS) / (24 * HOUR_MS);

/** When the next build is asked for, ms from `now`: a Poisson process, whose rate goes by the hour of the day. */
export const untilNext = (perDay: number, now: number, random: Random): number => {
  const most = (perDay * PEAK) / (24 * HOUR_MS);
  let at = now;
  for (;;) {
    at += -Math.log(1 - random()) / most;
    const hour = Math.floor(at / HOUR_MS) % 24;
    if (random() * PEAK * MEAN < (BY_HOUR[hour] ?? 0)) return at - now;
  }
};

/** How long a build takes, ms; log-normal. */
export const buildMs = (random: Random): number => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.round(MEDIAN_MS * Math.exp(SIGMA * normal));
};
