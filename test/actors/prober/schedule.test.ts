import { describe, expect, test } from 'vitest';
import { COMMAND_PROBES_AT_ONCE, NETWORK_PROBES_AT_ONCE } from '../../../src/actors/prober.ts';
import { simulatedClock } from '../../../src/adapters/clock/simulatedClock.ts';
import { simulatedHosts } from '../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import type { ProbeAnswer, ProbeTarget } from '../../../src/domain/ports/probes.ts';
import { answered, httpCheck, proberWorld, readinessCheck, START, watched } from './world.ts';

const anyHost = simulatedHosts({ seed: 1, clock: simulatedClock(START) }).host('node-1', {
  cpus: 1,
  mem: 1,
  disk: 1,
  gpus: 0,
  hostname: 'h',
  address: '10.0.0.1',
});

describe('the time of a probe', () => {
  test('first comes within five seconds, spread over them, and then keeps its interval', async () => {
    const { prober, pass, asked } = proberWorld(() => answered(200));
    for (let index = 0; index < 500; index++)
      prober.watch(
        watched({ instance: `i-${index}`, ports: [{ port: 31_000 + index }], healthChecks: [httpCheck({ intervalSeconds: 60 })] }),
      );
    await pass(65_000);
    const times = Map.groupBy(asked, ({ target }) => (target as { port: number }).port);
    const firsts = [...times.values()].map(([first]) => (first?.at ?? 0) - START);
    expect(firsts).toHaveLength(500);
    expect(Math.max(...firsts)).toBeLessThanOrEqual(5_000);
    const perSecond = [0, 1, 2, 3, 4].map((second) => firsts.filter((at) => Math.floor(at / 1000) === second).length);
    for (const count of perSecond) expect(count).toBeGreaterThan(60);
    for (const probes of times.values()) expect((probes[1]?.at ?? 0) - (probes[0]?.at ?? 0)).toBe(60_000);
  });

  test('is the same for the same instance', async () => {
    const first = async () => {
      const { prober, pass, asked } = proberWorld(() => answered(200));
      prober.watch(watched({ healthChecks: [httpCheck()] }));
      await pass(5_000);
      return asked[0]?.at;
    };
    expect(await first()).toBe(await first());
  });

  test('waits for the delay of a check of the executor, counted from the start', async () => {
    const { prober, pass, asked, clock } = proberWorld(() => answered(200));
    await pass(4_000);
    prober.watch(watched({ healthChecks: [httpCheck({ protocol: 'MESOS_HTTP', delaySeconds: 15 })] }));
    await pass(30_000);
    expect(clock.now()).toBe(START + 34_000);
    expect(asked[0]?.at).toBeGreaterThanOrEqual(START + 15_000);
    expect(asked[0]?.at).toBeLessThan(START + 16_000);
  });

  test('skips beats while the last one is under way: a check never overlaps itself', async () => {
    const replies: ((answer: ProbeAnswer) => void)[] = [];
    const { prober, pass, asked } = proberWorld(() => new Promise((resolve) => replies.push(resolve)));
    prober.watch(watched({ healthChecks: [httpCheck()] }));
    await pass(38_000);
    expect(asked).toHaveLength(1);
    replies[0]?.(answered(200));
    await pass(10_000);
    expect(asked).toHaveLength(2);
    expect(((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)) % 10_000).toBe(0);
  });
});

describe('probes at once', () => {
  const burst = async (count: number, protocol: 'HTTP' | 'COMMAND') => {
    const waiting: { target: ProbeTarget; resolve: (answer: ProbeAnswer) => void }[] = [];
    const made = proberWorld((target) => new Promise((resolve) => waiting.push({ target, resolve })));
    const check = httpCheck({ protocol, delaySeconds: 0, intervalSeconds: 600, command: { value: 'true' } });
    for (let index = 0; index < count; index++)
      made.prober.watch(watched({ instance: `i-${index}`, healthChecks: [check], host: anyHost }));
    await made.pass(6_000);
    return { ...made, waiting };
  };

  test.each([
    ['HTTP', NETWORK_PROBES_AT_ONCE],
    ['COMMAND', COMMAND_PROBES_AT_ONCE],
  ] as const)('%s: never more than the bound, the others in their order', async (protocol, bound) => {
    const { prober, waiting, pass, asked } = await burst(bound + 5, protocol);
    expect(asked).toHaveLength(bound);
    expect(prober.gauges()).toMatchObject({ watched: bound + 5, underWay: bound, queued: 5 });
    for (const { resolve } of waiting.splice(0)) resolve(answered(200));
    await pass(1);
    expect(asked).toHaveLength(bound + 5);
    expect(prober.gauges()).toMatchObject({ underWay: 5, queued: 0 });
  });

  test('commands do not hold up the network', async () => {
    const { prober, pass, asked } = await burst(COMMAND_PROBES_AT_ONCE + 1, 'COMMAND');
    prober.watch(watched({ instance: 'web', healthChecks: [httpCheck()] }));
    await pass(5_000);
    expect(asked.at(-1)?.target.kind).toBe('http');
  });

  test('a start long after its time is counted as late', async () => {
    const { prober, waiting, pass } = await burst(COMMAND_PROBES_AT_ONCE + 3, 'COMMAND');
    expect(prober.gauges().lateStarts).toBe(0);
    for (const { resolve } of waiting.splice(0)) resolve({ _tag: 'Succeeded' });
    await pass(1);
    const { lateStarts, worstLatenessMs, started } = prober.gauges();
    expect([lateStarts, started]).toEqual([3, COMMAND_PROBES_AT_ONCE + 3]);
    expect(worstLatenessMs).toBeGreaterThan(5_000);
  });
});

