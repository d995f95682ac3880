import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { simulatedClock } from '../../src/adapters/clock/simulatedClock.ts';
import type { InstanceCommand } from '../../src/domain/instance/instance.commands.ts';
import { keyOf, streamOf } from '../../src/domain/kernel/ids.ts';
import type { Clock, StoredFact } from '../../src/domain/kernel/ports.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { addNode, createWorld, deploy, submit, type World } from '../support/world.ts';

/* What the engine does about what must not happen: histories that do not fold, hosts that hang, a successor. */

const START = Date.UTC(2030, 0, 1);
const web = { id: '/web', cmd: 'serve', cpus: 0.5, mem: 64, instances: 2 };
const stopNow: InstanceCommand = { type: 'StopInstance', reason: 'asked for by a test', signal: 'SIGTERM', drainMs: 0, graceMs: 5000 };

type Options = Omit<Parameters<typeof createWorld>[0], 'log' | 'clock' | 'beforeOpen'> & {
  readonly from?: readonly StoredFact[];
  readonly beforeOpen?: (clock: Clock) => Promise<void>;
};

const simulated = async ({ from, beforeOpen = async () => {}, ...options }: Options = {}) => {
  const clock = simulatedClock(from?.at(-1)?.meta.at ?? START);
  const log = memoryLog(from === undefined ? {} : { from });
  const making = createWorld({ log, clock, beforeOpen: () => beforeOpen(clock), ...options });
  await clock.advanceSettling(clock.now());
  const world = await making;
  return { world, log, clock, pass: (ms: number) => clock.advanceSettling(clock.now() + ms) };
};
const statesOf = (world: World) => world.engine.views.instances.ofApp('/web').map(({ state }) => state);

test('one that is to stop while its host still starts it has not vanished: it is stopped when it is there', async () => {
  const { world, log, pass } = await simulated({ profile: { startMs: 60_000, stopMs: 100 } });
  await addNode(world, 'n1');
  await deploy(world, { ...web, instances: 1 });
  await pass(10_000);
  const [row] = world.engine.views.instances.ofApp('/web');
  if (row === undefined) throw new Error('no instance');
  expect(row.state).toBe('starting');
  await submit(world, streamOf('instance', row.id), stopNow);
  await pass(120_000);
  const types = (await log.readStream(streamOf('instance', row.id))).map(({ type }) => type);
  expect(types).not.toContain('ContainerVanished.v1');
  expect(world.engine.views.instances.get(row.id)?.state).toBe('killed');
  await world.engine.stop();
});

test('a health check by command finds its host again after a restart', async () => {
  const { world, pass } = await simulated({
    probe: async (target) => (target.kind === 'command' ? { _tag: 'Succeeded' } : { _tag: 'Failed', cause: 'no command' }),
  });
  await addNode(world, 'n1');
  const healthChecks = [
    { protocol: 'COMMAND', command: { value: 'true' }, gracePeriodSeconds: 0, intervalSeconds: 5, maxConsecutiveFailures: 2 },
  ];
  await deploy(world, { ...web, healthChecks });
  await pass(60_000);
  expect(statesOf(world)).toEqual(['running.checked.ready', 'running.checked.ready']);
  const before = world.engine.views.instances.ofApp('/web').map(({ id }) => id);
  const restarting = world.restart();
  await pass(0);
  await restarting;
  await pass(120_000);
  expect(world.engine.views.instances.ofApp('/web').map(({ id, state }) => [id, state])).toEqual(
    before.map((id) => [id, 'running.checked.ready']),
  );
  await world.engine.stop();
});

/** A log whose facts of one stream are spoilt behind the engine's back; read again as by another process. */
const spoilt = (facts: readonly StoredFact[], stream: string, spoil: (fact: StoredFact) => Partial<StoredFact>): readonly StoredFact[] =>
  facts.map(({ fact: _, ...stored }) => (stored.stream === stream ? { ...stored, ...spoil(stored as StoredFact) } : stored) as StoredFact);

const twoRunning = async () => {
  const { world, log, pass } = await simulated();
  await addNode(world, 'n1');
  await deploy(world, web);
  await pass(10_000);
  expect(statesOf(world)).toEqual(['running.unchecked', 'running.unchecked']);
  const [row] = world.engine.views.instances.ofApp('/web');
  await world.engine.stop();
  return { facts: log.facts, broken: streamOf('instance', row?.id ?? '') };
};

test.each([
  [
    'does not fold',
    (stored: StoredFact) => (stored.type.startsWith('ContainerStarted') ? { type: 'InstanceBecameHealthy.v1', data: '{"probe":"x"}' } : {}),
  ],
  [
    'is of a type that nobody knows',
    (stored: StoredFact) => (stored.type.startsWith('ContainerStarted') ? { type: 'ContainerSang.v1' } : {}),
  ],
  ['is no JSON', (stored: StoredFact) => (stored.type.startsWith('ContainerStarted') ? { data: '{' } : {})],
] as const)('a stream whose history %s stands still alone: the engine starts and serves the rest', async (_, spoil) => {
  const { facts, broken } = await twoRunning();
  const { world, log, pass } = await simulated({ from: spoilt(facts, broken, spoil) });
  await pass(10_000);
  expect([...world.engine.quarantined().keys()]).toEqual([broken]);
  const refused = await world.engine.submit(broken, stopNow, { id: world.ids.next(), by: 'tester', body: {} });
  expect(E.isLeft(refused) && refused.left.code).toBe('quarantined');
  // What it can not touch does not keep it busy.
  await deploy(world, { ...web, instances: 0 });
  const head = log.head();
  await pass(60_000);
  expect(log.head() - head).toBeLessThan(30);
  const others = world.engine.views.instances.ofApp('/web').filter(({ id }) => id !== keyOf(broken));
  expect(others).toEqual([]);
  await world.engine.stop();
});

