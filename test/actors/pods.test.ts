import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { RunSpec } from '../../src/domain/ports/hosts.ts';
import type { ProbeAnswer, ProbeTarget } from '../../src/domain/ports/probes.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { addNode, createWorld, deploy, submit, until, type World } from '../support/world.ts';

type Fields = Readonly<Record<string, unknown>>;

const container = (name: string, fields: Fields = {}): Fields => ({
  name,
  resources: { cpus: 0.4, mem: 64 },
  exec: { command: { shell: 'serve' } },
  ...fields,
});
const shop = (instances: number, web: Fields = {}, fields: Fields = {}): Fields => ({
  id: '/shop',
  scaling: { kind: 'fixed', instances },
  containers: [container('web', { endpoints: [{ name: 'http' }], ...web }), container('logs')],
  ...fields,
});

const started = async (probe?: (target: ProbeTarget) => ProbeAnswer) => {
  const world = await createWorld({ log: memoryLog(), clock: systemClock(), ...(probe && { probe: async (target) => probe(target) }) });
  for (const id of ['n1', 'n2', 'n3']) await addNode(world, id, { cpus: 2 });
  return world;
};

const instancesOf = (world: World) => world.engine.views.instances.ofApp('/shop').toSorted((a, b) => a.slot - b.slot);
const deployed = async (world: World, definition: Fields) => {
  const deployment = await deploy(world, definition);
  const { views } = world.engine;
  const isDone = () => views.deployments.get(deployment)?.outcome === 'succeeded' && views.apps.get('/shop')?.deployment === undefined;
  await until(world, isDone, 'deployed');
};

/** What the hosts were told to run, by instance. */
const specsSeen = (world: World): ReadonlyMap<string, RunSpec> => {
  const specs = new Map<string, RunSpec>();
  for (const { id, offer } of world.engine.views.nodes.all())
    world.hosts.host(id, offer).startFails('Transient', {
      times: Number.POSITIVE_INFINITY,
      when: (spec) => {
        if (spec.containers !== undefined) specs.set(spec.instance, spec);
        return false;
      },
    });
  return specs;
};

test('a pod is placed by what its containers need together', async () => {
  const world = await started();
  const specs = specsSeen(world);
  await deployed(world, shop(6));
  // 0.4 + 0.4, and 0.1 for the executor: two to a node of 2 cpus.
  const byNode = Object.groupBy(instancesOf(world), ({ node = '' }) => node);
  expect(Object.values(byNode).map((rows) => rows?.length)).toEqual([2, 2, 2]);
  const [first] = instancesOf(world);
  const spec = specs.get(first?.id ?? '');
  expect(spec?.containers?.map(({ name, env }) => [name, env.EP_HOST_HTTP])).toEqual([
    ['web', String(first?.hostPorts[0])],
    ['logs', String(first?.hostPorts[0])],
  ]);
  await world.engine.stop();
});

test('a pod is rolled to another version, changed in place, scaled and removed like an app', async () => {
  const world = await started();
  await deployed(world, shop(2));
  const old = instancesOf(world).map(({ id }) => id);
  await deployed(world, shop(2, { environment: { RELEASE: '2' } }));
  const fresh = instancesOf(world).map(({ id }) => id);
  expect(fresh.some((id) => old.includes(id))).toBe(false);
  await deployed(world, shop(3, { environment: { RELEASE: '2' } }, { labels: { tier: 'front' } }));
  expect(instancesOf(world).map(({ id }) => id)).toEqual(expect.arrayContaining(fresh));
  expect(instancesOf(world)).toHaveLength(3);
  await submit(world, streamOf('app', '/shop'), { type: 'DestroyApp', deployment: world.ids.next(), force: false } as never);
  await until(world, () => world.engine.views.apps.get('/shop') === undefined && instancesOf(world).length === 0, 'removed');
  await world.engine.stop();
});

test('what a container is asked decides for the pod: it is ready when all are, and replaced when one stays unhealthy', async () => {
  const asked: ProbeTarget[] = [];
  let isWell = true;
  const world = await started((target) => {
    asked.push(target);
    return isWell || target.kind !== 'command' ? { _tag: 'Succeeded' } : { _tag: 'Failed', cause: 'exit code 1' };
  });
  const soon = { gracePeriodSeconds: 0, delaySeconds: 0, intervalSeconds: 1, timeoutSeconds: 0, maxConsecutiveFailures: 1 };
  const checked = (fields: Fields) => ({ healthCheck: { ...soon, ...fields } });
  const definition = {
    ...shop(1),
    containers: [
      container('web', { endpoints: [{ name: 'http' }], ...checked({ http: { endpoint: 'http', path: '/health' } }) }),
      container('logs', checked({ exec: { command: { argv: ['test', '-f', '/ok'] } } })),
    ],
  };
  await deployed(world, definition);
  const [first] = instancesOf(world);
  expect(first?.state).toBe('running.checked.ready');
  expect(asked).toContainEqual(expect.objectContaining({ kind: 'http', port: first?.hostPorts[0], path: '/health' }));
  expect(asked).toContainEqual(expect.objectContaining({ kind: 'command', argv: ['test', '-f', '/ok'], container: 'logs' }));
  expect(world.engine.healthOf(first?.id ?? '').map(({ check, alive }) => [check, alive])).toEqual([
    [0, true],
    [1, true],
  ]);
  isWell = false;
  await until(world, () => instancesOf(world).some(({ attempt }) => attempt === 2), 'its slot is filled again');
  expect(world.engine.views.instances.get(first?.id ?? '')?.stopReason).toBe('COMMAND test -f /ok: exit code 1');
  await world.engine.stop();
});

test('which containers started, and how each ended, is in the facts and stays after a restart', async () => {
  const world = await started();
  const broken = container('web', { exec: { command: { shell: 'sleep 0.2; exit 3' } } });
  await deploy(world, { ...shop(1), containers: [broken, container('logs')] });
  const ended = () => world.engine.views.instances.endedOf('/shop');
  await until(world, () => ended().length > 0, 'the pod has ended');
  const recorded = ended()[0];
  expect(recorded).toMatchObject({ state: 'exited', exit: { exitCode: 3 } });
  expect(recorded?.containers).toMatchObject([
    { name: 'web', exit: { exitCode: 3, oom: false } },
    { name: 'logs', exit: { signal: 'SIGTERM' } },
  ]);
  expect(recorded?.containers?.every(({ id }) => id !== '')).toBe(true);
  await world.restart();
  expect(ended()[0]).toEqual(recorded);
  await world.engine.stop();
});

test('a container that ends with 0 lets the others go on, and is known to have ended', async () => {
  const world = await started();
  const once = container('web', { exec: { command: { shell: 'sleep 0.2; exit 0' } } });
  await deployed(world, { ...shop(1), containers: [once, container('logs')] });
  const first = () => instancesOf(world)[0];
  await until(world, () => first()?.containers?.[0]?.exit !== undefined, 'its end is known');
  expect(first()).toMatchObject({
    state: 'running.unchecked',
    attempt: 1,
    containers: [{ exit: { exitCode: 0, oom: false } }, { name: 'logs' }],
  });
  expect(first()?.containers?.[1]).not.toHaveProperty('exit');
  await world.restart();
  expect(first()?.containers?.[0]).toHaveProperty('exit');
  await world.engine.stop();
});