describe('where a probe goes', () => {
  const asksOf = async (check: Parameters<typeof httpCheck>[0]) => {
    const { prober, pass, asked } = proberWorld(() => answered(200));
    const ports = [{ port: 31_000 }, { port: 31_001 }];
    prober.watch(watched({ ports, healthChecks: [httpCheck({ delaySeconds: 0, ...check })], host: anyHost }));
    await pass(6_000);
    return asked[0]?.target;
  };
  const base = { kind: 'http', scheme: 'http', address: '10.0.0.1', port: 31_000, path: '/health', family: 4, keepsBody: false };

  test('follows protocol, port index, fixed port and address family', async () => {
    expect(await asksOf({})).toEqual(base);
    expect(await asksOf({ protocol: 'MESOS_HTTP', ipProtocol: 'IPv6' })).toEqual({ ...base, family: 6 });
    expect(await asksOf({ protocol: 'HTTPS', portIndex: 1 })).toEqual({ ...base, scheme: 'https', port: 31_001 });
    expect(await asksOf({ protocol: 'MESOS_HTTPS', port: 8443 })).toEqual({ ...base, scheme: 'https', port: 8443 });
    expect(await asksOf({ protocol: 'MESOS_TCP', portIndex: 1 })).toEqual({ kind: 'tcp', address: '10.0.0.1', port: 31_001, family: 4 });
    expect(await asksOf({ protocol: 'COMMAND', command: { value: 'test -f /ok' } })).toEqual({
      kind: 'command',
      host: anyHost,
      instance: 'i-1',
      argv: ['/bin/sh', '-c', 'test -f /ok'],
    });
  });

  test('a port that the instance lacks is a failure that says so', async () => {
    const { prober, pass, events } = proberWorld(() => answered(200));
    prober.watch(watched({ healthChecks: [httpCheck({ portIndex: 3 })] }));
    await pass(6_000);
    expect(events.map((event) => 'cause' in event && event.cause)).toEqual(['the instance has no port 3']);
  });

  test('a host that is not connected says nothing about its instance; once it is, it is asked', async () => {
    const { prober, pass, events, asked } = proberWorld(() => ({ _tag: 'Succeeded' }));
    let connected: typeof anyHost | undefined;
    const check = httpCheck({
      protocol: 'COMMAND',
      delaySeconds: 0,
      gracePeriodSeconds: 0,
      maxConsecutiveFailures: 1,
      command: { value: 'true' },
    });
    prober.watch({
      ...watched({ healthChecks: [check] }),
      get host() {
        return connected;
      },
    });
    await pass(60_000);
    expect([asked.length, events]).toEqual([0, []]);
    connected = anyHost;
    await pass(60_000);
    expect(events).toEqual([{ type: 'ready', instance: 'i-1', at: expect.any(Number) }]);
  });

  test('a readiness check asks by port name and keeps the body', async () => {
    const { prober, pass, asked } = proberWorld(() => answered(200));
    prober.watch(watched({ readinessChecks: [readinessCheck({ protocol: 'HTTPS' })] }));
    await pass(6_000);
    expect(asked[0]).toMatchObject({ target: { ...base, scheme: 'https', path: '/ready', keepsBody: true }, timeoutMs: 5_000 });
  });
});

test('closing forgets everything and leaves no timer', async () => {
  const { prober, pass, clock, asked } = proberWorld(() => answered(200));
  prober.watch(watched({ healthChecks: [httpCheck()] }));
  prober.close();
  await pass(60_000);
  expect([clock.waiting, asked]).toEqual([0, []]);
});
