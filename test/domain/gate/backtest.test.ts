import { describe, expect, test } from 'vitest';
import type { AppDefinition } from '../../../src/domain/app/definition/definition.ts';
import { backtest } from '../../../src/domain/gate/backtest.ts';
import { gateSpec } from '../../../src/domain/gate/gate.facts.ts';
import { type Trial, trialsOf, withCourse } from '../../../src/domain/gate/trials.ts';
import { truthsOf } from '../../../src/domain/gate/truth.ts';

const HOUR = 3_600_000;
const errors = (max: number, more: object = {}) => gateSpec.parse({ kind: 'errorRate', name: 'errors', max, ...more });
const definition = (cmd: string, instances = 1) => ({ id: '/web', cmd, instances }) as unknown as AppDefinition;
const step = (value: number, { failed, samples = 1000 }: { failed?: string; samples?: number } = {}) => ({
  readings: [10, 20, 30].map((at) => ({ gate: 'errors', atMs: at * 1000, value, samples })),
  ...(failed !== undefined && { failed }),
});
const trial = (version: string, beganAt: number, more: Partial<Trial> = {}): Trial => ({
  deployment: `d-${version}-${beganAt}`,
  app: '/web',
  configVersion: version,
  definition: definition(version),
  beganAt,
  endedAt: beganAt + 60_000,
  outcome: 'succeeded',
  steps: [],
  ...more,
});
const truths = (trials: readonly Trial[], now = 1000 * HOUR) => truthsOf(trials, now, HOUR).map(({ was, because }) => `${was}: ${because}`);

describe('a version was', () => {
  test('good when it stayed for the time', () => {
    expect(truths([trial('1', 0), trial('2', 2 * HOUR)])).toEqual(['good: stayed for 119 min', 'good: stayed for 997 h']);
  });
  test('bad when it was rolled back or replaced sooner', () => {
    const trials = [
      trial('1', 0),
      trial('2', 2 * HOUR),
      trial('1', 2 * HOUR + 360_000),
      trial('3', 2 * HOUR + 720_000),
      trial('4', 9 * HOUR),
    ];
    expect(truths(trials).slice(1, 3)).toEqual(['bad: rolled back after 5 min', 'bad: replaced after 5 min']);
  });
  test('not replaced by a scale of its own, nor by the same once more', () => {
    const again = trial('2', 120_000, { definition: definition('1', 7) });
    expect(truths([trial('1', 0), trial('1', 100_000), again]).every((one) => one.startsWith('good'))).toBe(true);
  });
  test('bad when the app was removed sooner', () => {
    const { configVersion: _, definition: __, ...removal } = trial('2', 120_000);
    expect(truths([trial('1', 0), removal])[0]).toBe('bad: removed after 60 s');
  });
  test('bad when it failed, or was aborted, or rolled back while it ran', () => {
    expect(truths([trial('1', 0, { outcome: 'failed' })])).toEqual(['bad: failed']);
    expect(truths([trial('1', 0, { aborted: 'too slow' })])).toEqual(['bad: aborted: too slow']);
    expect(truths([trial('1', 0), trial('2', 9 * HOUR, { outcome: 'cancelled' }), trial('1', 10 * HOUR)])[1]).toBe('bad: rolled back');
  });
  test('bad when its gate stopped it, unless the very same was deployed later and stayed', () => {
    const stopped = trial('2', 2 * HOUR, { outcome: 'failed', steps: [step(0.2, { failed: 'errors' })] });
    expect(truths([trial('1', 0), stopped])[1]).toBe("bad: stopped by its gate 'errors', and never deployed again");
    const again = trial('3', 3 * HOUR, { definition: definition('2') });
    expect(truths([trial('1', 0), stopped, again])[1]).toBe('good: the same was deployed later, and stayed');
    expect(truths([trial('1', 0), stopped, { ...again, outcome: 'failed' }])[1]).toMatch(/^bad/);
  });
  test('nobody knows which, while it runs, right after it, and when it was taken over', () => {
    expect(truths([trial('1', 0)], 120_000)).toEqual(['unknown: ended 60 s ago']);
    const { outcome: _, endedAt: __, ...running } = trial('2', 2 * HOUR);
    expect(truths([trial('1', 0), trial('2', HOUR, { outcome: 'cancelled' }), running]).slice(1)).toEqual([
      'unknown: cancelled',
      'unknown: not ended',
    ]);
  });
});

