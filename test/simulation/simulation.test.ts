import { expect, test } from 'vitest';
import { describe, simulate } from './simulate.ts';

const SEEDS = 120;
const STEPS = 60;
const AT_ONCE = 20;

const textOf = (facts: readonly unknown[]): string => JSON.stringify(facts, (key, value) => (key === 'fact' ? undefined : value));

test('the same seed gives the same facts, byte for byte', async () => {
  for (const seed of [3, 7]) {
    const [first, second] = [await simulate(seed, { steps: STEPS }), await simulate(seed, { steps: STEPS })];
    expect(first.world.log.facts.length).toBeGreaterThan(50);
    expect(textOf(first.world.log.facts)).toBe(textOf(second.world.log.facts));
  }
});

for (let first = 1; first <= SEEDS; first += AT_ONCE) {
  test(`whatever happens, everything holds and comes to rest: seeds ${first} to ${first + AT_ONCE - 1}`, { timeout: 120_000 }, async () => {
    for (let seed = first; seed < first + AT_ONCE; seed++) {
      const simulated = await simulate(seed, { steps: STEPS });
      expect(simulated.failure && describe(simulated.failure, simulated)).toBeUndefined();
    }
  });
}
