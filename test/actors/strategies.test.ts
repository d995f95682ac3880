import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import type { DeploymentCommand } from '../../src/domain/deployment/deployment.commands.ts';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { DeploymentRow } from '../../src/domain/ports/views.ts';
import { parsed } from '../simulation/apps.ts';
import { addNode } from '../simulation/script.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../simulation/world.ts';

/* Every built-in strategy through the whole engine on simulated hosts: to its end, back from each of its states, and over a crash in each. */

const STEPS = [
  { weight: 10, seconds: 5 },
  { weight: 50, seconds: 5, approve: true },
];
const POLICIES = {
  rolling: { strategy: 'rolling', parameters: { batchSize: 1, pauseSeconds: 2, approveAfter: [1] } },
  'rolling at once': {},
  recreate: { strategy: 'recreate' },
  bluegreen: { strategy: 'bluegreen', parameters: { approve: true, bakeSeconds: 5, keepSeconds: 5 } },
  canary: { strategy: 'canary', parameters: { steps: STEPS } },
  revert: { strategy: 'revert' },
  ab: { strategy: 'ab', parameters: { to: { header: 'x-new', equals: '1' }, seconds: 20, atDeadline: 'new' } },
} as const;
const NAMES = Object.keys(POLICIES) as readonly (keyof typeof POLICIES)[];

const web = (version: number, deployment: object, more: object = {}) => ({
  id: '/web',
  cmd: 'serve',
  cpus: 1,
  mem: 64,
  instances: 3,
  env: { V: String(version) },
  deployment,
  ...more,
});

type Trial = { readonly world: SimulatedWorld; readonly deployment: string; readonly old: string };

const deploy = async (world: SimulatedWorld, definition: object, { force = false } = {}): Promise<string> => {
  const deployment = world.ids.next();
  const command: AppCommand = {
    type: 'DeployApp',
    definition: parsed(definition as never),
    reason: 'change',
    deployment,
    mode: 'either',
    force,
  };
  const result = await world.submit(streamOf('app', '/web'), command);
  if (result === undefined || E.isLeft(result)) throw new Error(JSON.stringify(result));
  return deployment;
};

const viewsOf = (world: SimulatedWorld) => {
  const engine = world.engine();
  if (engine === undefined) throw new Error('no engine runs');
  return engine.views;
};
const rowOf = ({ world, deployment }: Trial): DeploymentRow | undefined => viewsOf(world).deployments.get(deployment);
const stateOf = (trial: Trial): string => rowOf(trial)?.state ?? 'absent';
const ready = (world: SimulatedWorld) =>
  viewsOf(world)
    .instances.ofApp('/web')
    .filter(({ state }) => phaseOf(state) === 'ready');
const say = (trial: Trial, command: DeploymentCommand) => trial.world.submit(streamOf('deployment', trial.deployment), command);

/** A first version that serves, and a second one on its way. */
const begin = async (name: keyof typeof POLICIES, more: object = {}): Promise<Trial> => {
  const world = createSimulatedWorld({ seed: 1, profile: { startMs: 500, stopMs: 200, callMs: 5, unreachableAfterMs: 2000 } });
  void world.start();
  await world.pass(0);
  for (let n = 1; n <= 3; n++) addNode(world, `n${n}`, 'a');
  await world.pass(100);
  await deploy(world, web(1, POLICIES[name], more));
  await world.pass(5000);
  const old = viewsOf(world).apps.get('/web')?.target.configVersion ?? '';
  expect(ready(world).map(({ version }) => version)).toEqual([old, old, old]);
  const deployment = await deploy(world, web(2, POLICIES[name], more));
  return { world, deployment, old };
};

const TICK_MS = 50;
const LONGEST_MS = 120_000;

/** Lets time pass and says yes to whatever is asked, until it has ended or `until` holds. */
const goOn = async (
  trial: Trial,
  until: (trial: Trial) => boolean = () => false,
  each: (trial: Trial) => void = () => {},
): Promise<void> => {
  for (let passed = 0; passed < LONGEST_MS && !until(trial) && rowOf(trial)?.outcome === undefined; passed += TICK_MS) {
    // An engine that dies meanwhile never answers.
    if (stateOf(trial) === 'active.asking') void say(trial, { type: 'ApproveDeployment' });
    await trial.world.pass(TICK_MS);
    each(trial);
  }
};

/** What a deployment left: which versions serve, and of which one the app is. */
const leftBy = (trial: Trial) => ({
  outcome: rowOf(trial)?.outcome,
  ready: ready(trial.world).map(({ version }) => (version === trial.old ? 'old' : 'new')),
  app: viewsOf(trial.world).apps.get('/web')?.target.configVersion === trial.old ? 'old' : 'new',
});
const WENT = { outcome: 'succeeded', ready: ['new', 'new', 'new'], app: 'new' };
const CAME_BACK = { outcome: 'failed', ready: ['old', 'old', 'old'], app: 'old' };

