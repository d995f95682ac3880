import { expect, test } from 'vitest';
import { behindBalancers } from '../support/downtime/behindBalancers.ts';
import { expectOnly, HURTS, waysOf } from '../support/downtime/strategies.ts';

/** As many answers as tell the share of the largest step to two points even where it is left to dice: 3.5 standard deviations. */
const SAMPLE = { weights: [2, 5, 8], answers: 2500 };

behindBalancers(1000, (stage, _, tell) => {
  const ways = waysOf({ ...SAMPLE, onShare: (weight, observed) => tell(`canary at ${weight} %: ${observed.toFixed(2)} %`) });
  for (const [strategy, way] of Object.entries(ways))
    test(`${strategy}: a release comes, and another one goes back half-way`, async () => {
      const { reloads } = await stage().figures();
      const both = async (): Promise<void> => {
        await way.forward(stage(), strategy);
        await expectOnly(stage(), strategy);
        await way.back(stage(), `${strategy}-back`);
        await expectOnly(stage(), strategy);
      };
      await (HURTS.has(strategy) ? stage().whileDown(both) : both());
      // Rules are structure; servers and weights are not.
      if (strategy !== 'ab') expect((await stage().figures()).reloads).toBe(reloads);
    }, 90_000);
});
