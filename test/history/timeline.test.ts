import { expect, test } from 'vitest';
import type { TimelineQuery } from '../../src/domain/ports/timeline.ts';
import { dwellOf } from '../../src/history/timeline/dwell.ts';
import { timelinesOf } from '../../src/history/timeline/timeline.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, ofWeb, ready } from '../support/stories.ts';
import { pastOf } from './recorded.ts';

const web = (version: number) => ({ id: '/web', cmd: `serve ${version}`, cpus: 1, mem: 64, instances: 3 });
const timeline = (world: SimulatedWorld, more: Partial<TimelineQuery> = {}) =>
  timelinesOf(pastOf(world)).ofApp('/web', {
    after: 0,
    upTo: world.log.head(),
    at: world.clock.now(),
    instances: 20,
    deployments: 10,
    ...more,
  });

test('each instance stays in its states as long as its facts are apart, and what lasts is counted up to the end', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await comesToRest(world);
  await world.pass(60_000);
  const told = timeline(world);
  expect(told.instances.map(({ instance }) => instance)).toEqual(ofWeb(world).map(({ id }) => id));
  const past = pastOf(world);
  for (const { instance, visits } of told.instances) {
    const facts = past.stream(`instance-${instance}`);
    const at = (type: string) => facts.find(({ fact }) => fact.type === type)?.meta.at ?? Number.NaN;
    const running = world.clock.now() - at('ContainerStarted');
    expect(visits.map(({ state, ms, lasts }) => [state, ms, lasts])).toEqual([
      ['requested', at('InstancePlaced') - at('InstanceRequested'), false],
      ['starting', at('ContainerStarted') - at('InstancePlaced'), false],
      ['running.unchecked', running, true],
    ]);
    expect(running).toBeGreaterThanOrEqual(60_000);
  }
  expect(told.states.find(({ state }) => state === 'running.unchecked')).toMatchObject({ count: 0, lasting: 3 });
  expect(told.states.find(({ state }) => state === 'starting')).toMatchObject({ count: 3, lasting: 0, p50: expect.any(Number) });
});

test('only stays that end in the span are counted, with their whole length', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await comesToRest(world);
  await world.pass(600_000);
  const after = world.log.head();
  await deploy(world, web(2));
  await comesToRest(world);
  const running = timeline(world, { after }).states.find(({ state }) => state === 'running.unchecked');
  expect(running).toMatchObject({ count: 3, lasting: 3 });
  expect(running?.p50).toBeGreaterThan(600_000);
});

test('the phases of the last deployments add up to their time, and the slowest is named', async () => {
  const world = await cluster(3);
  for (const version of [1, 2, 3]) {
    await deploy(world, web(version));
    await comesToRest(world);
  }
  const { deployments } = timeline(world, { deployments: 2 });
  expect(deployments).toHaveLength(2);
  const past = pastOf(world);
  for (const { deployment, strategy, state, ms, phases, slowest } of deployments) {
    const facts = past.stream(`deployment-${deployment}`);
    expect([strategy, state]).toEqual([facts[0]?.meta.chart, 'succeeded']);
    const end = facts.findLast(({ meta }) => meta.state !== 'succeeded');
    expect(ms).toBeGreaterThanOrEqual((end?.meta.at ?? 0) - (facts[0]?.meta.at ?? 0));
    expect(phases.reduce((sum, phase) => sum + phase.ms, 0)).toBe(ms);
    expect(slowest?.ms).toBe(
      Math.max(...[...Map.groupBy(phases, (phase) => phase.state).values()].map((all) => all.reduce((sum, each) => sum + each.ms, 0))),
    );
  }
});

test('a step that was never taken before is told with where it was taken first; of a history without a before there is none', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await comesToRest(world);
  expect(timeline(world).newPaths).toBeUndefined();
  const after = world.log.head();
  await deploy(world, web(1));
  await comesToRest(world);
  expect(timeline(world, { after }).newPaths).toEqual([]);
  const [victim] = ready(world);
  world.controls(victim?.node ?? '').partition();
  await world.pass(30_000);
  const fresh = timeline(world, { after }).newPaths;
  expect(fresh?.find(({ noun }) => noun === 'instance')).toMatchObject({
    from: 'running.unchecked',
    type: 'InstanceBecameUnreachable',
    first: { stream: expect.stringMatching(/^instance-/) },
  });
  expect(fresh?.some(({ type }) => type === 'ContainerStarted')).toBe(false);
});

test('percentiles are nearest ranks', () => {
  const visit = (ms: number) => ({ state: 's', since: 0, ms, lasts: false, type: 'T', position: 1 });
  const hundred = Array.from({ length: 100 }, (_, n) => visit(n + 1));
  expect(dwellOf(hundred)).toEqual([{ state: 's', count: 100, p50: 50, p95: 95, max: 100, lasting: 0 }]);
  expect(dwellOf([visit(7)])).toEqual([{ state: 's', count: 1, p50: 7, p95: 7, max: 7, lasting: 0 }]);
  expect(dwellOf([{ ...visit(7), lasts: true }])).toEqual([{ state: 's', count: 0, lasting: 1, longestLasting: 7 }]);
});
