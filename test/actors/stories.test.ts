import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import { keyOf, streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import { addNode } from '../simulation/script.ts';
import { rest } from '../simulation/simulate.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, ofWeb, ready, viewsOf } from '../support/stories.ts';

/* Single stories of the whole engine on simulated time, each with the faults that it is about. */

const web = (version: number, more: Readonly<Record<string, unknown>> = {}) => ({
  id: '/web',
  cmd: 'serve',
  cpus: 1,
  mem: 64,
  instances: 3,
  env: { V: String(version) },
  ...more,
});

const tell = (world: SimulatedWorld, node: string, command: NodeCommand) => world.submit(streamOf('node', node), command);
const versionsOf = (world: SimulatedWorld) => new Set(ready(world).map(({ version }) => version));
const typesOf = (world: SimulatedWorld, instance: string) =>
  world.audit.streams.get(streamOf('instance', instance))?.facts.map(({ fact }) => fact.type);

test('an instance whose node is out of sight is replaced after a while, and gives way when the node returns', async () => {
  const world = await cluster(3);
  await deploy(world, web(1, { unreachableStrategy: { inactiveAfterSeconds: 20, expungeAfterSeconds: 600 } }));
  await world.pass(5000);
  const [victim] = ready(world);
  if (victim?.node === undefined) throw new Error('nothing runs');
  world.controls(victim.node).partition();
  await world.pass(15_000);
  expect(viewsOf(world).instances.get(victim.id)?.state).toBe('unreachable.recent');
  await world.pass(20_000);
  expect(viewsOf(world).instances.get(victim.id)?.state).toBe('unreachable.inactive');
  const replacement = ready(world).find(({ slot }) => slot === victim.slot);
  expect(replacement?.attempt).toBe(2);
  expect(world.running().has(victim.id)).toBe(true);
  world.controls(victim.node).heal();
  await comesToRest(world);
  expect(ready(world)).toHaveLength(3);
  expect(new Set(ready(world).map(({ slot }) => slot))).toEqual(new Set([0, 1, 2]));
  expect(world.running().size).toBe(3);
});

test('a rack that is lost at once is not replaced at once', async () => {
  const world = await cluster(6, (n) => (n <= 3 ? 'rack' : 'other'));
  await deploy(world, web(1, { instances: 6, constraints: [['hostname', 'MAX_PER', '2']] }));
  await world.pass(5000);
  for (const node of ['n1', 'n2', 'n3']) world.controls(node).partition();
  await world.pass(60_000);
  expect([...viewsOf(world).nodes.all()].filter(({ state }) => state === 'attached.unreachable')).toHaveLength(3);
  expect(ofWeb(world).filter(({ attempt }) => attempt > 1)).toEqual([]);
  world.controls('n1').heal();
  await world.pass(60_000);
  expect(ready(world)).toHaveLength(6);
  for (const node of ['n2', 'n3']) world.controls(node).heal();
  await comesToRest(world);
});

test('launches that fail are held back longer and longer, until the delay is reset', async () => {
  const world = await cluster(1);
  await deploy(world, web(1, { instances: 1, cmd: 'exit 1', backoffSeconds: 2, backoffFactor: 2, maxLaunchDelaySeconds: 60 }));
  await world.pass(45_000);
  const delays = [...world.audit.instances.values()].map(({ delayMs }) => delayMs);
  expect(delays.slice(0, 5)).toEqual([0, 2000, 4000, 8000, 16_000]);
  const held = ofWeb(world).find(({ state }) => state === 'waiting');
  if (held === undefined) throw new Error('none is held back');
  await world.submit(streamOf('instance', held.id), { type: 'ResetLaunchDelay' });
  await world.pass(1000);
  expect(typesOf(world, held.id)?.slice(0, 3)).toEqual(['InstanceRequested', 'LaunchDelayReset', 'InstancePlaced']);
  expect([...world.audit.instances.values()].at(-1)?.delayMs).toBe(2000);
  expect(world.violations).toEqual([]);
});

test('a node that is cordoned right before a launch gives the place back, and another one takes it', async () => {
  const world = await cluster(2);
  // The acknowledgement of the placement is late, so that the cordon comes between it and the launch.
  world.logFault = (first) => (first === 'InstancePlaced.v1' ? 'LostAcknowledgement' : undefined);
  void deploy(world, web(1, { instances: 1 }));
  await world.pass(0);
  world.logFault = () => undefined;
  const [placed] = [...world.audit.instances.values()];
  const node = placed?.node;
  if (placed === undefined || node === undefined) throw new Error('not placed');
  await tell(world, node, { type: 'CordonNode', reason: 'works' });
  await comesToRest(world);
  const facts = typesOf(world, placed.id);
  expect(facts).toEqual(['InstanceRequested', 'InstancePlaced', 'PlacementRevoked', 'InstancePlaced', 'ContainerStarted']);
  expect(ready(world).map((row) => row.node)).toEqual([node === 'n1' ? 'n2' : 'n1']);
});

/** The next append of a fact of this type takes so long. */
const delays = (world: SimulatedWorld, type: string, ms: number): void => {
  let left = 1;
  world.logFault = (first) => {
    if (first !== type || left === 0) return undefined;
    left -= 1;
    return new Promise((resolve) => world.clock.schedule(ms, () => resolve(undefined)));
  };
};

test('an instance that is placed while its node goes is not forgotten there', async () => {
  for (const goes of ['is removed', 'is lost']) {
    const world = await cluster(1);
    delays(world, 'InstancePlaced.v1', 20_000);
    void deploy(world, web(1, { instances: 1 }));
    await world.pass(100);
    if (goes === 'is removed') void tell(world, 'n1', { type: 'RemoveNode', reason: 'sold' });
    else world.controls('n1').partition();
    addNode(world, 'n2', 'a');
    await world.pass(60_000);
    expect(ready(world).map(({ node }) => node)).toEqual(['n2']);
    expect(world.violations).toEqual([]);
  }
});

test('a deployment that begins only after two others took over has no say', async () => {
  const world = await cluster(3);
  delays(world, 'DeploymentStarted.v1', 2000);
  const first = await deploy(world, web(1));
  await Promise.all([deploy(world, web(2), { force: true }), deploy(world, web(3), { force: true })]);
  await comesToRest(world);
  expect(viewsOf(world).deployments.get(first.deployment)?.outcome).toBe('cancelled');
  expect([...versionsOf(world)]).toEqual([viewsOf(world).apps.get('/web')?.target.configVersion]);
});

test('what no node can take waits with its reasons, and is placed when a node comes', async () => {
  const world = await cluster(1);
  await deploy(world, web(1, { instances: 2, cpus: 5 }));
  await world.pass(5000);
  const waiting = ofWeb(world).find(({ state }) => state === 'requested');
  expect(waiting?.deferred).toMatchObject({ considered: 1, excluded: { cpus: 1 } });
  addNode(world, 'n2', 'a');
  await comesToRest(world);
  expect(
    ready(world)
      .map(({ node }) => node)
      .sort(),
  ).toEqual(['n1', 'n2']);
});

test('while the log cannot be written commands are answered so, what runs keeps running, and work goes on by itself', async () => {
  const world = await cluster(2);
  await deploy(world, web(1));
  await world.pass(5000);
  const before = [...world.running().keys()];
  world.logFault = () => 'Unavailable';
  const refused = await deploy(world, web(2));
  expect(refused.result && E.isLeft(refused.result) && refused.result.left.code).toBe('unavailable');
  const [victim, ...others] = before;
  const node = victim === undefined ? undefined : viewsOf(world).instances.get(victim)?.node;
  if (victim === undefined || node === undefined) throw new Error('nothing runs');
  world.controls(node).crash(victim);
  await world.pass(60_000);
  expect([...world.running().keys()]).toEqual(others);
  world.logFault = () => undefined;
  await comesToRest(world);
  expect(ready(world)).toHaveLength(3);
});

test('a deployment that is forced takes over from the one that runs', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await world.pass(5000);
  const second = await deploy(world, web(2));
  await world.pass(600);
  expect((await deploy(world, web(3))).result).toMatchObject({ _tag: 'Left', left: { code: 'app-locked' } });
  const third = await deploy(world, web(3), { force: true });
  await comesToRest(world);
  expect(viewsOf(world).deployments.get(second.deployment)?.outcome).toBe('cancelled');
  expect(viewsOf(world).deployments.get(third.deployment)?.outcome).toBe('succeeded');
  expect([...versionsOf(world)]).toEqual([viewsOf(world).apps.get('/web')?.target.configVersion]);
});

