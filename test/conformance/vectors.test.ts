import { describe, expect, test } from 'vitest';
import { rollingLimits } from '../../src/domain/deployment/strategies/limits.ts';
import { compileConstraints } from '../../src/domain/placement/constraints.ts';
import { lineOf } from './conform.ts';

/** Marathon's own examples (RestartStrategyTest): instances, minimum, over, running, healthy, resident → maxCapacity, killNow. */
const LIMITS: readonly (readonly [number, number, number, number, number, boolean, number, number])[] = [
  [1, 0.5, 0, 1, 1, true, 1, 1],
  [1, 0.5, 0, 1, 0, true, 1, 0],
  [5, 0.5, 0, 5, 5, true, 5, 2],
  [5, 1, 0, 7, 7, true, 5, 3],
  [5, 1, 0, 5, 3, true, 5, 0],
  [5, 1, 0, 5, 5, true, 5, 1],
  [1, 0.5, 0, 1, 1, false, 2, 0],
  [1, 0.5, 0, 0, 0, false, 1, 0],
  [2, 0.5, 0, 2, 2, false, 2, 1],
  [10, 0.1, 0, 1, 1, false, 10, 0],
  [10, 0.1, 1, 10, 10, false, 20, 9],
  [10, 1, 1, 10, 10, false, 20, 0],
];

/** Its ConstraintsTest: five instances, GROUP_BY rack; groups wanted, racks of those placed, the rack offered, the answer. */
const GROUPS: readonly (readonly [number, readonly string[], string | undefined, boolean])[] = [
  [2, [], 'r1', true],
  [2, ['r1', 'r1'], 'r1', true],
  [2, ['r1', 'r1', 'r1'], 'r1', false],
  [2, ['r1'], 'r2', true],
  [2, ['r1', 'r1', 'r1', 'r2'], 'r2', true],
  [2, ['r1', 'r2'], 'r3', false],
  [4, ['r1'], 'r1', true],
  [4, ['r1', 'r1'], 'r1', false],
  [4, ['r1', 'r1', 'r2'], 'r2', false],
  [4, [], undefined, false],
];

describe('vectors', () => {
  test.for(LIMITS)(
    'upgrade limits: %d instances, at least %d, %d over, %d running, %d healthy, resident %s: at most %d, %d at once',
    ([instances, minimumHealthCapacity, maximumOverCapacity, running, healthy, resident, most, now], { task }) => {
      const when = `upgrade limits: ${instances}, ${minimumHealthCapacity}, ${maximumOverCapacity}, ${healthy} of ${running} healthy${resident ? ', resident' : ''}`;
      task.meta.conformance = lineOf('vectors', { endpoint: 'rolling', when: `${when}: ${most}, ${now}` });
      const limits = rollingLimits({ instances, minimumHealthCapacity, maximumOverCapacity, running, healthy, resident });
      expect([limits.maxCapacity, limits.killNow]).toEqual([most, now]);
    },
  );

  test.for(GROUPS)('GROUP_BY %d, racks %j, offered %s: %s', ([wanted, placed, offered, answer], { task }) => {
    const when = `GROUP_BY ${wanted}: {${placed.join(', ')}}, offered ${offered ?? 'no rack'}: ${answer ? 'taken' : 'not taken'}`;
    task.meta.conformance = lineOf('vectors', { endpoint: 'placement', when });
    const counts = new Map([...Map.groupBy(placed, (rack) => rack)].map(([rack, own]) => [rack as string | undefined, own.length]));
    const [constraint] = compileConstraints([['rack', 'GROUP_BY', String(wanted)]], 5);
    expect(constraint?.allows(offered, counts, () => 3)).toBe(answer);
  });
});