/** Does `act` at the very moment in which the deployment comes to a state, however short it stays there. */
const when = async (trial: Trial, state: string, act: () => unknown): Promise<void> => {
  let done: Promise<unknown> | undefined;
  const look = ({ stream, meta }: { readonly stream: string; readonly meta: { readonly state: string } }): void => {
    if (done === undefined && stream === streamOf('deployment', trial.deployment) && meta.state === state) done = Promise.resolve(act());
  };
  for (const fact of trial.world.log.facts) look(fact);
  const subscription = await trial.world.log.subscribe(trial.world.log.head(), (facts) => facts.forEach(look));
  await goOn(trial, () => done !== undefined);
  await subscription.close();
  expect(done, `came to ${state}`).toBeDefined();
};

/** States that it comes through, without those of the frame. */
const statesOf = async (name: keyof typeof POLICIES): Promise<readonly string[]> => {
  const trial = await begin(name);
  await goOn(trial);
  const facts = trial.world.log.facts.filter(({ stream }) => stream === streamOf('deployment', trial.deployment));
  return [...new Set(facts.map(({ meta }) => meta.state))].filter((state) => state.startsWith('active.'));
};

describe.for(NAMES)('%s', (name) => {
  test('moves an app, and unless it is to stop first never serves with less than all of its instances', async () => {
    const trial = await begin(name);
    let least = Number.POSITIVE_INFINITY;
    await goOn(trial, undefined, ({ world }) => {
      least = Math.min(least, ready(world).length);
    });
    expect(leftBy(trial)).toEqual(WENT);
    expect(least).toBe(name === 'recreate' ? 0 : 3);
    expect(trial.world.violations).toEqual([]);
  });

  test('goes back from each of its states when it is aborted there', async () => {
    for (const state of await statesOf(name)) {
      const trial = await begin(name);
      let least = Number.POSITIVE_INFINITY;
      await when(trial, state, () => say(trial, { type: 'AbortDeployment', reason: 'second thoughts' }));
      const before = ready(trial.world).length;
      await goOn(trial, undefined, ({ world }) => {
        least = Math.min(least, ready(world).length);
      });
      expect(leftBy(trial), `aborted in ${state}`).toEqual(CAME_BACK);
      if (name !== 'recreate') expect(least, `aborted in ${state}`).toBeGreaterThanOrEqual(Math.min(3, before));
      expect(rowOf(trial)?.reason).toBe('aborted: second thoughts');
    }
  });

  test('keeps what is there while it is paused in any of its states, and goes on as if nothing had been', async () => {
    for (const state of await statesOf(name)) {
      const trial = await begin(name);
      await when(trial, state, () => say(trial, { type: 'PauseDeployment', reason: 'lunch' }));
      await trial.world.pass(3000);
      const there = ready(trial.world).map(({ id }) => id);
      await trial.world.pass(3_600_000);
      expect(stateOf(trial)).toBe(state);
      expect(ready(trial.world).map(({ id }) => id)).toEqual(there);
      await say(trial, { type: 'ResumeDeployment' });
      await goOn(trial);
      expect(leftBy(trial), `paused in ${state}`).toEqual(WENT);
    }
  });

  test('comes to the same end when the engine dies in any of its states', async () => {
    for (const state of await statesOf(name)) {
      const trial = await begin(name);
      await when(trial, state, () => trial.world.kill());
      await trial.world.pass(1000);
      void trial.world.start();
      await trial.world.pass(0);
      await goOn(trial);
      expect(leftBy(trial), `killed in ${state}`).toEqual(WENT);
      expect(trial.world.violations).toEqual([]);
    }
  });

  test('comes to the same end wherever the engine dies: at each append and at each call to a host', async () => {
    let places = 0;
    for (let isOver = false; !isOver; ) {
      places += 1;
      const trial = await begin(name);
      const { world } = trial;
      const first = world.engine();
      world.kill(places);
      for (let passed = 0; passed < LONGEST_MS; passed += TICK_MS) {
        if (world.engine() === undefined && !world.isStarting()) void world.start();
        await world.pass(TICK_MS);
        if (world.engine() === undefined) continue;
        if (rowOf(trial)?.outcome !== undefined) break;
        if (stateOf(trial) === 'active.asking') void say(trial, { type: 'ApproveDeployment' });
      }
      isOver = world.engine() === first;
      expect(leftBy(trial), `died at place ${places}`).toEqual(WENT);
      expect(world.violations).toEqual([]);
    }
    expect(places).toBeGreaterThan(20);
  });

  test('gives way to another deployment in any of its states', async () => {
    for (const state of await statesOf(name)) {
      const trial = await begin(name);
      let next = '';
      await when(trial, state, async () => {
        next = await deploy(trial.world, web(3, POLICIES[name]), { force: true });
      });
      await trial.world.pass(100);
      const other = { ...trial, deployment: next };
      await goOn(other);
      expect(rowOf(trial)?.outcome, `taken over from in ${state}`).toBe('cancelled');
      const { outcome, ready: serving } = leftBy(other);
      expect({ outcome, serving, versions: new Set(ready(trial.world).map(({ version }) => version)).size }, state).toEqual({
        outcome: 'succeeded',
        serving: ['new', 'new', 'new'],
        versions: 1,
      });
      expect(trial.world.violations).toEqual([]);
    }
  });

  test('is taken back by another deployment from any of its states, and nobody of before goes for it', async () => {
    for (const state of await statesOf(name)) {
      const trial = await begin(name);
      const deployment = trial.world.ids.next();
      const app = viewsOf(trial.world).apps.get('/web');
      const before = app?.versions.find(({ configVersion }) => configVersion === trial.old);
      await when(trial, state, () => {
        const command: AppCommand = {
          type: 'RevertDeployment',
          reverts: trial.deployment,
          deployment,
          ...(before !== undefined && {
            previous: { version: before.version, configVersion: before.configVersion, instances: 3 },
            definition: before.definition,
          }),
        };
        return trial.world.submit(streamOf('app', '/web'), command);
      });
      await trial.world.pass(100);
      const back = { ...trial, deployment };
      await goOn(back);
      expect(leftBy(back), `taken back in ${state}`).toEqual({ ...CAME_BACK, outcome: 'succeeded' });
      expect(trial.world.violations).toEqual([]);
    }
  });

  test('stops where it stands when it is let go of in any of its states, and heals there', async () => {
    for (const state of await statesOf(name)) {
      const trial = await begin(name);
      await when(trial, state, () => say(trial, { type: 'CancelDeployment', reason: 'enough' }));
      await goOn(trial);
      expect(rowOf(trial)?.outcome, `let go of in ${state}`).toBe('cancelled');
      await trial.world.pass(5000);
      const slots = viewsOf(trial.world).apps.get('/web')?.slots ?? {};
      const there = Object.fromEntries(
        [...Map.groupBy(ready(trial.world), ({ version }) => version)].map(([version, all]) => [version, all.length]),
      );
      expect(there, `let go of in ${state}`).toEqual(slots);
    }
  });

  test('takes a new number of instances in any of its states', async () => {
    for (const state of await statesOf(name)) {
      const trial = await begin(name);
      await when(trial, state, () => deploy(trial.world, web(2, POLICIES[name], { instances: 5 })));
      await goOn(trial);
      await trial.world.pass(5000);
      const { outcome, ready: serving, app } = leftBy(trial);
      expect({ outcome, serving: serving.length, app, state }).toEqual({ outcome: 'succeeded', serving: 5, app: 'new', state });
    }
  });
});

