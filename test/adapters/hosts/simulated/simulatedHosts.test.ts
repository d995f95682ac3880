import type { Either } from 'fp-ts/lib/Either.js';
import { describe, expect, test } from 'vitest';
import { type SimulatedClock, simulatedClock } from '../../../../src/adapters/clock/simulatedClock.ts';
import type { SimulationProfile } from '../../../../src/adapters/hosts/simulated/profile.ts';
import { simulatedHosts } from '../../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import type { HostFault, HostHint } from '../../../../src/domain/ports/hosts.ts';
import { plainSpec } from './spec.ts';

const OFFER = { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, hostname: 'host-1', address: '10.0.0.1' };
const START = 1_000_000;

const world = (profile: Partial<SimulationProfile> = {}, seed = 1) => {
  const clock = simulatedClock(START);
  const hosts = simulatedHosts({ seed, clock, profile });
  const host = hosts.host('node-1', OFFER);
  const hints: HostHint[] = [];
  host.observe((hint) => hints.push(hint));
  return { clock, hosts, host, hints };
};

/** What a call answers, and how long that took on the simulated clock. */
const outcome = async <A>(clock: SimulatedClock, call: () => Promise<Either<HostFault, A>>) => {
  const from = clock.now();
  const answer = call().then((result) => ({ result, after: clock.now() - from }));
  await clock.runUntilIdle(from + 120_000);
  const { result, after } = await answer;
  return { said: result._tag === 'Left' ? result.left._tag : result.right, after };
};

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
const TERM = { signal: 'SIGTERM', killAt: START + 1_000 };

describe('a calm simulated host', () => {
  test('does everything at once and leaves no timer', async () => {
    const { clock, host } = world();
    const run = await outcome(clock, host.run(plainSpec('a')));
    const stop = await outcome(clock, host.stop('a', TERM));
    await outcome(clock, host.remove('a'));
    expect(run).toMatchObject({ said: { status: 'running', startedAt: START, ipAddresses: ['10.0.0.1'] }, after: 0 });
    expect(stop).toMatchObject({ said: { status: 'exited', exit: { signal: 'SIGTERM', oom: false, at: START } }, after: 0 });
    expect(clock.waiting).toBe(0);
    expect(host.journal().map(({ what }) => what)).toEqual(['run', 'started', 'stop', 'exited', 'remove', 'removed']);
  });

  test('holds what a connection left when another one comes', async () => {
    const { clock, hosts, host } = world();
    await outcome(clock, host.run(plainSpec('a')));
    await host.close();
    expect((await outcome(clock, host.ping())).said).toBe('HostUnreachable');
    const again = hosts.host('node-1', OFFER);
    expect(await outcome(clock, again.inventory())).toMatchObject({ said: [{ instance: 'a', status: 'running' }] });
  });

  test('does not give one port to two, and frees it at the end', async () => {
    const { clock, host } = world();
    const ports = [{ protocol: 'tcp' as const, hostPort: 31_000 }];
    await outcome(clock, host.run(plainSpec('a', { ports })));
    expect(await host.run(plainSpec('b', { ports }))()).toMatchObject({ left: { _tag: 'PortTaken', port: 31_000 } });
    await outcome(clock, host.run(plainSpec('c', { ports: [{ protocol: 'udp', hostPort: 31_000 }] })));
    await outcome(clock, host.stop('a', TERM));
    expect(await outcome(clock, host.run(plainSpec('b', { ports })))).toMatchObject({ said: { status: 'running' } });
  });

  test('does not remove what runs', async () => {
    const { clock, host } = world();
    await outcome(clock, host.run(plainSpec('a')));
    expect((await outcome(clock, host.remove('a'))).said).toBe('Transient');
  });

  test('adds up what is committed to what has not ended', async () => {
    const { clock, host } = world();
    for (const instance of ['a', 'b', 'c']) await outcome(clock, host.run(plainSpec(instance)));
    host.crash('b');
    expect(host.committed()).toEqual({ instances: 2, cpus: 1, mem: 128 });
  });

  test('lets a program that ends by itself end at its time, and a stopped one leave no timer', async () => {
    const { clock, host } = world();
    void host.run(plainSpec('a', { command: { shell: 'sleep 10; exit 3' } }))();
    void host.run(plainSpec('b', { command: { shell: 'sleep 600' } }))();
    clock.advance(10_000);
    void host.stop('b', { signal: 'SIGTERM', killAt: clock.now() + 1_000 })();
    expect(await host.inventory()()).toMatchObject({
      right: [{ exit: { exitCode: 3, at: START + 10_000 } }, { exit: { signal: 'SIGTERM' } }],
    });
    expect(clock.waiting).toBe(0);
  });
});

