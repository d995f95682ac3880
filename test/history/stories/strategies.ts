import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import type { StrategyCommand } from '../../../src/domain/strategy/strategy.commands.ts';
import { readStrategy } from '../../../src/strategyFiles.ts';
import type { SimulatedWorld } from '../../simulation/world.ts';
import { deploy, type Fields, newWorld, say, toItsEnd, viewsOf, web } from './story.ts';

/* An app by each strategy: there, half way and back, paused, and over a crash of the engine. */

const STEPS = [
  { weight: 10, seconds: 5 },
  { weight: 50, seconds: 5, approve: true },
];

const POLICIES: Readonly<Record<string, Fields>> = {
  rolling: { strategy: 'rolling', parameters: { batchSize: 1, pauseSeconds: 2, approveAfter: [1] } },
  recreate: { strategy: 'recreate' },
  bluegreen: { strategy: 'bluegreen', parameters: { approve: true, bakeSeconds: 5, keepSeconds: 5 } },
  canary: { strategy: 'canary', parameters: { steps: STEPS } },
  revert: { strategy: 'revert' },
  ab: { strategy: 'ab', parameters: { to: { header: 'x-new', equals: '1' }, seconds: 20, atDeadline: 'new' } },
};

const byStrategy = async (world: SimulatedWorld, deployment: Fields): Promise<SimulatedWorld> => {
  await deploy(world, web(1, { deployment }));
  await world.pass(10_000);
  expect(await toItsEnd(world, await deploy(world, web(2, { deployment })))).toBe('succeeded');
  const aborted = await deploy(world, web(3, { deployment }));
  await world.pass(1200);
  await say(world, aborted, { type: 'AbortDeployment', reason: 'second thoughts' });
  expect(await toItsEnd(world, aborted)).toBeDefined();
  const paused = await deploy(world, web(4, { deployment }));
  await world.pass(400);
  await say(world, paused, { type: 'PauseDeployment', reason: 'lunch' });
  await world.pass(60_000);
  await say(world, paused, { type: 'ResumeDeployment' });
  await world.pass(700);
  world.kill();
  void world.start();
  await world.pass(100);
  expect(await toItsEnd(world, paused)).toBeDefined();
  // What is left to do when the history ends: a restart finds it.
  await deploy(world, web(5, { deployment }));
  await world.pass(800);
  return world;
};

/** What a folder of strategies would have been bundled to. */
const SOURCE = `import { approval, before, isThere, strategy, want, wanted, z } from 'wharfinger/strategy';
export default strategy(
  { id: 'asking.v1', description: 'Asks first.', parameters: z.strictObject({ who: z.string().default('anybody') }) },
  {
    initial: 'asking',
    states: {
      asking: {
        description: 'Somebody looks at it.',
        entry: [want((course) => ({ new: 0, old: before(course) })), approval('May it go on?')],
        on: { DeploymentApproved: 'moving' },
      },
      moving: { entry: want((course) => ({ new: wanted(course), old: 0 })), on: { SlotsChanged: { guard: isThere, target: 'succeeded' } } },
    },
  },
);
`;

const registered = async (): Promise<SimulatedWorld> => {
  const world = await newWorld(3, { readStrategy });
  const command: StrategyCommand = {
    type: 'RegisterStrategy',
    ...{ id: 'asking.v1', name: 'asking', version: 1, description: 'Asks first.', source: SOURCE, file: 'asking.js' },
    sha256: createHash('sha256').update(SOURCE).digest('hex'),
    explored: { instances: 2, faults: 1, states: 1234 },
  };
  expect(await world.submit(streamOf('strategy', 'asking'), command)).toMatchObject({ _tag: 'Right' });
  await byStrategy(world, { strategy: 'asking', parameters: { who: 'me' } });
  expect(viewsOf(world).deployments.running()).toMatchObject([{ strategy: 'asking.v1', state: 'active.asking' }]);
  return world;
};

export const strategyStories: Readonly<Record<string, () => Promise<SimulatedWorld>>> = {
  ...Object.fromEntries(Object.entries(POLICIES).map(([name, policy]) => [name, async () => byStrategy(await newWorld(3), policy)])),
  registered,
};
