import { describe, expect, test } from 'vitest';
import { answered, failed, httpCheck, proberWorld, readinessCheck, START, watched } from './world.ts';

const pathOf = (target: { kind: string; path?: string }) => target.path;

describe('readiness', () => {
  test('comes once, when every health check is alive', async () => {
    const { prober, pass, events, world } = proberWorld((target) => (pathOf(target) === '/a' ? answered(200) : answered(503)));
    prober.watch(
      watched({ healthChecks: [httpCheck({ path: '/a', gracePeriodSeconds: 300 }), httpCheck({ path: '/b', gracePeriodSeconds: 300 })] }),
    );
    await pass(30_000);
    expect(events).toEqual([]);
    world.reply = () => answered(302);
    await pass(60_000);
    expect(events.map(({ type, instance }) => [type, instance])).toEqual([['ready', 'i-1']]);
  });

  test('waits for the readiness check too, which is asked until it says yes', async () => {
    const { prober, pass, asked, types, world } = proberWorld((target) => (pathOf(target) === '/ready' ? answered(500) : answered(200)));
    prober.watch(watched({ healthChecks: [httpCheck()], readinessChecks: [readinessCheck({ httpStatusCodesForReady: [204] })] }));
    await pass(30_000);
    expect(types()).toEqual([]);
    expect(prober.readinessOf('i-1')).toEqual([{ name: 'warm', ready: false }]);
    world.reply = () => answered(204);
    await pass(10_000);
    expect(types()).toEqual(['ready']);
    expect(prober.readinessOf('i-1')).toEqual([{ name: 'warm', ready: true }]);
    const before = asked.filter(({ target }) => pathOf(target) === '/ready').length;
    await pass(60_000);
    expect(asked.filter(({ target }) => pathOf(target) === '/ready')).toHaveLength(before);
  });

  test('needs nothing but the readiness check where there is no health check', async () => {
    const { prober, pass, types } = proberWorld(() => answered(200));
    prober.watch(watched({ readinessChecks: [readinessCheck()] }));
    await pass(10_000);
    expect(types()).toEqual(['ready']);
  });

  test('shows the last answer where asked to, and 504 where none came', async () => {
    const { prober, pass, world } = proberWorld(() => answered(503, 'warming'));
    prober.watch(watched({ readinessChecks: [readinessCheck({ preserveLastResponse: true })] }));
    await pass(10_000);
    expect(prober.readinessOf('i-1')).toEqual([
      { name: 'warm', ready: false, lastResponse: { status: 503, contentType: 'text/plain', body: 'warming' } },
    ]);
    world.reply = () => failed('connection refused');
    await pass(10_000);
    expect(prober.readinessOf('i-1')).toEqual([
      { name: 'warm', ready: false, lastResponse: { status: 504, contentType: 'text/plain', body: 'connection refused' } },
    ]);
  });

  test('is not reached by a port that the instance lacks', async () => {
    const { prober, pass, types, asked } = proberWorld(() => answered(200));
    prober.watch(watched({ readinessChecks: [readinessCheck({ portName: 'admin' })] }));
    await pass(30_000);
    expect([types(), asked]).toEqual([[], []]);
  });
});

