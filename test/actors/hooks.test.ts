import { describe, expect, test } from 'vitest';
import type { DeploymentCommand } from '../../src/domain/deployment/deployment.commands.ts';
import type { DeploymentFact } from '../../src/domain/deployment/deployment.facts.ts';
import { hookAppId, isHookApp } from '../../src/domain/deployment/hookApp.ts';
import type { InstanceFact } from '../../src/domain/instance/instance.facts.ts';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, ready, viewsOf } from '../support/stories.ts';

/* Commands that run once before and after a deployment, on the whole engine in simulated time. */

const web = (version: number, deployment: Readonly<Record<string, unknown>> = {}) => ({
  id: '/web',
  cmd: 'serve',
  cpus: 1,
  mem: 64,
  instances: 3,
  env: { V: String(version) },
  portDefinitions: [{ port: 10_000 }],
  deployment,
});

const factsOf = <F extends { readonly type: string }>(world: SimulatedWorld, stream: string): readonly F[] =>
  (world.audit.streams.get(stream)?.facts ?? []).map(({ fact }) => fact as unknown as F);
const told = (world: SimulatedWorld, deployment: string) => factsOf<DeploymentFact>(world, streamOf('deployment', deployment));
const say = (world: SimulatedWorld, deployment: string, command: DeploymentCommand) =>
  world.submit(streamOf('deployment', deployment), command);
const outcomeOf = (world: SimulatedWorld, deployment: string) => viewsOf(world).deployments.get(deployment)?.outcome;
/** All instances that ever ran a one-off command, in the order of their requests. */
const hooks = (world: SimulatedWorld) => [...world.audit.instances.values()].filter(({ app }) => isHookApp(app));
const startsOf = (world: SimulatedWorld, instance: string): number =>
  [...viewsOf(world).nodes.all()].reduce(
    (sum, { id }) =>
      sum +
      world
        .controls(id)
        .journal()
        .filter((each) => each.what === 'started' && each.instance === instance).length,
    0,
  );

/** An app of version 1 that runs, and a change to version 2 that is deployed so. */
const changed = async (policy: Readonly<Record<string, unknown>>, nodes = 3) => {
  const world = await cluster(nodes);
  await deploy(world, web(1));
  await comesToRest(world);
  const before = viewsOf(world).apps.get('/web')?.target.configVersion ?? '';
  const { deployment } = await deploy(world, web(2, policy));
  return { world, deployment, before };
};

