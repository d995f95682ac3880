import { expect, test } from 'vitest';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import type { RoleCommand } from '../../src/domain/role/role.commands.ts';
import { ROLE_SETTINGS } from '../../src/domain/role/role.facts.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, viewsOf } from '../support/stories.ts';
import { appOf } from '../support/world.ts';

/* Nodes of six cores, in simulated time. */

const tell = (world: SimulatedWorld, command: RoleCommand) => world.submit(ROLE_SETTINGS as never, command as never);
const reserve = (world: SimulatedWorld, node: string, command: NodeCommand) => world.submit(streamOf('node', node), command as never);

const deploy = (world: SimulatedWorld, id: string, more: Readonly<Record<string, unknown>>) => {
  const { role = '*', acceptedResourceRoles = ['*'], ...fields } = more;
  const definition = { ...appOf({ id, cmd: 'serve', cpus: 1, mem: 64, ...fields }), role, acceptedResourceRoles };
  return world.submit(streamOf('app', id), {
    type: 'DeployApp',
    definition,
    reason: 'change',
    deployment: world.ids.next(),
    mode: 'either',
    force: false,
  } as never);
};
const ready = (world: SimulatedWorld, id: string): number =>
  viewsOf(world)
    .instances.ofApp(id)
    .filter(({ state }) => phaseOf(state) === 'ready').length;

test('what comes free goes to the role that has the least of it by its weight', async () => {
  const world = await cluster(2);
  await tell(world, { type: 'SetRoleWeights', weights: [{ role: 'b', weight: 3 }] });
  await deploy(world, '/first', { instances: 12 });
  await world.pass(3000);
  await deploy(world, '/a', { role: 'a', instances: 12 });
  await deploy(world, '/b', { role: 'b', instances: 12 });
  await world.pass(2000);
  expect([ready(world, '/first'), ready(world, '/a'), ready(world, '/b')]).toEqual([12, 0, 0]);
  for (let left = 11; left >= 4; left--) {
    await deploy(world, '/first', { instances: left });
    await world.pass(5000);
  }
  expect([ready(world, '/a'), ready(world, '/b')]).toEqual([2, 6]);
  expect(world.violations).toEqual([]);
});

test('a limit is kept, told, and lifted while somebody waits', async () => {
  const world = await cluster(2);
  const quota = (cpus: number) => tell(world, { type: 'SetRoleQuotas', quotas: [{ role: 'dev', guarantee: {}, limit: { cpus } }] });
  await quota(3);
  await deploy(world, '/dev', { role: 'dev', instances: 6 });
  await world.pass(5000);
  expect(ready(world, '/dev')).toBe(3);
  const waiting = viewsOf(world)
    .instances.ofApp('/dev')
    .filter(({ state }) => state === 'requested');
  expect(waiting.map(({ deferred }) => deferred?.excluded)).toEqual([{ quota: 2 }, { quota: 2 }, { quota: 2 }]);
  await quota(5);
  await world.pass(5000);
  expect(ready(world, '/dev')).toBe(5);
  world.kill();
  await world.start();
  await world.pass(5000);
  expect(ready(world, '/dev')).toBe(5);
  await tell(world, { type: 'RemoveRoleQuota', role: 'dev' });
  await world.pass(5000);
  expect(ready(world, '/dev')).toBe(6);
  expect(world.violations).toEqual([]);
});

test('a node keeps what it was told to keep, and gives it up again', async () => {
  const world = await cluster(1);
  await reserve(world, 'n1', { type: 'SetReservation', role: 'dev', from: {}, to: { cpus: 4, mem: 1000 } });
  await deploy(world, '/any', { instances: 4 });
  await deploy(world, '/dev', { role: 'dev', acceptedResourceRoles: ['dev'], instances: 3 });
  await world.pass(5000);
  expect([ready(world, '/any'), ready(world, '/dev')]).toEqual([2, 3]);
  await reserve(world, 'n1', { type: 'SetReservation', role: 'dev', from: { cpus: 4, mem: 1000 }, to: { cpus: 3, mem: 1000 } });
  await world.pass(5000);
  expect([ready(world, '/any'), ready(world, '/dev')]).toEqual([3, 3]);
  expect(world.violations).toEqual([]);
});
