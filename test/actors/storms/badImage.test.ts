import { expect, test } from 'vitest';
import { FAILING_LAUNCHES_MAX, STEADY_MS } from '../../../src/actors/launchPace.ts';
import type { SimulatedWorld } from '../../simulation/world.ts';
import { cluster, deploy, viewsOf } from '../../support/stories.ts';

/* An image that fails on every host, asked for hundreds of times. */

const INSTANCES = 400;
const BAD = { id: '/bad', cmd: 'serve', cpus: 0.1, mem: 1, instances: INSTANCES, backoffSeconds: 1, backoffFactor: 2 };
const SMALL = { id: '/small', cmd: 'serve', cpus: 0.1, mem: 1, instances: 2 };
const NODES = 20;

const failsOn = (world: SimulatedWorld, app: string): void => {
  for (let n = 1; n <= NODES; n++)
    world.controls(`n${n}`).startFails('ImageMissing', { times: Number.POSITIVE_INFINITY, when: (spec) => spec.app === app });
};
const recovers = (world: SimulatedWorld): void => {
  for (let n = 1; n <= NODES; n++) world.controls(`n${n}`).recover();
};
const delaysOf = (world: SimulatedWorld, app: string): readonly number[] =>
  [...world.audit.instances.values()].filter((each) => each.app === app).map(({ delayMs }) => delayMs);
const readyOf = (world: SimulatedWorld, app: string): number =>
  viewsOf(world)
    .instances.ofApp(app)
    .filter(({ state }) => state.startsWith('running')).length;
const failuresOf = (world: SimulatedWorld) =>
  viewsOf(world).instances.failures('/bad', viewsOf(world).apps.get('/bad')?.versions[0]?.configVersion ?? '');

test('hundreds that fail at once are one failure; the delay grows by the round', async () => {
  const world = await cluster(NODES);
  failsOn(world, '/bad');
  await deploy(world, BAD);
  await world.pass(600);
  expect(delaysOf(world, '/bad').length).toBeGreaterThanOrEqual(INSTANCES);
  expect(failuresOf(world)?.count).toBe(1);
  await world.pass(2000);
  expect(failuresOf(world)?.count).toBe(2);
  expect(Math.max(...delaysOf(world, '/bad'))).toBe(2000);
});

test('while it fails few launches are under way, then one at a time; when one stands, all others follow', async () => {
  const world = await cluster(NODES);
  failsOn(world, '/bad');
  await deploy(world, BAD);
  await world.pass(600);
  const comingOf = () => viewsOf(world).instances.ofApp('/bad').length;
  expect(comingOf()).toBe(FAILING_LAUNCHES_MAX);
  await world.pass(20_000);
  expect(comingOf()).toBe(1);
  const before = delaysOf(world, '/bad').length;
  await world.pass(120_000);
  expect(delaysOf(world, '/bad').length - before).toBeLessThan(5);
  recovers(world);
  const probes = async () => {
    for (let s = 0; s < 300 && readyOf(world, '/bad') === 0; s++) await world.pass(1000);
  };
  await probes();
  expect(comingOf()).toBe(1);
  await world.pass(STEADY_MS + 2000);
  expect(readyOf(world, '/bad')).toBe(INSTANCES);
  expect(world.violations).toEqual([]);
});

test('a small app in the midst of it is placed and started as if nothing was', async () => {
  const world = await cluster(NODES);
  failsOn(world, '/bad');
  await deploy(world, BAD);
  await deploy(world, SMALL);
  await world.pass(1000);
  expect(readyOf(world, '/small')).toBe(2);
  expect(delaysOf(world, '/small')).toEqual([0, 0]);
});

test('what is gone with its host is no failure of its launch: it is replaced at once', async () => {
  const world = await cluster(NODES);
  await deploy(world, { ...BAD, cmd: 'good' });
  await world.pass(5000);
  expect(readyOf(world, '/bad')).toBe(INSTANCES);
  for (let n = 1; n <= 5; n++) world.controls(`n${n}`).reboot(1000);
  await world.pass(40_000);
  expect(readyOf(world, '/bad')).toBe(INSTANCES);
  expect(failuresOf(world)?.count ?? 0).toBeLessThanOrEqual(1);
  expect(Math.max(...delaysOf(world, '/bad'))).toBeLessThanOrEqual(1000);
});
