import { expect, test } from 'vitest';
import { REPLACEMENTS_PER_SECOND } from '../../../src/actors/replacementRate.ts';
import type { SimulatedWorld } from '../../simulation/world.ts';
import { cluster, deploy, viewsOf } from '../../support/stories.ts';

/* A rack that is lost at once, or a third of the pool, with many instances on it. */

const RACKS = 2;
const PER_RACK = 2;
const INSTANCES = 1200;
const zoneOf = (n: number): string => `rack-${n % RACKS}`;
const BIG = { id: '/big', cmd: 'serve', cpus: 0.005, mem: 1, portDefinitions: [], instances: INSTANCES / 2 };
const unreachableStrategy = { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 };
const SMALL = { id: '/small', cmd: 'serve', cpus: 0.1, mem: 1, portDefinitions: [], instances: 4 };

const live = (world: SimulatedWorld, app: string) =>
  viewsOf(world)
    .instances.ofApp(app)
    .filter(({ state }) => state.startsWith('running'));
const requestedAt = (world: SimulatedWorld, app: string): readonly number[] =>
  [...world.audit.streams.values()].flatMap(({ facts }) =>
    facts.flatMap(({ fact, meta }) => (fact.type === 'InstanceRequested' && (fact as { app?: string }).app === app ? [meta.at] : [])),
  );
const mostWithin = (times: readonly number[], ms: number): number => {
  const sorted = times.toSorted((a, b) => a - b);
  let [most, from] = [0, 0];
  for (let to = 0; to < sorted.length; to++) {
    while ((sorted[to] ?? 0) - (sorted[from] ?? 0) >= ms) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
};

const filled = async (): Promise<SimulatedWorld> => {
  const world = await cluster(RACKS * PER_RACK, zoneOf, 20_000);
  for (const id of ['/big', '/other']) await deploy(world, { ...BIG, id, unreachableStrategy });
  await world.pass(10_000);
  expect(live(world, '/big').length + live(world, '/other').length).toBe(INSTANCES);
  return world;
};

test('its instances are replaced at a bounded rate, of all apps at once, and evenly over the nodes that are left', async () => {
  const world = await filled();
  for (const n of [2, 4]) world.controls(`n${n}`).partition();
  const from = world.clock.now();
  await world.pass(30_000);
  const replaced = ['/big', '/other'].map((app) => requestedAt(world, app).filter((at) => at > from));
  const lost = INSTANCES / RACKS;
  expect(replaced.flat()).toHaveLength(lost);
  expect(mostWithin(replaced.flat(), 1000)).toBeLessThanOrEqual(REPLACEMENTS_PER_SECOND);
  // One does not wait until the other has all of its own.
  const firsts = replaced.map((times) => Math.min(...times));
  expect(Math.abs((firsts[0] ?? 0) - (firsts[1] ?? 0))).toBeLessThanOrEqual(300);
  const perNode = [...Map.groupBy([...live(world, '/big'), ...live(world, '/other')], ({ node }) => node).values()].map((on) => on.length);
  expect(perNode).toHaveLength((RACKS - 1) * PER_RACK);
  expect(Math.max(...perNode) - Math.min(...perNode)).toBeLessThanOrEqual(2);
  expect(world.violations).toEqual([]);
});

test('a small app in the midst of it is there as soon as ever', async () => {
  const world = await filled();
  for (const n of [2, 4]) world.controls(`n${n}`).partition();
  while (requestedAt(world, '/big').length <= INSTANCES / 2) await world.pass(50);
  await deploy(world, SMALL);
  const asked = world.clock.now();
  await world.pass(1000);
  expect(requestedAt(world, '/small')).toEqual([asked, asked, asked, asked]);
  expect(live(world, '/small')).toHaveLength(4);
});

test('hosts that come back empty one by one take instances again as soon as they are back, whoever else is still away', async () => {
  const world = await filled();
  const nodes = Array.from({ length: RACKS * PER_RACK }, (_, n) => `n${n + 1}`);
  for (const node of nodes) world.controls(node).reboot(Number.POSITIVE_INFINITY);
  await world.pass(30_000);
  expect(live(world, '/big')).toEqual([]);
  const running: number[] = [];
  for (const node of nodes) {
    world.controls(node).heal();
    await world.pass(10_000);
    running.push(live(world, '/big').length + live(world, '/other').length);
  }
  // While more than a third is away only what was on those that are back is replaced, and no launch counts as failed.
  expect(running[0]).toBeGreaterThan(0);
  expect(running.every((count, nth) => nth === 0 || count >= (running[nth - 1] ?? 0))).toBe(true);
  expect(running.at(-1)).toBe(INSTANCES);
  expect(running[nodes.length - 2]).toBe(INSTANCES);
  expect(world.violations).toEqual([]);
});
