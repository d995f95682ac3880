import { describe, expect, test } from 'vitest';
import { gateSpec } from '../../../src/domain/gate/gate.facts.ts';
import { growthFrom, readPools } from '../../../src/domain/gate/pools.ts';
import type { PoolCounters } from '../../../src/domain/ports/balancer.ts';

const pool = (version: string, requests: number, errors: number, more: Partial<PoolCounters> = {}): PoolCounters => ({
  route: '/web:0',
  app: '/web',
  version,
  requests,
  errors,
  retries: 0,
  bytesIn: 0,
  bytesOut: 0,
  current: 0,
  ...more,
});
const errorRate = gateSpec.parse({ kind: 'errorRate', name: 'e', max: 0.1, minimumSamples: 10 });
const latency = gateSpec.parse({ kind: 'latency', name: 'l', quantile: 'p95', maxMs: 100, minimumSamples: 10 });
const read = (
  spec: typeof errorRate,
  before: readonly PoolCounters[],
  now: readonly PoolCounters[],
  atMs = 10_000,
  old = ['old'],
): ReturnType<typeof readPools> => {
  if (spec.kind !== 'errorRate' && spec.kind !== 'latency') throw new Error('no gate over counters');
  return readPools(spec, growthFrom(before), now, { fresh: 'new', old }, atMs);
};

describe('the error rate', () => {
  test('is of the requests since the gate began, with the old versions over the same time beside it', () => {
    const before = [pool('new', 100, 90), pool('old', 1000, 500)];
    expect(read(errorRate, before, [pool('new', 200, 95), pool('old', 2000, 520)]).reading).toEqual({
      gate: 'e',
      atMs: 10_000,
      value: 0.05,
      samples: 100,
      baseline: 0.02,
    });
  });
  test('sums up all routes, and a pool that came later counts from nothing', () => {
    const now = [pool('new', 60, 6), pool('new', 40, 14, { route: '/web:1' })];
    expect(read(errorRate, [pool('new', 0, 0)], now).reading).toEqual({ gate: 'e', atMs: 10_000, value: 0.2, samples: 100 });
  });
  test('adds up what several balancers count of the same route', () => {
    const before = [pool('new', 100, 10), pool('new', 50, 5)];
    const now = [pool('new', 150, 20), pool('new', 100, 15)];
    expect(read(errorRate, before, now).reading).toMatchObject({ samples: 100, value: 0.2 });
  });
  test('is all of them where no server could be given any request', () => {
    expect(read(errorRate, [], [pool('new', 0, 30)]).reading).toMatchObject({ samples: 30, value: 1 });
  });
  test('has no baseline where the old versions had too few requests to say anything', () => {
    const now = [pool('new', 100, 0), pool('old', 9, 9)];
    expect(read(errorRate, [], now).reading.baseline).toBeUndefined();
    expect(read(errorRate, [], [pool('new', 100, 0), pool('old', 9, 9), pool('older', 1, 1)], 0, ['old', 'older']).reading.baseline).toBe(
      1,
    );
  });
  test('says nothing where there was no request', () => {
    expect(read(errorRate, [pool('new', 5, 5)], [pool('new', 5, 5)]).reading).toEqual({
      gate: 'e',
      atMs: 10_000,
      samples: 0,
      note: 'no request yet',
    });
  });
  test('says nothing any more when requests have stopped coming', () => {
    const first = read(errorRate, [], [pool('new', 100, 0)], 10_000);
    const then = (atMs: number, requests: number) =>
      errorRate.kind === 'errorRate' &&
      readPools(errorRate, first.growth, [pool('new', requests, 0)], { fresh: 'new', old: [] }, atMs).reading;
    expect(then(70_000, 100)).toMatchObject({ value: 0 });
    expect(then(71_000, 100)).toEqual({ gate: 'e', atMs: 71_000, samples: 100, note: 'no request for 61 s' });
    expect(then(71_000, 101)).toMatchObject({ value: 0, samples: 101 });
  });
  test('says nothing and begins anew when the counters fell', () => {
    const { reading, growth } = read(errorRate, [pool('new', 100, 50)], [pool('new', 3, 0)]);
    expect(reading).toEqual({ gate: 'e', atMs: 10_000, samples: 0, note: 'the balancer counts anew' });
    expect(growth.base.size).toBe(1);
  });
});

describe('the response time', () => {
  const times = (p95: number) => ({ responseTimeMs: { mean: 1, p95 } });
  test('is that of the slowest route of the new version, compared with the fastest of the old', () => {
    const now = [
      pool('new', 100, 0, times(20)),
      pool('new', 1, 0, { route: '/web:1', ...times(90) }),
      pool('old', 50, 0, times(40)),
      pool('old', 50, 0, { route: '/web:1', ...times(30) }),
    ];
    expect(read(latency, [], now).reading).toEqual({ gate: 'l', atMs: 10_000, value: 90, samples: 101, baseline: 30 });
  });
  test('says nothing where the balancer does not tell that quantile', () => {
    expect(read(latency, [], [pool('new', 100, 0, { responseTimeMs: { mean: 1 } })]).reading).toEqual({
      gate: 'l',
      atMs: 10_000,
      samples: 100,
      note: 'the balancer tells no p95 of its response time',
    });
  });
});