describe('latencies', () => {
  const slow = { startMs: [100, 200], stopMs: [10, 20], pullMs: [1_000, 2_000], callMs: 5 } as const;
  const took = async (seed: number) => {
    const { clock, host } = world(slow, seed);
    const times: number[] = [];
    for (const instance of ['a', 'b', 'c']) times.push((await outcome(clock, host.run(plainSpec(instance)))).after);
    times.push((await outcome(clock, host.stop('a', { signal: 'SIGTERM', killAt: clock.now() + 1_000 }))).after);
    times.push((await outcome(clock, host.ping())).after);
    return times;
  };

  test('are drawn from the seed: the same again, others from another', async () => {
    expect(await took(1)).toEqual(await took(1));
    expect(await took(1)).not.toEqual(await took(2));
  });

  test('count the pull for the first start of an image only', async () => {
    const [first = 0, second = 0, third = 0, stop = 0, ping = 0] = await took(3);
    expect(first).toBeGreaterThanOrEqual(1_100);
    for (const start of [second, third]) {
      expect(start).toBeGreaterThanOrEqual(100);
      expect(start).toBeLessThanOrEqual(200);
    }
    expect(stop).toBeGreaterThanOrEqual(10);
    expect(stop).toBeLessThanOrEqual(20);
    expect(ping).toBe(5);
  });

  test('a start beyond its deadline is answered Transient, goes on, is hinted and is found by the next one', async () => {
    const { clock, host, hints } = world({ startMs: 90_000, startDeadlineMs: 60_000 });
    const answer = host.run(plainSpec('a'))();
    await clock.advanceSettling(START + 60_000);
    expect(await answer).toMatchObject({ left: { _tag: 'Transient' } });
    expect(await host.inspect('a')()).toMatchObject({ right: { status: 'created' } });
    expect(hints).toEqual([]);
    await clock.advanceSettling(START + 90_000);
    await settled();
    expect(hints).toEqual([{ type: 'Changed', instance: 'a' }]);
    expect(await outcome(clock, host.run(plainSpec('a')))).toMatchObject({
      said: { status: 'running', startedAt: START + 90_000 },
      after: 0,
    });
    expect(host.journal().filter(({ what }) => what === 'started')).toHaveLength(1);
  });
});

