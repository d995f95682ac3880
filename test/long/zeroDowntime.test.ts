import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';
import { behindBalancers } from '../support/downtime/behindBalancers.ts';
import { expectOnly, HURTS, succeeds, waysOf } from '../support/downtime/strategies.ts';

const DEPLOYMENTS = 10;
const REQUESTS = 100_000;
/** Of ten deployments, those that go back half-way, and one in whose midst the engine is killed. */
const BACK: readonly number[] = [2, 4, 7, 9];
const KILLED = 6;
/** The kill comes within this time after the deployment began, ms. */
const KILL_WITHIN_MS = 3000;
/** Two points at one half are four standard deviations of dice. */
const SAMPLE = { weights: [5, 25, 50], answers: 10_000 };

const random = seededRandom(Number(process.env.WHARF_SEED ?? 11));

behindBalancers(REQUESTS, (stage, balancer, tell) => {
  const ways = waysOf({ ...SAMPLE, onShare: (weight, observed) => tell(`canary at ${weight} %: ${observed.toFixed(2)} %`) });
  for (const [strategy, way] of Object.entries(ways))
    test(`${DEPLOYMENTS} by ${strategy}, forward and back, and a killed engine`, async () => {
      let serving = '';
      const killed = async (release: string): Promise<void> => {
        const id = await stage().deploy(release, way.alone);
        await pause(random() * KILL_WITHIN_MS);
        // What balances within the engine is gone with it.
        await (balancer === 'embedded' ? stage().whileDown(stage().crash) : stage().crash());
        await succeeds(stage(), id);
      };
      const all = async (): Promise<void> => {
        for (let nth = 1; nth <= DEPLOYMENTS; nth++) {
          const release = `${strategy}-${nth}`;
          const { reloads } = await stage().figures();
          if (nth === KILLED) await killed(release);
          else if (BACK.includes(nth)) await way.back(stage(), release);
          else await way.forward(stage(), release);
          if (!BACK.includes(nth)) serving = release;
          await expectOnly(stage(), serving);
          if (strategy !== 'ab' && nth !== KILLED) expect((await stage().figures()).reloads).toBe(reloads);
        }
      };
      await (HURTS.has(strategy) ? stage().whileDown(all) : all());
    }, 1_200_000);
});
