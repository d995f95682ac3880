import type { Clock } from '../../../domain/kernel/ports.ts';

/** Dropwizard's: rates decay by ticks of this length, seconds. */
const TICK_SECONDS = 5;
/** Of the last so many durations percentiles are told; the size of Dropwizard's own sample. */
const SAMPLE = 1_028;
const MINUTES = [1, 5, 15] as const;

export type Meter = { mark(): void; snapshot(): MeterJson };
export type MeterJson = {
  readonly count: number;
  readonly m1_rate: number;
  readonly m5_rate: number;
  readonly m15_rate: number;
  readonly mean_rate: number;
  readonly units: 'events/second';
};

/** Events per second, as an average since the start and as moving averages over 1, 5 and 15 minutes. */
export const meterOf = ({ now }: Pick<Clock, 'now'>): Meter => {
  const startedAt = now();
  let ticked = startedAt;
  let [count, sinceTick] = [0, 0];
  let rates: number[] | undefined;
  const tick = (): void => {
    for (; now() - ticked >= TICK_SECONDS * 1000; ticked += TICK_SECONDS * 1000) {
      const instant = sinceTick / TICK_SECONDS;
      sinceTick = 0;
      rates = MINUTES.map((minutes, index) => {
        const before = rates?.[index];
        return before === undefined ? instant : before + (1 - Math.exp(-TICK_SECONDS / 60 / minutes)) * (instant - before);
      });
      // Nothing left to decay: a server that was asked nothing for days does not count its idle ticks.
      if (rates.every((rate) => rate < 1e-12)) ticked = now() - ((now() - ticked) % (TICK_SECONDS * 1000)) - TICK_SECONDS * 1000;
    }
  };
  return {
    mark: () => {
      tick();
      count += 1;
      sinceTick += 1;
    },
    snapshot: () => {
      tick();
      const seconds = (now() - startedAt) / 1000;
      const [m1 = 0, m5 = 0, m15 = 0] = rates ?? [];
      return { count, m1_rate: m1, m5_rate: m5, m15_rate: m15, mean_rate: seconds > 0 ? count / seconds : 0, units: 'events/second' };
    },
  };
};

export type Sample = { add(value: number): void; snapshot(): SampleJson };
export type SampleJson = Readonly<
  Record<'count' | 'max' | 'mean' | 'min' | 'p50' | 'p75' | 'p95' | 'p98' | 'p99' | 'p999' | 'stddev', number>
>;

/** The last durations and how they are spread. */
export const sampleOf = (): Sample => {
  const values: number[] = [];
  let count = 0;
  return {
    add: (value) => {
      values[count % SAMPLE] = value;
      count += 1;
    },
    snapshot: () => {
      const sorted = values.toSorted((a, b) => a - b);
      const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
      const mean = sorted.length === 0 ? 0 : sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
      const variance = sorted.length === 0 ? 0 : sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length;
      return {
        count,
        max: sorted.at(-1) ?? 0,
        mean,
        min: sorted[0] ?? 0,
        p50: at(0.5),
        p75: at(0.75),
        p95: at(0.95),
        p98: at(0.98),
        p99: at(0.99),
        p999: at(0.999),
        stddev: Math.sqrt(variance),
      };
    },
  };
};
