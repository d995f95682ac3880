import { expect, test } from 'vitest';
import { costOf, mayBeAway } from '../../../../src/domain/placement/rebalance/protection.ts';
import { definitionOf } from '../../../support/definitions.ts';

test('an app without a budget misses one at once, one with a budget what that says', () => {
  expect(mayBeAway(definitionOf(), 10)).toBe(1);
  expect(mayBeAway({ ...definitionOf(), disruptionBudget: { maxUnavailable: 0 } }, 10)).toBe(0);
  expect(mayBeAway({ ...definitionOf(), disruptionBudget: { maxUnavailable: 3 } }, 10)).toBe(3);
  expect(mayBeAway({ ...definitionOf(), disruptionBudget: { maxUnavailable: '25%' } }, 10)).toBe(3);
});

test('a restart costs one, more with a long start and a high priority, less with a low one', () => {
  expect(costOf(definitionOf())).toBe(1);
  expect(costOf(definitionOf(), 60_000)).toBe(2);
  expect(costOf({ ...definitionOf(), priority: 1000 })).toBe(4);
  expect(costOf({ ...definitionOf(), priority: -1000 })).toBe(0.25);
});
