import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haproxyVersion } from '../../../src/adapters/balancer/haproxy/haproxy.ts';
import { folderForFile } from '../temporaryFolder.ts';
import { openStage, type Stage, type Verdict } from './stage.ts';

type Balancer = 'haproxy' | 'embedded';
const noHaproxy = (await haproxyVersion()) === undefined ? 'no haproxy of 2.6 or newer is installed' : undefined;

/**
 * Tests over one app under load, once for each balancer. At the end every request must have been answered, but those of times that the
 * stage was told of, and every POST counted once.
 */
export const behindBalancers = (
  requestsMin: number,
  tests: (stage: () => Stage, balancer: Balancer, tell: (line: string) => void) => void,
): void => {
  for (const balancer of ['haproxy', 'embedded'] as const) {
    const missing = balancer === 'haproxy' ? noHaproxy : undefined;
    if (missing !== undefined && process.env.CI === 'true') throw new Error(missing);
    describe.skipIf(missing !== undefined)(`behind ${balancer}${missing === undefined ? '' : ` (${missing})`}`, () => {
      const folder = folderForFile();
      const lines: string[] = [];
      let stage: Stage;
      beforeAll(async () => {
        stage = await openStage(folder, balancer);
      }, 90_000);
      afterAll(() => stage?.close());
      tests(
        () => stage,
        balancer,
        (line) => void lines.push(line),
      );

      test('every request was answered, and every POST counted once by one instance', async () => {
        await stage.load.open();
        await stage.load.until(Math.max(1, requestsMin - (await stage.figures()).requests));
        const { reloads, retries } = await stage.figures();
        const verdict = await stage.finish();
        console.log([`${balancer}: ${told(verdict)}; ${retries} retries, ${reloads} reloads`, ...lines].join('\n  '));
        const { failures, lost, doubled } = verdict;
        expect({ failures, lost, doubled }).toEqual({ failures: {}, lost: [], doubled: [] });
      });
    });
  }
};

const told = ({ sent, failed, excused, lost, doubled }: Verdict): string =>
  `${sent} requests, ${failed - excused} failed (${excused} besides while nobody could answer), ${lost.length} lost, ${doubled.length} doubled`;
