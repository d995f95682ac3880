import { expect, test } from 'vitest';
import { describe, simulate } from '../simulation/simulate.ts';

const SEEDS = 1000;
const AT_ONCE = 50;

for (let first = 1; first <= SEEDS; first += AT_ONCE) {
  test(`whatever happens, everything holds and comes to rest: seeds ${first} to ${first + AT_ONCE - 1}`, async () => {
    for (let seed = first; seed < first + AT_ONCE; seed++) {
      const simulated = await simulate(seed);
      expect(simulated.failure && describe(simulated.failure, simulated)).toBeUndefined();
    }
  });
}
