import { describe, expect, test } from 'vitest';
import { START } from '../../support/fakeEngine.ts';
import { world } from './world.ts';

const quiet = () => {};
const logger = () => {
  const levels = { info: quiet, error: quiet, debug: quiet, fatal: quiet, warn: quiet, trace: quiet, silent: quiet };
  const ofRequest = { ...levels, child: () => ofRequest };
  return { ...levels, level: 'warn', child: () => ofRequest };
};

/** A world with a log whose level is seen, and a clock whose timers the test lets elapse. */
const withLog = async () => {
  const log = logger();
  const made = await world({ log: log as never });
  const timers: { readonly after: number; readonly callback: () => void; cancelled: boolean }[] = [];
  made.engine.clock.schedule = (after, callback) => {
    const timer = { after, callback, cancelled: false };
    timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  };
  return { ...made, log, timers };
};

describe('/logging', () => {
  test('tells the level of the one logger, and sets it', async () => {
    const { call, log } = await withLog();
    expect((await call('GET', '/logging')).body).toEqual({ ROOT: 'WARN' });
    const body = { logger: 'ROOT', level: 'DEBUG' };
    expect(await call('POST', '/logging', { body })).toMatchObject({ status: 200, body: { logger: 'ROOT', level: 'debug' } });
    expect(log.level).toBe('debug');
    await call('POST', '/logging', { body: { logger: 'ROOT', level: 'off' } });
    expect([log.level, (await call('GET', '/logging')).body]).toEqual(['silent', { ROOT: 'OFF' }]);
  });

  test('goes back to the level before when the time is over, whatever was asked for in between', async () => {
    const { call, log, timers } = await withLog();
    await call('POST', '/logging', { body: { logger: 'ROOT', level: 'trace', durationSeconds: 60 } });
    await call('POST', '/logging', { body: { logger: 'ROOT', level: 'info', durationSeconds: 5 } });
    expect(timers.map(({ after, cancelled }) => [after, cancelled])).toEqual([
      [60_000, true],
      [5_000, false],
    ]);
    expect(log.level).toBe('info');
    timers[1]?.callback();
    expect(log.level).toBe('warn');
  });

  test.each([
    [{ logger: '', level: 'info' }, '/logger'],
    [{ logger: 'mesosphere.marathon', level: 'info' }, '/logger'],
    [{ logger: 'ROOT', level: 'loud' }, '/level'],
    [{ logger: 'ROOT' }, '/level'],
    [{ logger: 'ROOT', level: 'info', durationSeconds: 0 }, '/durationSeconds'],
  ])('%j is 422 and names %s', async (body, path) => {
    const { call, log } = await withLog();
    expect(await call('POST', '/logging', { body })).toMatchObject({ status: 422, body: { details: [{ path }] } });
    expect(log.level).toBe('warn');
  });

  test('an engine without a log has nothing to set', async () => {
    const { call } = await world();
    expect((await call('GET', '/logging')).body).toEqual({ ROOT: 'OFF' });
    expect((await call('POST', '/logging', { body: { logger: 'ROOT', level: 'info' } })).status).toBe(422);
  });
});

test('/config tells what was set up and the limits, by name', async () => {
  const { call } = await world({ settings: { listen: { port: 8080 } }, maxConcurrentRequests: 7, maxRunningDeployments: 100 });
  expect((await call('GET', '/config')).body).toEqual({
    wharfinger: {
      version: '0.0.1',
      term: 1,
      startedAt: START,
      options: { listen: { port: 8080 } },
      accessControlAllowOrigin: [],
      httpMaxConcurrentRequests: 7,
      maxRunningDeployments: 100,
      limits: {
        maxBodyBytes: 4_194_304,
        maxWaitForPositionMs: 5_000,
        minCompressedBytes: 1_024,
        slowConsumerLimitFacts: 16_384,
        heartbeatMs: 10_000,
      },
    },
  });
});