test('a cancelled deployment leaves the mix as it is, and the app keeps it', async () => {
  const world = await cluster(3);
  await deploy(world, web(1, { upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0 } }));
  await world.pass(5000);
  const { deployment } = await deploy(world, web(2, { upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 0 } }));
  await world.pass(1600);
  expect(versionsOf(world).size).toBe(2);
  await world.submit(streamOf('deployment', deployment), { type: 'CancelDeployment' });
  await comesToRest(world);
  expect(versionsOf(world).size).toBe(2);
  const mix = ready(world).map(({ id }) => id);
  await world.pass(60_000);
  expect(ready(world).map(({ id }) => id)).toEqual(mix);
});

test('a reverted deployment brings the old version back and keeps what still runs of it', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await world.pass(5000);
  const old = ready(world).map(({ id }) => id);
  const { deployment } = await deploy(world, web(2));
  await world.pass(300);
  const row = viewsOf(world).deployments.get(deployment);
  const definition = viewsOf(world).apps.get('/web')?.versions[0]?.definition;
  if (row?.previous === undefined || definition === undefined) throw new Error('nothing to go back to');
  const command: AppCommand = {
    type: 'RevertDeployment',
    reverts: deployment,
    deployment: world.ids.next(),
    definition,
    previous: row.previous,
  };
  await world.submit(streamOf('app', '/web'), command);
  await comesToRest(world);
  expect(
    ready(world)
      .map(({ id }) => id)
      .sort(),
  ).toEqual(old.sort());
});

