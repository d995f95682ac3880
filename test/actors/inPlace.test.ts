import { setImmediate as aTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import type { RunSpec } from '../../src/domain/ports/hosts.ts';
import type { ProbeTarget } from '../../src/domain/ports/probes.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { addNode, createWorld, deploy, until, type World } from '../support/world.ts';

const web = { id: '/web', cmd: 'serve', cpus: 0.5, mem: 64, instances: 2 };
const instancesOf = (world: World) => world.engine.views.instances.ofApp('/web').toSorted((a, b) => a.slot - b.slot);

const started = async (probe?: (target: ProbeTarget, timeoutMs: number) => void) => {
  const world = await createWorld({
    log: memoryLog(),
    clock: systemClock(),
    probe: async (target, timeoutMs) => {
      probe?.(target, timeoutMs);
      return { _tag: 'Succeeded' };
    },
  });
  for (const id of ['n1', 'n2', 'n3']) await addNode(world, id);
  return world;
};

const deployed = async (world: World, fields: object, over = {}) => {
  const deployment = await deploy(world, { ...web, ...fields }, over);
  const { views } = world.engine;
  const isDone = () => views.deployments.get(deployment)?.outcome === 'succeeded' && views.apps.get('/web')?.deployment === undefined;
  await until(world, isDone, 'deployed');
};

/** What the hosts were told to run, by instance. */
const specsSeen = (world: World): ReadonlyMap<string, RunSpec> => {
  const specs = new Map<string, RunSpec>();
  for (const { id, offer } of world.engine.views.nodes.all())
    world.hosts.host(id, offer).startFails('Transient', {
      times: Number.POSITIVE_INFINITY,
      when: (spec) => {
        specs.set(spec.instance, spec);
        return false;
      },
    });
  return specs;
};

test('labels change under instances that go on; new ones are given the new labels', async () => {
  const world = await started();
  const specs = specsSeen(world);
  await deployed(world, { labels: { tier: 'front' } });
  const before = instancesOf(world);
  await deployed(world, { labels: { tier: 'back' } });
  expect(instancesOf(world)).toEqual(before);
  const { versions, target } = world.engine.views.apps.get('/web') ?? {};
  expect(versions).toHaveLength(2);
  expect(target?.version).not.toBe(target?.configVersion);
  await deployed(world, { labels: { tier: 'back' }, instances: 3 });
  expect(instancesOf(world).map(({ id }) => specs.get(id)?.env.MARATHON_APP_LABEL_TIER)).toEqual(['front', 'front', 'back']);
  await world.engine.stop();
});

test('the very same change replaces all of them for whoever asks for it as Marathon does', async () => {
  const world = await started();
  await deployed(world, { labels: { tier: 'front' } });
  const before = instancesOf(world).map(({ id }) => id);
  await deployed(world, { labels: { tier: 'back' } }, { restart: 'marathon' });
  expect(instancesOf(world).filter(({ id }) => before.includes(id))).toEqual([]);
  await world.engine.stop();
});

test('health checks are asked by their new timing, of the same instances', async () => {
  const timeouts = new Set<number>();
  const asked = Promise.withResolvers<void>();
  const world = await started((_, timeoutMs) => {
    timeouts.add(timeoutMs);
    if (timeoutMs === 9_000) asked.resolve();
  });
  const checks = (timeoutSeconds: number) => ({ healthChecks: [{ intervalSeconds: 1, timeoutSeconds }] });
  await deployed(world, checks(7));
  const before = instancesOf(world).map(({ id }) => id);
  expect([...timeouts]).toEqual([7_000]);
  await deployed(world, checks(9));
  await asked.promise;
  expect(instancesOf(world).map(({ id }) => id)).toEqual(before);
  expect(before.flatMap((id) => world.engine.healthOf(id))).toMatchObject([{ alive: true }, { alive: true }]);
  await world.engine.stop();
});

test('an app with an informational check alone is there at once, and shows what the check says', async () => {
  const asked = Promise.withResolvers<void>();
  const world = await started(() => asked.resolve());
  await deployed(world, { check: { tcp: { portIndex: 0 }, delaySeconds: 0 } });
  const [first] = instancesOf(world);
  expect(first?.state).toBe('running.checked.ready');
  await asked.promise;
  await aTurn();
  expect(instancesOf(world).map(({ id }) => world.engine.checkOf(id))).toContainEqual({ tcp: { succeeded: true } });
  await world.engine.stop();
});