describe('a command before', () => {
  test('ends before anybody of the new version is asked for, and runs as the new version does', async () => {
    const { world, deployment, before } = await changed({ before: { cmd: 'sleep 5; exit 0' } });
    await world.pass(3000);
    expect(hooks(world).map(({ app, owner, state }) => ({ app, owner, state }))).toEqual([
      { app: '/web#before', owner: `deployment-${deployment}`, state: 'running.unchecked' },
    ]);
    expect(
      new Set(
        viewsOf(world)
          .instances.ofApp('/web')
          .map(({ version }) => version),
      ),
    ).toEqual(new Set([before]));
    expect(ready(world)).toHaveLength(3);
    await comesToRest(world);
    expect(outcomeOf(world, deployment)).toBe('succeeded');
    const [hook] = hooks(world);
    expect(told(world, deployment)).toContainEqual({ type: 'HookSucceeded', hook: 'before', instance: hook?.id });
    expect(ready(world).some(({ version }) => version === before)).toBe(false);
    expect(hooks(world)).toHaveLength(1);
  });

  test('that fails leaves what serves as it is, and says with what it ended', async () => {
    const { world, deployment, before } = await changed({ before: { cmd: 'exit 3' } });
    await comesToRest(world);
    expect(outcomeOf(world, deployment)).toBe('failed');
    expect(told(world, deployment)).toContainEqual(expect.objectContaining({ type: 'HookFailed', reason: 'it exited with code 3' }));
    expect(ready(world).map(({ version }) => version)).toEqual([before, before, before]);
    expect([...world.audit.instances.values()].filter(({ app }) => app === '/web')).toHaveLength(3);
  });

  test('is tried as often as it may, each time a while later', async () => {
    const { world, deployment } = await changed({ before: { cmd: 'exit 1', attempts: 3 } });
    await comesToRest(world);
    expect(hooks(world).map(({ slot, delayMs, replaces }) => [slot, delayMs > 0, replaces])).toEqual([
      [0, false, undefined],
      [1, true, hooks(world)[0]?.id],
      [2, true, hooks(world)[1]?.id],
    ]);
    expect(told(world, deployment)).toContainEqual(
      expect.objectContaining({ type: 'HookFailed', instance: hooks(world)[2]?.id, reason: 'it exited with code 1 (attempt 3 of 3)' }),
    );
  });

  test('that was given a port of somebody else’s has not begun, and is given another one', async () => {
    const world = await cluster(1);
    await deploy(world, web(1));
    await comesToRest(world);
    world.controls('n1').startFails('PortTaken', { times: 2, when: ({ app }) => isHookApp(app) });
    const { deployment } = await deploy(world, web(2, { before: { cmd: 'true; exit 0' } }));
    await comesToRest(world);
    expect(hooks(world).map(({ state }) => state)).toEqual(['failed', 'failed', 'exited']);
    expect(outcomeOf(world, deployment)).toBe('succeeded');
  });

  test('for which there is never a port fails when its time is over', async () => {
    const world = await cluster(1);
    await deploy(world, web(1));
    await comesToRest(world);
    world.controls('n1').startFails('PortTaken', { times: Number.POSITIVE_INFINITY, when: ({ app }) => isHookApp(app) });
    const { deployment } = await deploy(world, web(2, { before: { cmd: 'true', timeoutSeconds: 20 } }));
    await comesToRest(world);
    expect(told(world, deployment)).toContainEqual(
      expect.objectContaining({ type: 'HookFailed', reason: 'PortTaken: simulated PortTaken' }),
    );
  });

  test('that takes too long is stopped before the deployment gives up, and is not tried again', async () => {
    const { world, deployment } = await changed({ before: { cmd: 'hang', timeoutSeconds: 20, attempts: 2 } });
    await world.pass(19_000);
    expect(hooks(world).map(({ state }) => state)).toEqual(['running.unchecked']);
    await comesToRest(world);
    expect(hooks(world).map(({ state }) => state)).toEqual(['killed']);
    expect(told(world, deployment)).toContainEqual(
      expect.objectContaining({ type: 'HookFailed', reason: 'it took longer than 20 s (attempt 1 of 2)' }),
    );
    expect(world.running().size).toBe(3);
  });

  test('that no node has room for says so when its time is over', async () => {
    const world = await cluster(1);
    // The instance that is there leaves too little.
    await deploy(world, { ...web(1), instances: 1, cpus: 5 });
    await comesToRest(world);
    const { deployment } = await deploy(world, { ...web(2, { before: { cmd: 'true', timeoutSeconds: 30 } }), instances: 1, cpus: 5 });
    await comesToRest(world);
    expect(told(world, deployment)).toContainEqual(
      expect.objectContaining({ type: 'HookFailed', reason: 'it took longer than 30 s, and no node had a place for it' }),
    );
  });

  test('is waited for while its node is out of sight, and counts when it is seen again', async () => {
    const { world, deployment } = await changed({ before: { cmd: 'sleep 60; exit 0' } });
    await world.pass(5000);
    const [hook] = hooks(world);
    world.controls(hook?.node ?? '').partition();
    await world.pass(70_000);
    expect(hooks(world)).toHaveLength(1);
    world.controls(hook?.node ?? '').heal();
    await comesToRest(world);
    expect(outcomeOf(world, deployment)).toBe('succeeded');
    expect(hooks(world)).toHaveLength(1);
  });
});

test('a command after runs when the new version is there, and its failure goes back to the old one', async () => {
  const { world, deployment, before } = await changed({ after: { cmd: 'sleep 2; exit 7' } });
  await comesToRest(world);
  const [hook] = hooks(world);
  const facts = told(world, deployment);
  expect(hook?.app).toBe(hookAppId('/web', 'after'));
  expect(facts).toContainEqual({ type: 'HookFailed', hook: 'after', instance: hook?.id, reason: 'it exited with code 7' });
  const earlier = facts.slice(
    0,
    facts.findIndex(({ type }) => type === 'HookFailed'),
  );
  expect(earlier.some((fact) => fact.type === 'SlotsChanged' && fact.tallies[before] === undefined)).toBe(true);
  expect(outcomeOf(world, deployment)).toBe('failed');
  expect(ready(world).map(({ version }) => version)).toEqual([before, before, before]);
});