test('an app that was destroyed can be made again under its name', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await world.pass(5000);
  const destroy: AppCommand = { type: 'DestroyApp', deployment: world.ids.next(), force: false };
  await world.submit(streamOf('app', '/web'), destroy);
  await comesToRest(world);
  expect(viewsOf(world).apps.get('/web')).toBeUndefined();
  expect(world.running().size).toBe(0);
  await deploy(world, web(2), { mode: 'create' });
  await comesToRest(world);
  expect(ready(world)).toHaveLength(3);
});

const MOVES: Readonly<Record<string, (world: SimulatedWorld) => Promise<unknown>>> = {
  'a rolling update': (world) => deploy(world, web(2)),
  'a scale down': (world) => deploy(world, web(1, { instances: 1 })),
  'a recreation': (world) => deploy(world, web(2, { upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 } })),
  'a removal': (world) => {
    const command: AppCommand = { type: 'DestroyApp', deployment: world.ids.next(), force: false };
    return world.submit(streamOf('app', '/web'), command);
  },
};

for (const [what, move] of Object.entries(MOVES))
  test(`an engine that dies anywhere in ${what} is taken over from without a loss or a double`, async () => {
    for (let places = 1; places <= 60; places += 2) {
      const world = await cluster(3);
      await deploy(world, web(1));
      await world.pass(5000);
      world.kill(places);
      void move(world);
      await world.pass(10_000);
      world.kill();
      await world.pass(1000);
      void world.start();
      expect([places, await rest(world)]).toEqual([places, undefined]);
      expect(world.violations).toEqual([]);
      for (const row of viewsOf(world).apps.all())
        expect(ready(world)).toHaveLength(Object.values(row.slots).reduce((sum, count) => sum + count, 0));
      expect([...world.audit.streams.keys()].filter((stream) => stream.startsWith('lease-')).map(keyOf)).toEqual(['engine']);
    }
  });
