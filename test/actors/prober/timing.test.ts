import { describe, expect, test } from 'vitest';
import type { HealthCheck } from '../../../src/domain/app/definition/checks.ts';
import { answered, failed, httpCheck, proberWorld, START, watched } from './world.ts';

const asking = (check: Partial<HealthCheck>) => watched({ healthChecks: [httpCheck(check)] });

describe('watching again with another timing', () => {
  test('asks by the new interval, and is not put off by it', async () => {
    const { prober, pass, asked, clock } = proberWorld(() => answered(200));
    prober.watch(asking({ intervalSeconds: 60 }));
    await pass(6_000);
    expect(asked).toHaveLength(1);
    prober.watch(asking({ intervalSeconds: 3 }));
    await pass(30_000);
    expect(asked.slice(1, 4).map(({ at }) => at - START)).toEqual([9_000, 12_000, 15_000]);
    const due = (asked.at(-1)?.at ?? 0) + 3_000;
    prober.watch(asking({ intervalSeconds: 60 }));
    const before = asked.length;
    await pass(120_000);
    expect(asked.slice(before).map(({ at }) => at)).toEqual([due, due + 60_000]);
    expect(clock.now()).toBe(START + 156_000);
  });

  test('gives a question as much time as it has by now', async () => {
    const { prober, pass, asked } = proberWorld(() => answered(200));
    prober.watch(asking({ timeoutSeconds: 5 }));
    await pass(6_000);
    prober.watch(asking({ timeoutSeconds: 2 }));
    await pass(10_000);
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([5_000, 2_000]);
  });

  test('takes a new delay where nothing was asked yet', async () => {
    const { prober, pass, asked } = proberWorld(() => answered(200));
    prober.watch(asking({ protocol: 'MESOS_HTTP', delaySeconds: 600 }));
    await pass(1_000);
    prober.watch(asking({ protocol: 'MESOS_HTTP', delaySeconds: 20 }));
    await pass(30_000);
    expect(asked[0]?.at).toBeGreaterThanOrEqual(START + 20_000);
    expect(asked[0]?.at).toBeLessThan(START + 21_000);
  });

  test('keeps what it knows: an instance that was ready stays so, failures go on being counted', async () => {
    const { prober, pass, events, world } = proberWorld(() => answered(200));
    prober.watch(asking({ maxConsecutiveFailures: 0 }));
    await pass(20_000);
    world.reply = () => failed('refused');
    await pass(30_000);
    const [{ consecutiveFailures, firstSuccess } = { consecutiveFailures: 0 }] = prober.healthOf('i-1');
    expect(consecutiveFailures).toBe(3);
    events.length = 0;
    prober.watch(asking({ maxConsecutiveFailures: 3 }));
    expect(prober.healthOf('i-1')).toMatchObject([{ consecutiveFailures, firstSuccess, alive: false }]);
    await pass(10_000);
    expect(events.map(({ type }) => type)).toEqual(['unhealthy', 'kill']);
  });

  test('a shorter grace counts from the start as before', async () => {
    const { prober, pass, types } = proberWorld(() => failed('refused'));
    prober.watch(asking({ gracePeriodSeconds: 300 }));
    await pass(30_000);
    expect(types()).toEqual([]);
    prober.watch(asking({ gracePeriodSeconds: 20 }));
    await pass(10_000);
    expect(types()).toEqual(['unhealthy']);
  });

  test('with another question it begins anew', async () => {
    const { prober, pass } = proberWorld(() => answered(200));
    prober.watch(asking({}));
    await pass(10_000);
    prober.watch(asking({ path: '/other' }));
    expect(prober.healthOf('i-1')).toEqual([]);
  });
});