test('a command is none of the app’s instances: on no port that others wait for, counted by nobody', async () => {
  const { world } = await changed({ before: { cmd: 'sleep 5; exit 0' } });
  await world.pass(3000);
  const [hook] = hooks(world);
  const { instances } = viewsOf(world);
  expect(instances.ofApp('/web').map(({ id }) => id)).not.toContain(hook?.id);
  expect(Object.values(instances.tallies('/web')).map(({ live }) => live)).toEqual([3]);
  expect(hook?.ports).toHaveLength(1);
  expect(hook?.ports).not.toContain(10_000);
});

describe('a deployment that goes on without it', () => {
  test('aborted, stops it', async () => {
    const { world, deployment } = await changed({ before: { cmd: 'hang' } });
    await world.pass(3000);
    await say(world, deployment, { type: 'AbortDeployment', reason: 'not today' });
    await comesToRest(world);
    expect(hooks(world).map(({ state }) => state)).toEqual(['killed']);
    expect(outcomeOf(world, deployment)).toBe('failed');
  });

  test('taken over from, stops it, and the next one runs its own', async () => {
    const { world, deployment } = await changed({ before: { cmd: 'hang' } });
    await world.pass(3000);
    const next = await deploy(world, web(3, { before: { cmd: 'sleep 1; exit 0' } }), { force: true });
    await comesToRest(world);
    expect(hooks(world).map(({ owner, state }) => [owner, state])).toEqual([
      [`deployment-${deployment}`, 'killed'],
      [`deployment-${next.deployment}`, 'exited'],
    ]);
    expect(outcomeOf(world, next.deployment)).toBe('succeeded');
  });

  test('aborted as the engine dies, stops it after the next start', async () => {
    const { world, deployment } = await changed({ before: { cmd: 'hang' } });
    await world.pass(3000);
    // Dead as soon as it follows from that that somebody is to stop, and before it is told.
    world.logFault = (type) => {
      if (type !== 'InstanceStopRequested.v1') return undefined;
      world.kill();
      return 'Unavailable';
    };
    void say(world, deployment, { type: 'AbortDeployment', reason: 'not today' });
    await world.pass(1000);
    expect(world.engine()).toBeUndefined();
    world.logFault = () => undefined;
    await world.pass(5000);
    void world.start();
    await comesToRest(world);
    expect(hooks(world).map(({ state }) => state)).toEqual(['killed']);
  });
});

test('while the deployment is paused a command may end, which counts when it goes on', async () => {
  const { world, deployment } = await changed({ before: { cmd: 'sleep 5; exit 0' } });
  await world.pass(3000);
  await say(world, deployment, { type: 'PauseDeployment', reason: 'lunch' });
  await world.pass(60_000);
  expect(hooks(world).map(({ state }) => state)).toEqual(['exited']);
  expect(told(world, deployment).some(({ type }) => type === 'HookSucceeded')).toBe(false);
  await say(world, deployment, { type: 'ResumeDeployment' });
  await comesToRest(world);
  expect(told(world, deployment).some(({ type }) => type === 'HookSucceeded')).toBe(true);
  expect(outcomeOf(world, deployment)).toBe('succeeded');
});

test.each(Array.from({ length: 24 }, (_, places) => places + 1))(
  'the engine may die at place %i of it: each attempt starts once at most, and the deployment ends as it should',
  async (places) => {
    const { world, deployment } = await changed({ before: { cmd: 'sleep 2; exit 1', attempts: 2 }, rollback: true });
    world.kill(places);
    await world.pass(10_000);
    if (world.engine() === undefined) void world.start();
    await comesToRest(world);
    expect(hooks(world).map(({ slot }) => slot)).toEqual([0, 1]);
    for (const { id } of hooks(world)) expect(startsOf(world, id)).toBe(1);
    const ends = told(world, deployment).filter(({ type }) => type === 'HookFailed');
    expect(ends).toHaveLength(1);
    expect(outcomeOf(world, deployment)).toBe('failed');
    const facts = hooks(world).map(({ id }) => factsOf<InstanceFact>(world, streamOf('instance', id)).at(-1)?.type);
    expect(facts).toEqual(['ContainerExited', 'ContainerExited']);
    expect(ready(world).every(({ state }) => phaseOf(state) === 'ready')).toBe(true);
  },
);
