import { expect } from 'vitest';
import type { InstanceCommand } from '../../../src/domain/instance/instance.commands.ts';
import type { Command } from '../../../src/domain/kernel/decider.ts';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import { rebalance } from '../../../src/domain/placement/rebalance/rebalance.ts';
import { sceneOf } from '../../../src/domain/placement/rebalance/scene.ts';
import type { PoolCounters } from '../../../src/domain/ports/balancer.ts';
import type { RoleCommand } from '../../../src/domain/role/role.commands.ts';
import { ROLE_SETTINGS } from '../../../src/domain/role/role.facts.ts';
import { addNode } from '../../simulation/script.ts';
import { simulate } from '../../simulation/simulate.ts';
import { type SimulatedWorld, START_OF_TIME } from '../../simulation/world.ts';
import { deploy, newWorld, say, toItsEnd, viewsOf, web } from './story.ts';

const MINUTE = 60_000;

/** Groups, plans, nodes lost, an app on every node and whatever else a seed holds. */
const ofSeed = (seed: number, steps: number) => async (): Promise<SimulatedWorld> => {
  const { world, failure } = await simulate(seed, { steps });
  expect(failure).toBeUndefined();
  return world;
};

/** A canary that is judged by the requests: one passes, one fails, one waits when the history ends. */
const gates = async (): Promise<SimulatedWorld> => {
  const traffic = { share: 0.01 };
  let first: string | undefined;
  let [requests, errors, last] = [0, 0, START_OF_TIME];
  const counters = async (): Promise<readonly PoolCounters[]> => {
    const seconds = (world.clock.now() - last) / 1000;
    last = world.clock.now();
    requests += seconds * 20;
    errors += seconds * 20 * traffic.share;
    const version = world.engine()?.views.apps.get('/web')?.target.configVersion ?? '';
    if (version === first) return [];
    const quiet = { retries: 0, bytesIn: 0, bytesOut: 0, current: 0 };
    return [{ route: '/web:0', app: '/web', version, ...quiet, requests: Math.floor(requests), errors: Math.floor(errors) }];
  };
  const world = await newWorld(3, { counters });
  const gate = { kind: 'errorRate', name: 'errors', max: 0.05, windowSeconds: 60, deadlineSeconds: 300 };
  const deployment = { strategy: 'canary', parameters: { steps: [{ weight: 25, seconds: 30 }], gates: [gate] } };
  await deploy(world, web(1, { deployment }));
  await world.pass(MINUTE);
  first = viewsOf(world).apps.get('/web')?.target.configVersion;
  expect(await toItsEnd(world, await deploy(world, web(2, { deployment })))).toBe('succeeded');
  first = viewsOf(world).apps.get('/web')?.target.configVersion;
  traffic.share = 0.3;
  expect(await toItsEnd(world, await deploy(world, web(3, { deployment })))).toBe('failed');
  await deploy(world, web(4, { deployment }));
  await world.pass(20_000);
  return world;
};

const hooks = async (): Promise<SimulatedWorld> => {
  const world = await newWorld(3);
  await deploy(world, web(1));
  await world.pass(10_000);
  const policy = (before: string, after: string) => ({
    deployment: { before: { cmd: before, timeoutSeconds: 30, attempts: 2 }, after: { cmd: after, timeoutSeconds: 5, attempts: 1 } },
  });
  expect(await toItsEnd(world, await deploy(world, web(2, policy('sleep 2; exit 0', 'exit 0'))))).toBe('succeeded');
  expect(await toItsEnd(world, await deploy(world, web(3, policy('sleep 1; exit 1', 'exit 0'))))).toBe('failed');
  expect(await toItsEnd(world, await deploy(world, web(4, policy('exit 0', 'hang'))))).toBe('failed');
  await deploy(world, web(5, policy('hang', 'exit 0')));
  await world.pass(3000);
  return world;
};

