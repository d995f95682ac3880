import { describe, expect, test } from 'vitest';
import { autoscalingPolicy } from '../../../src/domain/autoscale/policy.facts.ts';
import { boundsAt } from '../../../src/domain/autoscale/schedule.ts';

const policyOf = (...schedule: readonly object[]) => autoscalingPolicy.parse({ min: 2, max: 10, desired: 3, schedule });
const at = (iso: string) => Date.parse(iso);
const office = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '18:00', timeZone: 'Europe/Berlin', min: 6 };
const night = { days: ['fri'], from: '22:00', to: '06:00', desired: 9 };

describe('a window', () => {
  const cases: readonly (readonly [string, object, string, number])[] = [
    ['is not in force before it begins', office, '2030-01-07T06:59:00Z', 2],
    ['is in force from its first minute, by the clock of its time zone', office, '2030-01-07T07:00:00Z', 6],
    ['is over at its end', office, '2030-01-07T17:00:00Z', 2],
    ['goes with daylight saving time', office, '2030-07-01T06:00:00Z', 6],
    ['holds on its days alone', office, '2030-01-06T10:00:00Z', 2],
  ];
  test.for(cases)('%s', ([, window, iso, min]) => expect(boundsAt(policyOf(window), at(iso)).min).toBe(min));

  test('over midnight belongs to the day on which it begins', () => {
    const desired = (iso: string) => boundsAt(policyOf(night), at(iso)).desired;
    expect(['2030-01-04T21:59Z', '2030-01-04T22:00Z', '2030-01-05T05:59Z', '2030-01-05T06:00Z', '2030-01-05T23:00Z'].map(desired)).toEqual([
      3, 9, 9, 3, 3,
    ]);
  });

  test('from a time to the same time lasts a day', () => {
    const desired = (iso: string) => boundsAt(policyOf({ days: ['sat'], from: '06:00', to: '06:00', desired: 4 }), at(iso)).desired;
    expect(['2030-01-05T05:59Z', '2030-01-05T06:00Z', '2030-01-06T05:59Z', '2030-01-06T06:00Z'].map(desired)).toEqual([3, 4, 4, 3]);
  });

  test('that comes first holds where two are in force', () =>
    expect(
      boundsAt(policyOf({ from: '00:00', to: '12:00', min: 4 }, { from: '06:00', to: '18:00', min: 5 }), at('2030-01-01T07:00Z')),
    ).toEqual({
      min: 4,
      max: 10,
      desired: 4,
      window: '00:00-12:00 UTC',
    }));
});
