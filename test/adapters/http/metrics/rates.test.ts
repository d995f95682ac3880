import { describe, expect, test } from 'vitest';
import { meterOf, sampleOf } from '../../../../src/adapters/http/metrics/rates.ts';

/** A clock that the test moves, ms. */
const clock = () => {
  let now = 1_000_000;
  const pass = (ms: number): void => {
    now += ms;
  };
  return { now: () => now, pass };
};

describe('a meter', () => {
  test('counts, and rates at which events come in a steady rhythm are that rhythm', () => {
    const time = clock();
    const meter = meterOf(time);
    for (let n = 0; n < 60; n++) {
      meter.mark();
      meter.mark();
      time.pass(1_000);
    }
    const { count, mean_rate, m1_rate, m5_rate, m15_rate } = meter.snapshot();
    expect([count, mean_rate]).toEqual([120, 2]);
    for (const rate of [m1_rate, m5_rate, m15_rate]) expect(rate).toBeCloseTo(2, 5);
  });

  test('forgets, the short average first', () => {
    const time = clock();
    const meter = meterOf(time);
    for (let n = 0; n < 50; n++) meter.mark();
    time.pass(5_000);
    expect(meter.snapshot().m1_rate).toBe(10);
    time.pass(60_000);
    const { m1_rate, m15_rate } = meter.snapshot();
    expect(m1_rate).toBeCloseTo(10 / Math.E, 5);
    expect(m15_rate).toBeCloseTo(10 * Math.exp(-1 / 15), 5);
    time.pass(10 * 365 * 24 * 3_600_000);
    expect(meter.snapshot()).toMatchObject({ count: 50, m1_rate: expect.closeTo(0, 9), m15_rate: expect.closeTo(0, 9) });
    meter.mark();
    time.pass(5_000);
    expect(meter.snapshot().m1_rate).toBeGreaterThan(0);
  });

  test('without time says nothing of a rate', () => {
    expect(meterOf(clock()).snapshot()).toMatchObject({ count: 0, mean_rate: 0, m1_rate: 0 });
  });
});

test('a sample tells how the last durations are spread, and counts them all', () => {
  const sample = sampleOf();
  expect(sample.snapshot()).toMatchObject({ count: 0, max: 0, mean: 0, p99: 0 });
  for (let n = 1; n <= 2_000; n++) sample.add(n);
  // The last 1,028: 973 to 2,000.
  expect(sample.snapshot()).toMatchObject({ count: 2_000, min: 973, max: 2_000, mean: 1_486.5, p50: 1_487, p99: 1_990 });
});