test('an engine that has no such state for a live stream does not begin, unless told to leave it standing', async () => {
  const { facts, broken } = await twoRunning();
  const singing = spoilt(facts, broken, ({ meta }) => ({ meta: { ...meta, state: 'singing' } }));
  const clock = simulatedClock(START);
  const refusing = memoryLog({ from: singing });
  const starting = createWorld({ log: refusing, clock });
  const told = expect(starting).rejects.toThrow(
    `this version can't go on with one live stream; nothing was changed:\n  ${broken} (instance.v1, in singing): the chart 'instance.v1' of this version has no state 'singing'`,
  );
  await clock.advanceSettling(clock.now() + 10_000);
  await told;
  expect(refusing.head()).toBe(facts.length);
  const { world, log, pass } = await simulated({ from: singing, quarantineUnloadable: true });
  await pass(10_000);
  expect([...world.engine.quarantined().keys()]).toEqual([broken]);
  expect(log.facts.slice(facts.length).some(({ stream }) => stream === broken)).toBe(false);
  await world.engine.stop();
});

test('a host to which no connection comes about is unreachable with the reason, and welcome once it answers', async () => {
  let answer = (): void => {};
  const answering = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { world, pass } = await simulated({ beforeOpen: () => answering });
  await addNode(world, 'n1');
  await pass(60_000);
  expect(world.engine.views.nodes.get('n1')).toMatchObject({ state: 'attached.unreachable', reason: expect.stringContaining('no answer') });
  answer();
  await pass(60_000);
  expect(world.engine.views.nodes.get('n1')?.state).toBe('attached.answering.ready');
  await world.engine.stop();
});

test('a connection that takes longer than a heartbeat is made once', async () => {
  let opened = 0;
  const { world, pass } = await simulated({
    beforeOpen: (clock) => {
      opened += 1;
      return new Promise((resolve) => clock.schedule(7000, resolve));
    },
  });
  await addNode(world, 'n1');
  await pass(30_000);
  expect(opened).toBe(1);
  await world.engine.stop();
});

test('of an engine that was stopped nothing goes on', async () => {
  const { world, clock, pass } = await simulated();
  await addNode(world, 'n1');
  world.hosts
    .host('n1', { cpus: 16, mem: 65_536, disk: 1_000_000, gpus: 0, hostname: 'n1', address: '127.0.0.1' })
    .startFails('Transient', { times: 1000 });
  await deploy(world, web);
  await pass(10_000);
  await world.engine.stop();
  expect(clock.waiting).toBe(0);
  const refused = await world.engine.submit('app-/web', stopNow, { id: world.ids.next(), by: 'tester', body: {} });
  expect(E.isLeft(refused) && refused.left.code).toBe('unavailable');
});

test('an engine that was succeeded says so once and stops', async () => {
  const fenced: number[] = [];
  const { world, log, clock, pass } = await simulated({ onFenced: (term) => fenced.push(term) });
  await addNode(world, 'n1');
  await pass(1000);
  const [taken] = await log.readStream('lease-engine');
  if (taken === undefined) throw new Error('no lease');
  const { id: _, ...rest } = taken;
  await log.append('lease-engine', 0, [
    { ...rest, id: world.ids.next(), data: '{"term":2,"holder":"another"}', meta: { ...taken.meta, term: 2 } },
  ]);
  const refused = await world.engine.submit(streamOf('node', 'n1'), { type: 'CordonNode', reason: 'test' } as never, {
    id: world.ids.next(),
    by: 'tester',
    body: {},
  });
  expect(E.isLeft(refused) && refused.left.code).toBe('unavailable');
  await pass(60_000);
  expect(fenced).toEqual([2]);
  expect(clock.waiting).toBe(0);
});

test('a host that is in the pool twice keeps what runs there: the same container seen through another node is no stray', async () => {
  const { world, pass } = await simulated({ hostBehind: () => 'the one' });
  await addNode(world, 'n1');
  await deploy(world, web);
  await pass(10_000);
  const before = world.engine.views.instances.ofApp('/web').map(({ id }) => id);
  await addNode(world, 'n2');
  await pass(120_000);
  expect(world.engine.views.instances.ofApp('/web').map(({ id, state }) => [id, state])).toEqual(
    before.map((id) => [id, 'running.unchecked']),
  );
  await world.engine.stop();
});

test('one that was forgotten with its node is asked to stop when it is found again, with the grace of its app', async () => {
  const { world, log, pass } = await simulated({ profile: { stopMs: 500 } });
  await addNode(world, 'n1');
  await deploy(world, { ...web, instances: 1, unreachableStrategy: { inactiveAfterSeconds: 5, expungeAfterSeconds: 10 } });
  await pass(10_000);
  const [row] = world.engine.views.instances.ofApp('/web');
  if (row === undefined) throw new Error('no instance');
  const host = world.hosts.host('n1', { cpus: 16, mem: 65_536, disk: 1_000_000, gpus: 0, hostname: 'n1', address: '127.0.0.1' });
  host.partition();
  await pass(120_000);
  expect(world.engine.views.instances.get(row.id)?.state).toBe('expunged');
  host.heal();
  await pass(120_000);
  const last = (await log.readStream(streamOf('instance', row.id))).at(-1);
  expect([last?.type, last?.data]).toEqual(['ContainerExited.v1', expect.stringContaining('SIGTERM')]);
  await world.engine.stop();
});
