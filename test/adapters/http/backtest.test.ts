import { expect, test } from 'vitest';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import { type World, world } from './world.ts';

const HOUR = 3_600_000;
const errors = (max: number) => ({ kind: 'errorRate', name: 'errors', max });
const web = (version: number) => ({
  id: '/web',
  cmd: `serve ${version}`,
  deployment: { strategy: 'canary', parameters: { steps: [{ weight: 50, seconds: 0 }], gates: [errors(0.05)] } },
});
const tally = (live: number) => ({ live, ready: live, leaving: 0, failed: 0 });
const readings = (value: number) => [10, 20, 30].map((at) => ({ gate: 'errors', atMs: at * 1000, value, samples: 500 }));

/** A canary of the app up to the verdict of its gate. */
const canary = async ({ engine, actors, call }: World, version: number, report: object) => {
  await call('PUT', '/v2/apps//web?force=true', { body: web(version) });
  const deployment = await actors.beginDeployment('/web');
  const stream = streamOf('deployment', deployment);
  const row = engine.views.deployments.get(deployment);
  const [old = '', fresh = ''] = [row?.previous?.configVersion, row?.to?.configVersion];
  await engine.act(stream, { type: 'ReportSlots', tallies: { [old]: tally(1) } } as never);
  await engine.act(stream, { type: 'ReportTrafficShifted', weights: { [old]: 100, [fresh]: 0 } } as never);
  await engine.act(stream, { type: 'ReportSlots', tallies: { [old]: tally(1), [fresh]: tally(1) } } as never);
  await engine.act(stream, { type: 'ReportTrafficShifted', weights: { [old]: 50, [fresh]: 50 } } as never);
  await engine.act(stream, report as never);
  return { deployment, fresh };
};
const end = async ({ engine }: World, deployment: string, outcome: string, slots: object) => {
  await engine.act(streamOf('app', '/web'), { type: 'ReportDeploymentEnded', deployment, outcome, slots } as never);
};

const played = async (): Promise<World> => {
  const there = await world();
  await there.steady({ id: '/web', cmd: 'serve 0' });
  there.engine.advance(2 * HOUR);
  const good = await canary(there, 1, { type: 'ReportGatesPassed', readings: readings(0.01) });
  await end(there, good.deployment, 'succeeded', { [good.fresh]: 1 });
  there.engine.advance(2 * HOUR);
  const stopped = await canary(there, 2, { type: 'ReportGateFailed', gate: 'errors', reason: 'too many', readings: readings(0.2) });
  await end(there, stopped.deployment, 'failed', { [good.fresh]: 1 });
  there.engine.advance(2 * HOUR);
  return there;
};

test('thresholds are tried on what was recorded', async () => {
  const { call, engine } = await played();
  const before = engine.memory.head();
  const { status, body } = await call('POST', '/v1/gates/backtest', { body: { app: '/web', gates: [errors(0.05)] } });
  expect(status).toBe(200);
  expect(body.deployments).toMatchObject([
    { app: '/web', beganAt: '2030-01-01T02:00:00.000Z', did: 'pass', deed: { does: 'pass' }, truth: { was: 'good' }, wasRight: true },
    { did: 'stop', deed: { does: 'stop', gate: 'errors', step: 0 }, truth: { was: 'bad' }, wasRight: true },
  ]);
  expect(body.totals).toEqual({
    stoppedRightly: 1,
    stoppedWrongly: 0,
    passedRightly: 1,
    passedWrongly: 0,
    undecided: 0,
    unmeasured: 1,
    precision: 1,
    recall: 1,
  });
  expect(engine.memory.head()).toBe(before);
});

test('all apps are tried where none is named', async () => {
  const { call } = await played();
  const { body } = await call('POST', '/v1/gates/backtest', { body: { gates: [errors(0.005)] } });
  expect(body.totals).toMatchObject({ stoppedRightly: 1, stoppedWrongly: 1, precision: 0.5 });
  expect((await call('POST', '/v1/gates/backtest', { body: { gates: [errors(0.5)] } })).body.totals).toMatchObject({
    passedWrongly: 1,
    recall: 0,
  });
});

test('an app that nothing is recorded of is 404, and a gate without a limit 422 with its field', async () => {
  const { call } = await world();
  expect(await call('POST', '/v1/gates/backtest', { body: { app: '/none', gates: [errors(0.1)] } })).toMatchObject({
    status: 404,
    body: { message: "No deployment of '/none' is recorded" },
  });
  const refused = await call('POST', '/v1/gates/backtest', { body: { gates: [{ kind: 'errorRate', name: 'errors' }] } });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain('give max or maxOverBaseline');
  expect((await call('POST', '/v1/gates/backtest', { body: { gates: [] } })).status).toBe(refused.status);
});