describe('thresholds tried on what was', () => {
  const history = [
    trial('1', 0, { steps: [step(0.01)] }),
    trial('2', 10 * HOUR, { steps: [step(0.01), step(0.04)] }),
    trial('1', 10 * HOUR + 120_000),
    trial('3', 20 * HOUR, { outcome: 'failed', steps: [step(0.06, { failed: 'errors' })] }),
    trial('4', 30 * HOUR, { definition: definition('3'), steps: [step(0.01)] }),
  ];
  const totals = (max: number, more: object = {}) => backtest([errors(max, more)], [history], 1000 * HOUR, HOUR).totals;

  test('say for each deployment what they would have done, and whether that was right', () => {
    const { rows } = backtest([errors(0.03)], [history], 1000 * HOUR, HOUR);
    expect(rows.map(({ configVersion, did, deed, truth, wasRight }) => [configVersion, did, deed.does, truth.was, wasRight])).toEqual([
      ['1', 'pass', 'pass', 'good', true],
      ['2', 'pass', 'stop', 'bad', true],
      ['3', 'stop', 'stop', 'good', false],
      ['4', 'pass', 'pass', 'good', true],
    ]);
    expect(rows[1]?.deed).toEqual({
      does: 'stop',
      gate: 'errors',
      because: 'the error rate is 0.04, above 0.03, 3 times in a row',
      step: 1,
    });
  });
  test('add up to precision and recall', () => {
    expect(totals(0.03)).toEqual({
      stoppedRightly: 1,
      stoppedWrongly: 1,
      passedRightly: 2,
      passedWrongly: 0,
      undecided: 0,
      unmeasured: 1,
      precision: 0.5,
      recall: 1,
    });
    expect(totals(0.05)).toMatchObject({ stoppedRightly: 0, stoppedWrongly: 1, passedWrongly: 1, precision: 0, recall: 0 });
    expect(totals(0.1)).toMatchObject({ stoppedRightly: 0, stoppedWrongly: 0, passedRightly: 3, passedWrongly: 1, recall: 0 });
    expect(totals(0.1)).not.toHaveProperty('precision');
  });
  test('with too few samples decide nothing, and are not counted as right or wrong', () => {
    expect(totals(0.03, { minimumSamples: 2000 })).toMatchObject({ undecided: 4, stoppedRightly: 0, passedRightly: 0 });
  });
  test('of a gate that was never measured decide nothing', () => {
    const { rows } = backtest([{ ...errors(0.03), name: 'other' }], [history], 1000 * HOUR, HOUR);
    expect(rows.map(({ deed }) => deed.does)).toEqual(Array(4).fill('undecided'));
  });
});

test('deployments are read from the facts of their app and from their own', () => {
  const to = { version: 'v1', configVersion: 'v1', instances: 1 };
  const began = { from: {}, minimumHealthCapacity: 1, maximumOverCapacity: 1, retire: [], strategy: 'canary.v1' };
  const trials = trialsOf('/web', [
    {
      at: 1,
      fact: { type: 'AppVersionAdded', app: '/web', version: 'v1', configVersion: 'v1', definition: definition('1'), reason: 'create' },
    },
    { at: 1, fact: { type: 'DeploymentBegan', deployment: 'd1', to, ...began } },
    { at: 9, fact: { type: 'DeploymentEnded', deployment: 'd1', outcome: 'failed', slots: {} } },
  ]);
  expect(trials).toEqual([
    {
      deployment: 'd1',
      app: '/web',
      configVersion: 'v1',
      definition: definition('1'),
      beganAt: 1,
      endedAt: 9,
      outcome: 'failed',
      steps: [],
    },
  ]);
  const readings = step(0.5).readings;
  expect(
    trials.map((one) =>
      withCourse(one, [
        { type: 'GatesPassed', readings },
        { type: 'GateFailed', gate: 'errors', reason: 'too many', readings },
        { type: 'DeploymentAborted', reason: 'enough' },
      ]),
    ),
  ).toMatchObject([{ steps: [{ readings }, { readings, failed: 'errors' }], aborted: 'enough' }]);
});
