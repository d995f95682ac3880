import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rollingLimits } from '../../../../src/domain/deployment/strategies/limits.ts';

/* Marathon's own examples of how far a rolling update may go at once (its RestartStrategyTest, release 1.11). */

const resident = true;

describe('with the shares and instances of Marathon', () => {
  test.for([
    { instances: 1, min: 0.5, over: 0, running: 1, healthy: 1, resident, maxCapacity: 1, killNow: 1 },
    { instances: 1, min: 0.5, over: 0, running: 1, healthy: 0, resident, maxCapacity: 1, killNow: 0 },
    { instances: 5, min: 0.5, over: 0, running: 5, healthy: 5, resident, maxCapacity: 5, killNow: 2 },
    { instances: 5, min: 1, over: 0, running: 7, healthy: 7, resident, maxCapacity: 5, killNow: 3 },
    { instances: 5, min: 1, over: 0, running: 5, healthy: 3, resident, maxCapacity: 5, killNow: 0 },
    { instances: 5, min: 1, over: 0, running: 5, healthy: 5, resident, maxCapacity: 5, killNow: 1 },
    { instances: 1, min: 0.5, over: 0, running: 1, healthy: 1, resident: false, maxCapacity: 2, killNow: 0 },
    { instances: 1, min: 0.5, over: 0, running: 0, healthy: 0, resident: false, maxCapacity: 1, killNow: 0 },
    { instances: 2, min: 0.5, over: 0, running: 2, healthy: 2, resident: false, maxCapacity: 2, killNow: 1 },
    { instances: 10, min: 0.1, over: 0, running: 1, healthy: 1, resident: false, maxCapacity: 10, killNow: 0 },
    { instances: 10, min: 0.1, over: 1, running: 10, healthy: 10, resident: false, maxCapacity: 20, killNow: 9 },
    { instances: 10, min: 1, over: 1, running: 10, healthy: 10, resident: false, maxCapacity: 20, killNow: 0 },
  ])(
    '$instances wanted, at least $min, over by $over, $healthy of $running healthy, resident $resident: at most $maxCapacity, $killNow at once',
    ({ min, over, maxCapacity, killNow, ...situation }) => {
      const limits = rollingLimits({ ...situation, minimumHealthCapacity: min, maximumOverCapacity: over });
      expect({ maxCapacity: limits.maxCapacity, killNow: limits.killNow }).toEqual({ maxCapacity, killNow });
    },
  );
});

test('with all of them there and healthy something can always move', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), share, share, fc.boolean(), (instances, min, over, isResident) => {
      const { minHealthy, maxCapacity, killNow } = rollingLimits({
        instances,
        minimumHealthCapacity: min,
        maximumOverCapacity: over,
        running: instances,
        healthy: instances,
        resident: isResident,
      });
      expect(minHealthy).toBeLessThanOrEqual(maxCapacity);
      expect(maxCapacity > instances || killNow > 0).toBe(true);
      if (!isResident) expect(instances - killNow).toBeGreaterThanOrEqual(minHealthy);
    }),
  );
});