const pods = async (): Promise<SimulatedWorld> => {
  const world = await newWorld(3);
  const container = (name: string, version: number) => ({
    ...{ name, resources: { cpus: 0.4, mem: 64 }, exec: { command: { shell: 'serve' } } },
    environment: { V: String(version), TOKEN: 'of a secret' },
  });
  const shop = (version: number, instances: number) => ({
    ...{ id: '/shop', scaling: { kind: 'fixed', instances } },
    containers: [{ ...container('web', version), endpoints: [{ name: 'http' }] }, container('logs', version)],
  });
  await deploy(world, shop(1, 2));
  await world.pass(10_000);
  expect(await toItsEnd(world, await deploy(world, shop(2, 2)))).toBe('succeeded');
  expect(await toItsEnd(world, await deploy(world, shop(2, 3)))).toBe('succeeded');
  const [victim] = viewsOf(world).instances.ofApp('/shop');
  if (victim?.node === undefined) throw new Error('nothing runs');
  world.controls(victim.node).crash(victim.id);
  await world.pass(MINUTE);
  await deploy(world, shop(3, 3));
  await world.pass(1000);
  return world;
};

const autoscaling = async (): Promise<SimulatedWorld> => {
  const world = await newWorld(3);
  const policy = { min: 2, max: 10, targets: [{ metric: 'cpu', target: 0.5 }], intervalSeconds: 10 };
  const scaled = { cpus: 0.5, instances: 4, autoscaling: policy };
  const uses = (cpu: number): void => {
    for (const { id } of viewsOf(world).nodes.all()) world.controls(id).uses({ cpu });
  };
  await deploy(world, web(1, scaled));
  uses(0.82);
  await world.pass(2 * MINUTE);
  expect(viewsOf(world).apps.get('/web')?.definition.instances).toBe(7);
  uses(0.1);
  await world.pass(6 * MINUTE);
  expect(viewsOf(world).apps.get('/web')?.definition.instances).toBe(2);
  uses(0.9);
  const held = await deploy(world, web(2, { ...scaled, instances: 2, deployment: { strategy: 'recreate' } }));
  await world.pass(300);
  await say(world, held, { type: 'AbortDeployment', reason: 'second thoughts' });
  await world.pass(5 * MINUTE);
  return world;
};

/** Nodes that come, are cordoned, out of sight, and gone; an app on every one of them, and one whose instances fail. */
const nodes = async (): Promise<SimulatedWorld> => {
  const world = await newWorld(4);
  const tell = (stream: string, command: Command) => world.submit(stream, command);
  await deploy(world, { id: '/agent', cmd: 'watch', cpus: 0.1, mem: 16, perNode: true });
  const unreachableStrategy = { inactiveAfterSeconds: 20, expungeAfterSeconds: 60 };
  const check = { protocol: 'TCP', portIndex: 0, gracePeriodSeconds: 5, intervalSeconds: 2, timeoutSeconds: 1, maxConsecutiveFailures: 2 };
  await deploy(world, web(1, { unreachableStrategy, healthChecks: [check], portDefinitions: [{ port: 0 }] }));
  await deploy(world, { id: '/failing', cmd: 'sleep 3; exit 1', cpus: 0.1, mem: 16, instances: 1, backoffSeconds: 2, backoffFactor: 2 });
  await world.pass(20_000);
  const [victim, other] = viewsOf(world).instances.ofApp('/web');
  if (victim?.node === undefined || other === undefined) throw new Error('nothing runs');
  world.sick.add(other.id);
  world.controls(victim.node).partition();
  await world.pass(45_000);
  world.sick.clear();
  world.controls(victim.node).heal();
  await world.pass(30_000);
  await tell(streamOf('node', 'n1'), { type: 'CordonNode', reason: 'works' } as Command);
  await tell(streamOf('node', 'n2'), { type: 'RemoveNode', reason: 'sold' } as Command);
  await world.pass(20_000);
  await tell(streamOf('node', 'n1'), { type: 'UncordonNode' } as Command);
  world.controls('n3').reboot(10_000);
  await world.pass(90_000);
  const held = viewsOf(world)
    .instances.ofApp('/failing')
    .find(({ state }) => state === 'waiting');
  if (held !== undefined) await tell(streamOf('instance', held.id), { type: 'ResetLaunchDelay' });
  await tell(streamOf('app', '/failing'), { type: 'DestroyApp', deployment: world.ids.next(), force: true } as Command);
  await deploy(world, { id: '/large', cmd: 'serve', cpus: 99, mem: 16, instances: 1 });
  world.controls('n4').startFails('ImagePullFailed', { times: 2 });
  world.controls('n3').startFails('PortTaken', { times: 1 });
  await deploy(world, web(2, { instances: 4 }));
  const [one] = viewsOf(world).instances.ofApp('/agent');
  const stop: InstanceCommand = { type: 'StopInstance', reason: 'killed by an operator', signal: 'SIGTERM', drainMs: 0, graceMs: 1000 };
  await tell(streamOf('instance', one?.id ?? ''), stop);
  await world.pass(20_000);
  world.controls('n4').partition();
  await world.pass(10_000);
  return world;
};

