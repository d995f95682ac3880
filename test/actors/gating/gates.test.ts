import { describe, expect, test } from 'vitest';
import { createGates, READINGS_KEPT, READINGS_PER_FACT } from '../../../src/actors/gates.ts';
import type { Debt } from '../../../src/actors/performer.ts';
import { simulatedClock } from '../../../src/adapters/clock/simulatedClock.ts';
import type { DeploymentCommand } from '../../../src/domain/deployment/deployment.commands.ts';
import { gateSpec } from '../../../src/domain/gate/gate.facts.ts';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import type { PoolCounters } from '../../../src/domain/ports/balancer.ts';
import type { GateSources, HttpAnswer, MetricAnswer } from '../../../src/domain/ports/gates.ts';
import { fakeActors } from '../../support/fakeActors.ts';
import { fakeEngine, START } from '../../support/fakeEngine.ts';
import { appOf } from '../../support/world.ts';

const STREAM = streamOf('deployment', '00000000-0000-4000-8000-000000000001');
const cause = { correlationId: 'c', causationId: 'c', by: 'engine' } as unknown as Debt['cause'];
const errors = (more: object = {}) => gateSpec.parse({ kind: 'errorRate', name: 'errors', max: 0.1, ...more });
const smoke = (more: object = {}) => gateSpec.parse({ kind: 'http', name: 'smoke', url: 'http://smoke.example/', ...more });
const metric = (more: object = {}) =>
  gateSpec.parse({ kind: 'prometheus', name: 'metric', url: 'http://p', query: 'e{v="{{version}}"}', max: 1, ...more });

const debt = (gates: readonly unknown[], more: object = {}, entryRevision = 5): Debt =>
  ({
    type: 'gates',
    node: 'judging',
    entryRevision,
    stream: STREAM,
    cause,
    params: { app: '/web', gates, fresh: 'new', old: ['old'], paused: false, ...more },
  }) as unknown as Debt;

const world = async () => {
  const engine = await fakeEngine();
  const clock = simulatedClock(START);
  const told: DeploymentCommand[] = [];
  const asked: string[] = [];
  const state = {
    /** Requests per second and the share that fails, by version. */
    traffic: {} as Record<string, readonly [perSecond: number, errors: number]>,
    http: (_url: string): HttpAnswer => ({ _tag: 'Answered', status: 200 }),
    prometheus: (_query: string): MetricAnswer => ({ _tag: 'Value', value: 0, at: clock.now() }),
    broken: false,
  };
  const sources: GateSources = {
    http: async ({ url }) => {
      asked.push(url);
      return state.http(url);
    },
    prometheus: async ({ query }) => {
      asked.push(query);
      return state.prometheus(query);
    },
  };
  const counters = async (): Promise<readonly PoolCounters[]> => {
    if (state.broken) throw new Error('it is gone');
    const seconds = (clock.now() - START) / 1000;
    return Object.entries(state.traffic).map(([version, [perSecond, share]]) => ({
      ...{ route: '/web:0', app: '/web', version, retries: 0, bytesIn: 0, bytesOut: 0, current: 0 },
      requests: Math.floor(seconds * perSecond),
      errors: Math.floor(seconds * perSecond * share),
    }));
  };
  const gates = createGates({
    views: engine.views,
    clock,
    sources,
    counters,
    tell: (_, command) => told.push(command as DeploymentCommand),
  });
  const pass = (seconds: number) => clock.advanceSettling(clock.now() + seconds * 1000);
  return { engine, clock, told, asked, state, gates, pass };
};

