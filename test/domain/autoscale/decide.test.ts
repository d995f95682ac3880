import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideScaling, type ScalingPast } from '../../../src/domain/autoscale/decide.ts';
import { type AutoscalingPolicy, autoscalingPolicy, type ScalingReading } from '../../../src/domain/autoscale/policy.facts.ts';

const NOW = 1_893_456_000_000;
const LONG_AGO: ScalingPast = { scaledAt: 0, wasOwnDecrease: false };
const cpu = (value: number | undefined, instances: number): ScalingReading => ({
  metric: 'cpu',
  target: 0.5,
  instances,
  ...(value !== undefined && { value }),
});
const policyOf = (over: object = {}): AutoscalingPolicy =>
  autoscalingPolicy.parse({ min: 2, max: 10, targets: [{ metric: 'cpu', target: 0.5 }], ...over });

describe('a decision', () => {
  const cases: readonly (readonly [string, object, number, readonly ScalingReading[], string | undefined])[] = [
    ['asks for what brings the reading to its target', {}, 4, [cpu(0.82, 4)], 'cpu 82 % of 50 % wanted: 4 → 7'],
    ['takes away what is not needed', {}, 7, [cpu(0.1, 7)], 'cpu 10 % of 50 % wanted: 7 → 2'],
    ['changes nothing within the tolerance', {}, 4, [cpu(0.55, 4)], undefined],
    ['changes nothing where nothing is known', {}, 4, [cpu(undefined, 0)], undefined],
    ['does not ask twice for those that start', {}, 7, [cpu(0.82, 4)], undefined],
    ['takes those that are not measured to be at their target', {}, 8, [cpu(0.25, 4)], 'cpu 25 % of 50 % wanted: 8 → 6'],
    ['keeps the most there may be', {}, 8, [cpu(0.9, 8)], 'cpu 90 % of 50 % wanted, which needs 15, at most 10: 8 → 10'],
    ['keeps the fewest there may be', {}, 3, [cpu(0.01, 3)], 'cpu 1 % of 50 % wanted, which needs 1, at least 2: 3 → 2'],
    ['goes no further than a step', { scaleUp: { maxStep: 2 } }, 4, [cpu(0.82, 4)], 'cpu 82 % of 50 % wanted, at most 2 at once: 4 → 6'],
    ['brings back what is above the bounds, known or not', {}, 12, [cpu(undefined, 0)], 'at most 10: 12 → 10'],
    ['leaves an app alone that was suspended', {}, 0, [cpu(0.9, 4)], undefined],
    [
      'follows the largest need',
      {},
      4,
      [cpu(0.1, 4), { metric: 'requests', target: 10, value: 15, instances: 4 }],
      'requests 15/s of 10/s wanted: 4 → 6',
    ],
    ['takes nothing away while one target is not known', {}, 4, [cpu(0.1, 4), { metric: 'latency', target: 100, instances: 0 }], undefined],
    ['keeps a number without targets', { targets: [], desired: 5 }, 4, [], '5 wanted: 4 → 5'],
  ];
  test.for(cases)('%s', ([, over, current, readings, because]) =>
    expect(decideScaling(policyOf(over), NOW, current, readings, LONG_AGO)?.because).toBe(because),
  );
});

const shares = fc.double({ min: 0, max: 50, noNaN: true });
const counts = fc.integer({ min: 1, max: 200 });
const paces = fc.record(
  { cooldownSeconds: fc.integer({ min: 0, max: 600 }), maxStep: fc.integer({ min: 1, max: 20 }) },
  { requiredKeys: ['cooldownSeconds'] },
);
const policies = fc
  .record({
    min: counts,
    span: fc.integer({ min: 0, max: 100 }),
    tolerance: fc.double({ min: 0, max: 0.5, noNaN: true }),
    scaleUp: paces,
    scaleDown: paces,
  })
  .map(({ span, ...rest }) => policyOf({ ...rest, max: rest.min + span }));
const pasts = fc.record({
  scaledAt: fc.integer({ min: NOW - 900_000, max: NOW }),
  upAt: fc.integer({ min: NOW - 900_000, max: NOW }),
  wasOwnDecrease: fc.boolean(),
});

describe('whatever is measured', () => {
  test('the number stays within the bounds', () =>
    fc.assert(
      fc.property(policies, counts, counts, shares, (policy, current, measured, share) => {
        const to = decideScaling(policy, NOW, current, [cpu(share, measured)], LONG_AGO)?.to ?? current;
        return to >= policy.min && to <= policy.max;
      }),
    ));

  test('no decision comes before its cool-down is over', () =>
    fc.assert(
      fc.property(policies, counts, shares, pasts, (policy, current, share, past) => {
        const decided = decideScaling(policy, NOW, current, [cpu(share, current)], past);
        if (decided === undefined) return true;
        const since = decided.to > current && past.wasOwnDecrease ? past.upAt : past.scaledAt;
        const { cooldownSeconds } = decided.to > current ? policy.scaleUp : policy.scaleDown;
        return NOW - since >= cooldownSeconds * 1000;
      }),
    ));

  test('more load never asks for fewer', () =>
    fc.assert(
      fc.property(policies, counts, counts, shares, shares, (policy, current, measured, a, b) => {
        const at = (share: number) => decideScaling(policy, NOW, current, [cpu(share, measured)], LONG_AGO)?.to ?? current;
        return at(Math.min(a, b)) <= at(Math.max(a, b));
      }),
    ));

  test('a steady load comes to rest, and near the target where the bounds allow it', () =>
    fc.assert(
      fc.property(policies, counts, fc.double({ min: 0, max: 150, noNaN: true }), (policy, first, load) => {
        let current = first;
        const seen: number[] = [];
        for (let looks = 0; looks < 400; looks++) {
          const decided = decideScaling(policy, NOW, current, [cpu(load / current, current)], LONG_AGO);
          if (decided === undefined) break;
          current = decided.to;
          seen.push(current);
        }
        const rests = decideScaling(policy, NOW, current, [cpu(load / current, current)], LONG_AGO) === undefined;
        // Once inside the bounds it never turns round.
        const inside = seen.filter((each) => each !== policy.min && each !== policy.max);
        const rises = inside.every((each, nth) => nth === 0 || each > (inside[nth - 1] as number));
        const falls = inside.every((each, nth) => nth === 0 || each < (inside[nth - 1] as number));
        const isNear = current === policy.max || load / current / 0.5 <= 1 + policy.tolerance + 1e-9;
        return rests && (rises || falls) && isNear;
      }),
    ));

  test('nothing moves inside the tolerance', () =>
    fc.assert(
      fc.property(counts, fc.double({ min: -0.099, max: 0.099, noNaN: true }), (current, off) => {
        const policy = policyOf({ min: 1, max: 200, tolerance: 0.1 });
        return decideScaling(policy, NOW, current, [cpu(0.5 * (1 + off), current)], LONG_AGO) === undefined;
      }),
    ));
});
