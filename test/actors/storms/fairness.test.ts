import { expect, test } from 'vitest';
import { REQUESTS_IN_FLIGHT_MAX, REQUESTS_PER_TURN } from '../../../src/actors/conductor.ts';
import { SLICE_MAX } from '../../../src/actors/placementQueue.ts';
import { nounOf } from '../../../src/domain/kernel/ids.ts';
import type { SimulatedWorld } from '../../simulation/world.ts';
import { cluster, deploy, viewsOf } from '../../support/stories.ts';

/* Whoever comes while others ask for very many does not wait until they have them. */

const many = (id: string, instances: number) => ({ id, cmd: 'serve', cpus: 0.005, mem: 1, portDefinitions: [], instances });

/** Of each fact of an instance in the order of the log: what it says and of which app. */
const course = (world: SimulatedWorld): readonly string[] =>
  world.log.facts.flatMap(({ stream, type }) => {
    if (nounOf(stream) !== 'instance') return [];
    const row = viewsOf(world).instances.get(stream.slice('instance-'.length));
    return row === undefined ? [] : [`${row.app} ${type}`];
  });

test('an app that wants few is asked for and placed after a few turns of those that want many', async () => {
  const world = await cluster(8, undefined, 20_000);
  const big = ['/a', '/b'];
  const waiting = big.map((id) => deploy(world, many(id, 600)));
  waiting.push(deploy(world, many('/small', 5)));
  await Promise.all(waiting);
  await world.pass(5000);
  const told = course(world);
  const before = (what: string, of: string): number => {
    const last = told.lastIndexOf(`/small ${what}`);
    expect(last).toBeGreaterThan(0);
    return told.slice(0, last).filter((each) => each === `${of} ${what}`).length;
  };
  const asked = big.map((of) => before('InstanceRequested.v1', of));
  expect(asked.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(REQUESTS_IN_FLIGHT_MAX + big.length * REQUESTS_PER_TURN);
  const placed = big.map((of) => before('InstancePlaced.v1', of));
  expect(placed.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(
    REQUESTS_IN_FLIGHT_MAX + big.length * (REQUESTS_PER_TURN + SLICE_MAX),
  );
  for (const id of big) expect(viewsOf(world).instances.ofApp(id)).toHaveLength(600);
});
