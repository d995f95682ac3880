import { describe, expect, test } from 'vitest';
import {
  firstProbeAfter,
  type HealthState,
  healthOf,
  healthVerdict,
  healthyStatus,
  UNPROBED,
} from '../../../../src/domain/app/definition/health.ts';
import { app } from './support.ts';

const check = (fields: object) => {
  const [first] = app({ healthChecks: [{ gracePeriodSeconds: 10, maxConsecutiveFailures: 2, ...fields }] }).healthChecks;
  if (first === undefined) throw new Error('no check');
  return first;
};
const good = { healthy: true } as const;
const bad = { healthy: false, cause: '503' } as const;

/** Runs results, [seconds after the start, healthy?], and tells what each led to. */
const story = (fields: object, ...results: readonly (readonly [number, boolean])[]) => {
  let state: HealthState = UNPROBED;
  return results.map(([seconds, healthy]) => {
    const step = healthVerdict(check(fields), state, healthy ? good : bad, seconds * 1000);
    state = step.state;
    return [step.state.alive, step.changed, step.kill, step.state.consecutiveFailures];
  });
};

describe('health', () => {
  test('failures within the grace period do not count', () =>
    expect(story({}, [1, false], [9, false])).toEqual([
      [undefined, undefined, undefined, 0],
      [undefined, undefined, undefined, 0],
    ]));

  test('after the first success the grace period is over', () =>
    expect(story({}, [1, true], [2, false])).toEqual([
      [true, true, undefined, 0],
      [false, false, undefined, 1],
    ]));

  test('a check of the scheduler kills at the failure after the last that is allowed', () =>
    expect(story({}, [11, false], [12, false], [13, false])).toEqual([
      [false, false, undefined, 1],
      [false, undefined, undefined, 2],
      [false, undefined, '503', 3],
    ]));

  test('a check of the executor kills at the last one', () =>
    expect(story({ protocol: 'MESOS_TCP', portIndex: 0 }, [11, false], [12, false])).toEqual([
      [false, false, undefined, 1],
      [false, undefined, '503', 2],
    ]));

  test('a success starts the count anew', () =>
    expect(story({}, [11, false], [12, false], [13, true], [14, false]).map(([, , kill, failures]) => [kill, failures])).toEqual([
      [undefined, 1],
      [undefined, 2],
      [undefined, 0],
      [undefined, 1],
    ]));

  test('zero allowed failures never kill', () =>
    expect(
      story({ maxConsecutiveFailures: 0 }, ...Array.from({ length: 20 }, (_, at) => [20 + at, false] as const)).every(
        ([, , kill]) => kill === undefined,
      ),
    ).toBe(true));

  test('an app is healthy when all checks are, unhealthy when one is not, else unknown', () => {
    const state = (alive?: boolean): HealthState => (alive === undefined ? UNPROBED : { consecutiveFailures: 0, alive });
    expect([
      healthOf([state(true), state(true)]),
      healthOf([state(true), state()]),
      healthOf([state(), state(false)]),
      healthOf([]),
    ]).toEqual(['healthy', 'unknown', 'unhealthy', 'unknown']);
  });

  test('the first probe is due soon, or after the delay of an executor', () => {
    expect(firstProbeAfter(check({ intervalSeconds: 60 }))).toBe(5000);
    expect(firstProbeAfter(check({ intervalSeconds: 2 }))).toBe(2000);
    expect(firstProbeAfter(check({ protocol: 'COMMAND', command: { value: 'true' }, delaySeconds: 7 }))).toBe(7000);
  });

  test('2xx and 3xx are healthy; 1xx says nothing when ignored', () => {
    expect([200, 399, 400, 199].map((status) => healthyStatus(check({}), status))).toEqual([true, true, false, false]);
    expect(healthyStatus(check({ ignoreHttp1xx: true }), 100)).toBeUndefined();
  });
});