describe('gates that a deployment owes', () => {
  test('pass when all of them do, with what was read', async () => {
    const { gates, pass, told, state } = await world();
    state.traffic = { new: [10, 0.05], old: [100, 0.02] };
    gates.effect.perform(debt([errors(), smoke()]));
    await pass(59);
    expect(told).toEqual([]);
    await pass(2);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ type: 'ReportGatesPassed' });
    const readings = told[0]?.type === 'ReportGatesPassed' ? told[0].readings : [];
    expect(readings.filter(({ gate }) => gate === 'errors').at(-1)).toEqual({
      gate: 'errors',
      atMs: 60_000,
      value: 0.05,
      samples: 600,
      baseline: 0.02,
    });
    expect(readings.filter(({ gate }) => gate === 'smoke')).toHaveLength(7);
  });

  test('fail at the first that does, whatever the others say', async () => {
    const { gates, pass, told, state, clock } = await world();
    state.traffic = { new: [10, 0.3] };
    gates.effect.perform(debt([smoke(), errors()]));
    await pass(60);
    expect(told).toMatchObject([
      { type: 'ReportGateFailed', gate: 'errors', reason: 'the error rate is 0.3, above 0.1, 3 times in a row' },
    ]);
    expect(clock.waiting).toBe(0);
  });

  test('never pass without traffic: at the deadline they fail, and say that too little was seen', async () => {
    const { gates, pass, told } = await world();
    gates.effect.perform(debt([errors()]));
    await pass(599);
    expect(told).toEqual([]);
    await pass(1);
    expect(told).toMatchObject([{ type: 'ReportGateFailed', reason: 'undecided after 600 s: nothing was seen (no request yet)' }]);
  });

  test('never pass while the balancer cannot be asked, nor where there is none', async () => {
    const { gates, pass, told, state } = await world();
    state.broken = true;
    gates.effect.perform(debt([errors({ deadlineSeconds: 100 })]));
    await pass(100);
    expect(told).toMatchObject([{ reason: expect.stringContaining('the balancer’s counters cannot be read: it is gone') }]);
    const { engine, clock } = await world();
    const alone = createGates({ views: engine.views, clock, tell: (_, command) => told.push(command as DeploymentCommand) });
    alone.effect.perform(debt([errors({ deadlineSeconds: 10 })]));
    await clock.advanceSettling(clock.now() + 10_000);
    expect(told[1]).toMatchObject({ type: 'ReportGateFailed', reason: expect.stringContaining('no balancer counts requests') });
  });

  test('count from when they began, not what was before', async () => {
    const { gates, pass, told, state } = await world();
    state.traffic = { new: [10, 1] };
    await pass(100);
    gates.effect.perform(debt([errors({ windowSeconds: 20 })]));
    await pass(1);
    expect(gates.readingsOf('00000000-0000-4000-8000-000000000001')).toMatchObject([{ gate: 'errors', _tag: 'undecided' }]);
    state.traffic = { new: [20, 0.5] };
    await pass(20);
    expect(told).toEqual([]);
    expect(gates.readingsOf('00000000-0000-4000-8000-000000000001')[0]?.readings.at(-1)).toMatchObject({ samples: 1400 });
  });

  test('an empty list passes at once', async () => {
    const { gates, told } = await world();
    gates.effect.perform(debt([]));
    expect(told).toMatchObject([{ type: 'ReportGatesPassed', readings: [] }]);
  });

  test('a gate that nobody can measure fails at once', async () => {
    const { gates, told } = await world();
    gates.effect.perform(debt([smoke(), { ...errors(), intervalSeconds: 0 }]));
    expect(told).toMatchObject([{ type: 'ReportGateFailed', gate: 'errors', reason: expect.stringContaining('1.intervalSeconds') }]);
  });
});

describe('measuring', () => {
  test('stops while paused, and begins anew after it', async () => {
    const { gates, pass, told, asked, clock } = await world();
    gates.effect.perform(debt([smoke()]));
    await pass(50);
    gates.effect.perform(debt([smoke()], { paused: true }));
    expect(clock.waiting).toBe(0);
    const before = asked.length;
    await pass(1000);
    expect(asked.length).toBe(before);
    gates.effect.perform(debt([smoke()]));
    await pass(59);
    expect(told).toEqual([]);
    await pass(1);
    expect(told).toHaveLength(1);
  });

  test('goes on when only the old versions change, and is answered once', async () => {
    const { gates, pass, told } = await world();
    gates.effect.perform(debt([smoke()]));
    await pass(50);
    gates.effect.perform(debt([smoke()], { old: [] }));
    await pass(10);
    expect(told).toHaveLength(1);
    gates.effect.perform(debt([smoke()]));
    await pass(100);
    expect(told).toHaveLength(1);
  });

  test('begins anew at another entry of the state, and ends when it is no longer owed', async () => {
    const { gates, pass, told, clock } = await world();
    gates.effect.perform(debt([smoke()]));
    await pass(60);
    gates.effect.release?.(debt([smoke()]));
    gates.effect.perform(debt([smoke()], {}, 9));
    await pass(30);
    gates.effect.release?.(debt([smoke()], {}, 9));
    await pass(100);
    expect(told).toHaveLength(1);
    expect(clock.waiting).toBe(0);
    expect(gates.readingsOf('00000000-0000-4000-8000-000000000001')).toEqual([]);
  });

  test('keeps the newest readings only, and fewer in a fact of many gates', async () => {
    const { gates, pass, told } = await world();
    const long = { windowSeconds: 1000, intervalSeconds: 1 };
    gates.effect.perform(debt([smoke(long), smoke({ ...long, name: 'other' }), smoke({ ...long, name: 'third' })]));
    await pass(900);
    const [first] = gates.readingsOf('00000000-0000-4000-8000-000000000001');
    expect(first?.readings).toHaveLength(READINGS_KEPT);
    expect(first?.readings.at(-1)?.samples).toBe(901);
    await pass(100);
    expect(told).toMatchObject([{ type: 'ReportGatesPassed' }]);
    expect(told[0]?.type === 'ReportGatesPassed' && told[0].readings.length).toBe(READINGS_PER_FACT);
  });
});