/** Roles with weights and quotas, resources that are kept for one, and instances that make room for others. */
const tenants = async (): Promise<SimulatedWorld> => {
  const world = await newWorld(2);
  const tell = async (stream: string, command: Command) =>
    expect(await world.submit(stream as never, command)).toMatchObject({ _tag: 'Right' });
  const roles = (command: RoleCommand) => tell(ROLE_SETTINGS, command as never);
  const low = { cpus: 3, mem: 64, priority: -10, taskKillGracePeriodSeconds: 30 };
  await roles({ type: 'SetRoleWeights', weights: [{ role: 'dev', weight: 2 }] });
  await roles({ type: 'SetRoleQuotas', quotas: [{ role: 'dev', guarantee: { cpus: 1 }, limit: { cpus: 4, mem: 2048 } }] });
  await roles({ type: 'RemoveRoleQuota', role: 'dev' });
  await tell('node-n1', { type: 'SetReservation', role: 'dev', from: {}, to: { cpus: 2, mem: 512 } } as Command);
  await tell('node-n1', { type: 'SetReservation', role: 'dev', from: { cpus: 2, mem: 512 }, to: {} } as Command);
  await deploy(world, { id: '/batch', cmd: 'serve', instances: 4, disruptionBudget: { maxUnavailable: '50%' }, ...low });
  await world.pass(5000);
  await deploy(world, web(1, { cpus: 6, instances: 1, priority: 100 }));
  await world.pass(20);
  const node = viewsOf(world).instances.ofApp('/web')[0]?.nominated?.node ?? '';
  await tell(streamOf('node', node), { type: 'CordonNode', reason: 'works' } as Command);
  await world.pass(10_000);
  await tell(streamOf('node', node), { type: 'UncordonNode' } as Command);
  await world.pass(10_000);
  return world;
};

/** A rebalance that is done, one that is aborted with a move that is skipped, and a node that is lost again and again. */
const rebalances = async (): Promise<SimulatedWorld> => {
  const world = await newWorld(1);
  const begin = (id: string) => {
    const scene = sceneOf(viewsOf(world));
    const { goal, nodes, moves, cost, before, after } = rebalance(scene, { goal: 'spread', nodes: [], maxMoves: 10, seed: 1 });
    const command = { type: 'BeginRebalance', goal, nodes: [...nodes], moves: [...moves], cost, before: before.score, after: after.score };
    return world.submit(streamOf('rebalance', id), command as Command);
  };
  const tell = async (stream: string, command: Command) =>
    expect(await world.submit(stream as never, command)).toMatchObject({ _tag: 'Right' });
  await deploy(world, web(1, { instances: 4 }));
  await world.pass(5000);
  addNode(world, 'n2', 'even');
  await world.pass(100);
  await begin('r1');
  await world.pass(30_000);
  addNode(world, 'n3', 'odd');
  await world.pass(100);
  await begin('r2');
  await world.pass(0);
  await tell('node-n3', { type: 'CordonNode', reason: 'works' } as Command);
  await world.pass(50);
  await tell(streamOf('rebalance', 'r2'), { type: 'AbortRebalance', reason: 'enough' } as unknown as Command);
  await world.pass(30_000);
  for (let loss = 0; loss < 3; loss++) {
    world.controls('n1').partition();
    await world.pass(20_000);
    world.controls('n1').heal();
    await world.pass(10_000);
  }
  await world.pass(10_000);
  return world;
};

export const otherStories: Readonly<Record<string, () => Promise<SimulatedWorld>>> = {
  gates,
  hooks,
  pods,
  autoscaling,
  nodes,
  tenants,
  rebalances,
  'groups-1': ofSeed(12, 60),
  'groups-2': ofSeed(17, 60),
};