describe('faults', () => {
  test.each([
    'ImagePullFailed',
    'ImageMissing',
    'PortTaken',
    'CommandNotFound',
    'ArtifactFetchFailed',
    'StartRejected',
    'Transient',
  ] as const)('a start can fail with %s, once, and leaves nothing', async (tag) => {
    const { clock, host } = world();
    host.startFails(tag);
    expect((await outcome(clock, host.run(plainSpec('a')))).said).toBe(tag);
    expect((await outcome(clock, host.inspect('a'))).said).toBeUndefined();
    expect(await outcome(clock, host.run(plainSpec('a')))).toMatchObject({ said: { status: 'running' } });
  });

  test('can be meant for some starts only, until taken back', async () => {
    const { clock, host } = world();
    host.startFails('StartRejected', { times: Number.POSITIVE_INFINITY, when: ({ app }) => app === '/bad' });
    const bad = (instance: string) => outcome(clock, host.run(plainSpec(instance, { app: '/bad' })));
    expect([(await bad('a')).said, (await bad('b')).said]).toEqual(['StartRejected', 'StartRejected']);
    expect(await outcome(clock, host.run(plainSpec('good')))).toMatchObject({ said: { status: 'running' } });
    host.recover();
    expect(await bad('c')).toMatchObject({ said: { status: 'running' } });
  });

  test('a start that never ends is answered Transient at its deadline and stays created', async () => {
    const { clock, host } = world();
    host.neverStarts(true);
    expect(await outcome(clock, host.run(plainSpec('a')))).toEqual({ said: 'Transient', after: 60_000 });
    expect(await outcome(clock, host.inspect('a'))).toMatchObject({ said: { status: 'created' } });
    host.neverStarts(false);
    expect(await outcome(clock, host.run(plainSpec('a')))).toMatchObject({ said: { status: 'running' } });
  });

  test('a lost acknowledgement hides a start that happened; the next run finds it', async () => {
    const { clock, host } = world();
    host.losesAcknowledgements(1, 'run');
    expect((await outcome(clock, host.run(plainSpec('a')))).said).toBe('Transient');
    expect(await outcome(clock, host.run(plainSpec('a')))).toMatchObject({ said: { status: 'running' } });
    expect(host.journal().map(({ what }) => what)).toEqual(['run', 'started', 'run']);
  });

  test('a crash is hinted, an out-of-memory end as that too', async () => {
    const { clock, host, hints } = world();
    for (const instance of ['a', 'b']) await outcome(clock, host.run(plainSpec(instance)));
    expect([host.crash('a'), host.crash('b', { signal: 'SIGKILL', oom: true }), host.crash('nobody'), host.crash('a')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await settled();
    expect(hints).toEqual([
      { type: 'Changed', instance: 'a' },
      { type: 'OutOfMemory', instance: 'b' },
      { type: 'Changed', instance: 'b' },
    ]);
  });

  test('lost hints leave the inventory as the truth', async () => {
    const { clock, host, hints } = world();
    await outcome(clock, host.run(plainSpec('a')));
    host.losesHints(true);
    host.crash('a');
    await settled();
    expect(hints).toEqual([]);
    expect(await outcome(clock, host.inventory())).toMatchObject({ said: [{ status: 'exited', exit: { exitCode: 1 } }] });
  });

  test('what ignores signals is killed at its time', async () => {
    const { clock, host } = world();
    await outcome(clock, host.run(plainSpec('a')));
    host.ignoresSignals(true);
    expect(await outcome(clock, host.stop('a', TERM))).toMatchObject({ said: { exit: { signal: 'SIGKILL' } }, after: 1_000 });
  });

  test('by rate come from the seed', async () => {
    const crashedBy = async (seed: number) => {
      const { clock, host } = world({ crashRate: 0.3, crashWithinMs: 1_000 }, seed);
      for (let index = 0; index < 100; index++) void host.run(plainSpec(`i${index}`))();
      await clock.advanceSettling(START + 1_000);
      return host.journal().filter(({ what }) => what === 'exited');
    };
    const crashes = await crashedBy(1);
    expect(crashes.length).toBeGreaterThan(10);
    expect(crashes.length).toBeLessThan(60);
    expect(await crashedBy(1)).toEqual(crashes);
    expect(await crashedBy(2)).not.toEqual(crashes);
  });
});

describe('a partition', () => {
  test('lets calls fail after a bounded time, drops hints, and what runs goes on', async () => {
    const { clock, host, hints } = world();
    for (const instance of ['a', 'b']) await outcome(clock, host.run(plainSpec(instance)));
    host.partition();
    expect(await outcome(clock, host.ping())).toEqual({ said: 'HostUnreachable', after: 5_000 });
    expect((await outcome(clock, host.run(plainSpec('c')))).said).toBe('HostUnreachable');
    host.crash('a');
    host.heal();
    await settled();
    expect(hints).toEqual([{ type: 'Disconnected', message: 'no answer' }, { type: 'Connected' }]);
    expect(await outcome(clock, host.inventory())).toMatchObject({ said: [{ status: 'exited' }, { status: 'running' }] });
  });

  test('hides the end of a start that was under way', async () => {
    const { clock, host } = world({ startMs: 100 });
    const answer = outcome(clock, host.run(plainSpec('a')));
    host.partition();
    expect(await answer).toEqual({ said: 'HostUnreachable', after: 5_100 });
    host.heal();
    expect(await outcome(clock, host.inspect('a'))).toMatchObject({ said: { status: 'running', startedAt: START + 100 } });
  });
});

test('what is removed while it starts is not started', async () => {
  const { clock, host } = world({ startMs: 100 });
  const answer = outcome(clock, host.run(plainSpec('a')));
  void host.remove('a')();
  expect((await answer).said).toBe('Transient');
  expect(host.journal().map(({ what }) => what)).toEqual(['run', 'remove', 'removed']);
});

describe('a reboot', () => {
  test('ends everything with no exit code, and starts under way are gone', async () => {
    const { clock, host, hints } = world({ startMs: 100 });
    await outcome(clock, host.run(plainSpec('a')));
    const underWay = outcome(clock, host.run(plainSpec('b')));
    host.reboot(20_000);
    expect((await outcome(clock, host.ping())).said).toBe('HostUnreachable');
    expect((await underWay).said).toBe('HostUnreachable');
    await clock.runUntilIdle();
    expect(hints.map(({ type }) => type)).toEqual(['Disconnected', 'Connected']);
    const { said } = await outcome(clock, host.inventory());
    expect(said).toMatchObject([
      { instance: 'a', status: 'exited', exit: { oom: false } },
      { instance: 'b', status: 'created' },
    ]);
    expect((said as readonly { exit?: object }[])[0]?.exit).not.toHaveProperty('exitCode');
  });
});

test('a frugal world keeps no journal', async () => {
  const { clock, host } = world({ frugal: true });
  await outcome(clock, host.run(plainSpec('a')));
  expect(host.journal()).toEqual([]);
});