test('one whose new version keeps failing gives up, and the app is of its old version again', async () => {
  const trial = await begin('rolling at once');
  await say(trial, { type: 'AbortDeployment', reason: 'to begin anew' });
  await goOn(trial);
  for (const node of ['n1', 'n2', 'n3'])
    trial.world.controls(node).startFails('StartRejected', { times: Number.POSITIVE_INFINITY, when: ({ env }) => env.V === '3' });
  const again = { ...trial, deployment: await deploy(trial.world, web(3, { maxFailures: 3 })) };
  await goOn(again);
  expect(leftBy(again)).toEqual(CAME_BACK);
  expect(rowOf(again)?.reason).toBe('too many instances of the new version failed');
});

test('one that takes longer than it may goes back', async () => {
  const trial = await begin('rolling at once');
  await goOn(trial);
  for (const node of ['n1', 'n2', 'n3']) trial.world.controls(node).neverStarts(true);
  const again = { ...trial, deployment: await deploy(trial.world, web(3, { deadlineSeconds: 30 })) };
  await goOn(again, (now) => stateOf(now) === 'returning');
  for (const node of ['n1', 'n2', 'n3']) trial.world.controls(node).recover();
  await goOn(again);
  expect(rowOf(again)).toMatchObject({ outcome: 'failed', reason: 'it took longer than it may' });
  expect(new Set(ready(again.world).map(({ version }) => version)).size).toBe(1);
});

test('what nobody approves in time goes back', async () => {
  const trial = await begin('rolling at once');
  await goOn(trial);
  const policy = { strategy: 'bluegreen', parameters: { approve: true }, approvalDeadlineSeconds: 60 };
  const again = { ...trial, deployment: await deploy(trial.world, web(3, policy)) };
  await trial.world.pass(50_000);
  expect(stateOf(again)).toBe('active.asking');
  await trial.world.pass(20_000);
  expect(rowOf(again)).toMatchObject({ outcome: 'failed', reason: 'nobody approved it in time' });
});

test('a version that nobody has approved gets no request from the deployment that takes over from it', async () => {
  const trial = await begin('bluegreen');
  let next = '';
  await when(trial, 'active.asking', async () => {
    next = await deploy(trial.world, web(3, POLICIES.bluegreen), { force: true });
  });
  await trial.world.pass(100);
  const other = { ...trial, deployment: next };
  await goOn(other, (now) => stateOf(now) === 'active.asking');
  expect(Object.entries(rowOf(other)?.weights ?? {}).filter(([, weight]) => weight > 0)).toEqual([[trial.old, 100]]);
  await say(other, { type: 'AbortDeployment', reason: 'enough' });
  await goOn(other);
  expect(leftBy(other)).toEqual(CAME_BACK);
});
