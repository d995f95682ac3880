import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haproxyVersion } from '../../src/adapters/balancer/haproxy/haproxy.ts';
import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';
import { eventually } from '../support/api.ts';
import { APP, INSTANCES, openStage, type Stage } from '../support/downtime/stage.ts';
import { expectOnly, goesBack, HURTS, succeeds, waysOf } from '../support/downtime/strategies.ts';
import { isLongRun } from '../support/machine.ts';
import { nativeProcesses } from '../support/nativeProcesses.ts';
import { folderForFile } from '../support/temporaryFolder.ts';

const KILLS = isLongRun ? 10 : 1;
const SEED = Number(process.env.WHARF_SEED ?? 5);
/** A kill comes within this time after a deployment began, or was told to go back; ms. */
const KILL_WITHIN_MS = 2500;

const random = seededRandom(SEED);
const hasHaproxy = (await haproxyVersion()) !== undefined;

describe(`an engine that is killed while it deploys native processes, behind ${hasHaproxy ? 'haproxy' : 'the embedded balancer'}`, () => {
  const folder = folderForFile();
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(folder, hasHaproxy ? 'haproxy' : 'embedded');
  }, 90_000);
  afterAll(() => stage?.close());

  const crash = async (): Promise<void> => {
    await pause(random() * KILL_WITHIN_MS);
    await stage.crash();
  };

  /** One process for each slot, of the release that the log says, and nobody besides. */
  const expectSound = async (): Promise<void> => {
    const { verified, quarantined, instances } = await eventually(stage.engine().api, 'processes and instances are the same', async () => {
      const insight = await stage.engine().look();
      const running = insight.instances.filter(({ app, state }) => app === APP && state.startsWith('running')).map(({ id }) => id);
      const processes = (await nativeProcesses(folder)).map(({ instance }) => instance);
      if (running.length !== INSTANCES || processes.length !== INSTANCES || !running.every((id) => processes.includes(id)))
        throw new Error(JSON.stringify({ running, processes }));
      return insight;
    });
    expect(verified).toEqual({ ...verified, faults: [], faultCount: 0, facts: verified.head });
    expect(quarantined).toEqual([]);
    const slots = instances.filter(({ app, state }) => app === APP && state.startsWith('running')).map(({ slot }) => slot);
    expect(slots.toSorted()).toEqual(Array.from({ length: INSTANCES }, (_, slot) => slot));
    expect(await stage.engine().api.get('/v2/deployments')).toEqual([]);
  };

  for (const [strategy, { alone }] of Object.entries(waysOf({ weights: [], answers: 0 })))
    test(
      `${strategy}: ${KILLS === 1 ? 'it ends' : `${KILLS} times it ends`} as it would have (seed ${SEED})`,
      async () => {
        const work = async (): Promise<void> => {
          let serving = '';
          for (let nth = 1; nth <= KILLS; nth++) {
            const release = `${strategy}-${nth}`;
            const id = await stage.deploy(release, alone);
            // Every third of them is on its way back when the engine is killed.
            if (nth % 3 === 0) {
              await pause(random() * 1000);
              await goesBack(stage, id, crash);
            } else {
              await crash();
              await succeeds(stage, id);
              serving = release;
            }
            await expectSound();
            await expectOnly(stage, serving);
          }
        };
        await (HURTS.has(strategy) || !hasHaproxy ? stage.whileDown(work) : work());
      },
      60_000 + KILLS * 60_000,
    );

  test('a version that waits for its switch gets no request, also from the engine that comes after a killed one', async () => {
    const id = await stage.deploy('idle', { strategy: 'bluegreen', parameters: { approve: true } });
    expect((await stage.reach(id, /^asking$/)).state).toBe('asking');
    await stage.load.open();
    await (hasHaproxy ? stage.crash() : stage.whileDown(stage.crash));
    const { answered } = await stage.load.until(1);
    const { plain, trial } = await stage.load.until(answered + 1000);
    expect([...Object.keys(plain), ...Object.keys(trial)]).not.toContain('idle');
    await stage.say(id, 'approve');
    await succeeds(stage, id);
    await expectOnly(stage, 'idle');
  }, 90_000);

  test('nobody who asked has noticed', async () => {
    const { sent, failures, lost, doubled } = await stage.finish();
    console.log(
      `${sent} requests while the engine was killed, ${JSON.stringify(failures)} failed, ${lost.length} lost, ${doubled.length} doubled`,
    );
    expect({ failures, lost, doubled }).toEqual({ failures: {}, lost: [], doubled: [] });
  });
});