describe('a query of Prometheus', () => {
  test('is asked for the new version, and for the old ones where it is compared with them', async () => {
    const { gates, pass, told, asked, state, clock } = await world();
    state.prometheus = (query) => ({ _tag: 'Value', value: query.includes('"new"') ? 0.5 : 0.1, at: clock.now() });
    gates.effect.perform(debt([metric({ maxOverBaseline: 0.3, failureLimit: 1 })]));
    await pass(0);
    expect(asked).toEqual(['e{v="new"}', 'e{v="old"}']);
    expect(told).toMatchObject([{ reason: "the value is 0.5, more than 0.3 above the old version's 0.1" }]);
  });

  test('teaches nothing when its value is old', async () => {
    const { gates, pass, state, clock } = await world();
    state.prometheus = () => ({ _tag: 'Value', value: 0, at: clock.now() - 61_000 });
    gates.effect.perform(debt([metric()]));
    await pass(0);
    expect(gates.readingsOf('00000000-0000-4000-8000-000000000001')).toEqual([
      {
        gate: 'metric',
        _tag: 'undecided',
        why: 'nothing was seen (the value is 61 s old)',
        readings: [{ gate: 'metric', atMs: 0, samples: 0, note: 'the value is 61 s old' }],
      },
    ]);
  });
});

describe('a path', () => {
  test('is asked at each ready instance of the new version; one that does not answer is a bad one', async () => {
    const { engine, gates, pass, asked, state, told } = await world();
    const actors = fakeActors(engine);
    await actors.addNode('n1', '10.0.0.7');
    const definition = appOf({ id: '/web', cmd: 'serve', cpus: 0.1, mem: 32, instances: 3, portDefinitions: [{ port: 0 }] });
    const deploy = { type: 'DeployApp', definition, reason: 'create', deployment: engine.ids.next(), mode: 'create', force: false };
    await engine.act(streamOf('app', '/web'), deploy);
    const ids = [await actors.launch('/web', 'n1', 0), await actors.launch('/web', 'n1', 1)];
    await actors.request('/web', 2);
    const version = engine.views.apps.get('/web')?.target.configVersion;
    const ports = ids.map((id) => engine.views.instances.get(id)?.hostPorts[0]);
    state.http = (url) => (url.includes(`:${ports[0]}/`) ? { _tag: 'Failed', cause: 'ECONNREFUSED' } : { _tag: 'Answered', status: 200 });
    gates.effect.perform(debt([smoke({ url: undefined, path: '/ok' })], { fresh: version }));
    await pass(0);
    expect(asked).toEqual(ports.map((port) => `http://10.0.0.7:${port}/ok`));
    await pass(20);
    expect(told).toMatchObject([
      { type: 'ReportGateFailed', reason: 'the share of failed answers is 0.5, above 0 (ECONNREFUSED), 3 times in a row' },
    ]);
  });

  test('teaches nothing while no instance is ready', async () => {
    const { gates, pass } = await world();
    gates.effect.perform(debt([smoke({ url: undefined, path: '/ok' })]));
    await pass(0);
    expect(gates.readingsOf('00000000-0000-4000-8000-000000000001')[0]).toMatchObject({
      why: 'nothing was seen (no ready instance of the new version has a port 0)',
    });
  });
});
