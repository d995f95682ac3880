import { expect, test } from 'vitest';
import { strategyNoun } from '../../../src/domain/strategy/strategy.decider.ts';
import { strategy as fact } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const given = storiesOf(strategyNoun);
const register = (over: Parameters<typeof fact.StrategyRegistered>[0] = {}) => {
  const { type: _, ...registration } = fact.StrategyRegistered(over);
  return { type: 'RegisterStrategy', ...registration } as const;
};
const second = { id: 'tide.v2', version: 2, sha256: 'b'.repeat(64) };

test('a strategy is registered with its whole text', () => given().when(register()).then(fact.StrategyRegistered()));
test('the same again is silence', () =>
  given(fact.StrategyRegistered())
    .when(register({ file: 'elsewhere.ts' }))
    .silence());
test('a changed strategy needs a new version', () => {
  const changed = { sha256: 'c'.repeat(64) };
  given(fact.StrategyRegistered()).when(register(changed)).refused('already-exists');
  const context = { versions: { 'tide.v1': 'a' }, newest: 1 };
  const decided = strategyNoun.decide(register(changed), { ...given().state, context }, 0, () => true);
  expect(decided).toMatchObject({
    left: { message: "tide.v1 is registered already, and reads differently; a changed strategy needs a new version: 'tide.v2'." },
  });
});
test('the next version stands beside the first, which stays what it was', () => {
  given(fact.StrategyRegistered()).when(register(second)).then(fact.StrategyRegistered(second));
  given(fact.StrategyRegistered(), fact.StrategyRegistered(second)).when(register()).silence();
});
test('a version that was never there does not come before a newer one', () =>
  given(fact.StrategyRegistered({ ...second, id: 'tide.v5', version: 5 }))
    .when(register(second))
    .refused('illegal-in-state'));