describe('health', () => {
  test('turns bad at the first failure that counts and good when every check is alive again', async () => {
    const { prober, pass, events, world } = proberWorld(() => answered(200));
    prober.watch(watched({ healthChecks: [httpCheck({ path: '/a' }), httpCheck({ path: '/b' })] }));
    await pass(10_000);
    world.reply = () => answered(500);
    await pass(10_000);
    world.reply = (target) => (pathOf(target) === '/a' ? answered(200) : answered(500));
    await pass(10_000);
    expect(events.map(({ type }) => type)).toEqual(['ready', 'unhealthy', 'unhealthy']);
    expect(events[1]).toMatchObject({ failures: 1, cause: 'HTTP status 500' });
    world.reply = () => answered(200);
    await pass(10_000);
    expect(events.slice(3)).toMatchObject([{ type: 'healthy', probe: 'HTTP :31000/b' }]);
  });

  test('that was bad before the instance was ever ready ends in ready, not in healthy', async () => {
    const { prober, pass, types, world } = proberWorld(() => failed('connection refused'));
    prober.watch(watched({ healthChecks: [httpCheck()] }));
    await pass(10_000);
    world.reply = () => answered(200);
    await pass(10_000);
    expect(types()).toEqual(['unhealthy', 'ready']);
  });

  test('is not judged within the grace period before the first success', async () => {
    const { prober, pass, events } = proberWorld(() => failed('connection refused'));
    prober.watch(watched({ healthChecks: [httpCheck({ gracePeriodSeconds: 60 })] }));
    await pass(59_000);
    expect([events, prober.healthOf('i-1')]).toEqual([[], []]);
    await pass(11_000);
    expect(events).toMatchObject([{ type: 'unhealthy', cause: 'connection refused' }]);
  });

  test('kills at failure maximum + 1 when Marathon probes, at the maximum when the executor does, never at 0', async () => {
    const firstKill = async (check: Parameters<typeof httpCheck>[0]) => {
      const { prober, pass, asked, events } = proberWorld(() => failed('no answer'));
      prober.watch(watched({ healthChecks: [httpCheck(check)] }));
      await pass(100_000);
      const kill = events.find(({ type }) => type === 'kill');
      return kill === undefined ? undefined : asked.findIndex(({ at }) => at === kill.at) + 1;
    };
    expect([
      await firstKill({ maxConsecutiveFailures: 3 }),
      await firstKill({ maxConsecutiveFailures: 3, protocol: 'MESOS_HTTP', delaySeconds: 0 }),
      await firstKill({ maxConsecutiveFailures: 0 }),
    ]).toEqual([4, 3, undefined]);
  });

  test('is not touched by answers that say nothing: an unreachable host, an interim status that is to be ignored', async () => {
    const { prober, pass, events, world } = proberWorld(() => ({ _tag: 'Inconclusive', cause: 'host gone' }));
    prober.watch(watched({ healthChecks: [httpCheck({ ignoreHttp1xx: true })] }));
    await pass(30_000);
    world.reply = () => answered(102);
    await pass(30_000);
    expect([events, prober.healthOf('i-1')]).toEqual([[], []]);
  });

  test('an interim status that is not to be ignored is a failure', async () => {
    const { prober, pass, types } = proberWorld(() => answered(102));
    prober.watch(watched({ healthChecks: [httpCheck()] }));
    await pass(6_000);
    expect(types()).toEqual(['unhealthy']);
  });

  test('shows times as instants', async () => {
    const { prober, pass, asked, world } = proberWorld(() => answered(200));
    prober.watch(watched({ healthChecks: [httpCheck()] }));
    await pass(6_000);
    world.reply = () => failed('reset');
    await pass(10_000);
    const [first, second] = asked.map(({ at }) => at);
    expect(prober.healthOf('i-1')).toEqual([
      {
        check: 0,
        alive: false,
        consecutiveFailures: 1,
        firstSuccess: first,
        lastSuccess: first,
        lastFailure: second,
        lastFailureCause: 'reset',
      },
    ]);
    expect(first).toBeGreaterThanOrEqual(START);
  });

  test('a probe that breaks is a failed probe', async () => {
    const { prober, pass, events } = proberWorld(() => Promise.reject(new Error('bug')));
    prober.watch(watched({ healthChecks: [httpCheck()] }));
    await pass(6_000);
    expect(events).toMatchObject([{ type: 'unhealthy', cause: 'Error: bug' }]);
  });
});

describe('watching again', () => {
  test('tells its standing again, and asks no more often than before', async () => {
    const { prober, pass, types, asked } = proberWorld(() => answered(200));
    const subject = watched({ healthChecks: [httpCheck()] });
    prober.watch(subject);
    await pass(10_000);
    prober.watch(subject);
    await pass(20_000);
    expect(types()).toEqual(['ready', 'ready']);
    expect(asked).toHaveLength(3);
  });

  test('tells a bad standing as that', async () => {
    const { prober, pass, events } = proberWorld(() => failed('gone'));
    const subject = watched({ healthChecks: [httpCheck({ maxConsecutiveFailures: 0 })] });
    prober.watch(subject);
    await pass(19_000);
    prober.watch(subject);
    expect(events).toMatchObject([
      { type: 'unhealthy', failures: 1, cause: 'gone' },
      { type: 'unhealthy', failures: 2, cause: 'gone' },
    ]);
  });

  test('with another start begins anew', async () => {
    const { prober, pass, types } = proberWorld(() => answered(200));
    prober.watch(watched({ healthChecks: [httpCheck()] }));
    await pass(10_000);
    prober.watch(watched({ healthChecks: [httpCheck()], startedAt: START + 9_000 }));
    expect(prober.healthOf('i-1')).toEqual([]);
    await pass(10_000);
    expect(types()).toEqual(['ready', 'ready']);
  });
});

test('nobody hears of what is no longer watched, nor of the answer that was under way', async () => {
  const pending = Promise.withResolvers<ReturnType<typeof answered>>();
  const { prober, pass, asked, events, clock } = proberWorld(() => pending.promise);
  prober.watch(watched({ healthChecks: [httpCheck()] }));
  await pass(6_000);
  prober.unwatch('i-1');
  pending.resolve(answered(200));
  await pass(60_000);
  expect([asked.length, events, prober.healthOf('i-1'), clock.waiting]).toEqual([1, [], [], 0]);
});
