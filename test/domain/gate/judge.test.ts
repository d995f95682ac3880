import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GateReading, type GateSpec, gateSpec } from '../../../src/domain/gate/gate.facts.ts';
import { deadlineMsOf, judge } from '../../../src/domain/gate/judge.ts';

const errors = (more: object = {}): GateSpec =>
  gateSpec.parse({ kind: 'errorRate', name: 'errors', max: 0.05, minimumSamples: 50, windowSeconds: 60, intervalSeconds: 10, ...more });
const reading = (atSeconds: number, value?: number, samples = 1000, more: Partial<GateReading> = {}): GateReading => ({
  gate: 'errors',
  atMs: atSeconds * 1000,
  ...(value !== undefined && { value }),
  samples,
  ...more,
});
const every10s = (values: readonly (number | undefined)[], samples?: number) =>
  values.map((value, nth) => reading((nth + 1) * 10, value, samples));

describe('a gate passes', () => {
  test('when it was seen for the whole window with samples enough and nothing was wrong', () => {
    expect(judge(errors(), every10s([0, 0.01, 0, 0, 0, 0]), 60_000)).toEqual({ _tag: 'passed' });
  });
  test('when what was wrong did not last', () => {
    expect(judge(errors(), every10s([0, 0.2, 0.2, 0, 0, 0]), 60_000)).toEqual({ _tag: 'passed' });
  });
  test('at its first good reading where it has no window', () => {
    expect(judge(errors({ windowSeconds: 0 }), [reading(0, 0)], 0)).toEqual({ _tag: 'passed' });
  });
});

describe('a gate fails', () => {
  test('as soon as so many readings in a row are bad, with the last of them as the reason', () => {
    expect(judge(errors(), every10s([0.2, 0.2, 0.25]), 30_000)).toEqual({
      _tag: 'failed',
      reason: 'the error rate is 0.25, above 0.05, 3 times in a row',
    });
  });
  test('for good: what comes later does not undo it', () => {
    expect(judge(errors(), every10s([0.2, 0.2, 0.2, 0, 0, 0, 0, 0, 0]), 90_000)._tag).toBe('failed');
    expect(judge(errors(), every10s([0.2, 0.2, 0.2, 0.9]), 40_000)).toMatchObject({
      reason: 'the error rate is 0.2, above 0.05, 3 times in a row',
    });
  });
  test('when silence lies between the bad ones: silence is no good news', () => {
    expect(judge(errors(), every10s([0.2, undefined, 0.2, undefined, 0.2]), 50_000)._tag).toBe('failed');
  });
  test('when it is undecided at its deadline: ten windows, ten minutes at least, or what it says itself', () => {
    expect([deadlineMsOf(errors()), deadlineMsOf(errors({ windowSeconds: 120 })), deadlineMsOf(errors({ deadlineSeconds: 5 }))]).toEqual([
      600_000, 1_200_000, 5_000,
    ]);
    expect(judge(errors(), [], 599_999)._tag).toBe('undecided');
    expect(judge(errors(), [], 600_000)).toEqual({ _tag: 'failed', reason: 'undecided after 600 s: nothing was seen' });
  });
});

describe('a gate is undecided', () => {
  test('with fewer samples than it asks for, however bad or good they look', () => {
    for (const value of [0, 1])
      expect(judge(errors(), every10s([value, value, value, value, value, value], 49), 60_000)).toEqual({
        _tag: 'undecided',
        why: '49 of at least 50 samples were seen',
      });
  });
  test('before its window is over', () => {
    expect(judge(errors(), every10s([0, 0, 0]), 30_000)).toEqual({ _tag: 'undecided', why: 'it was seen for 30 of 60 s' });
  });
  test('while its last reading is bad', () => {
    expect(judge(errors(), every10s([0, 0, 0, 0, 0, 0.2]), 60_000)._tag).toBe('undecided');
  });
  test('while its last reading says nothing', () => {
    const readings = [...every10s([0, 0, 0, 0, 0, 0]), reading(70, undefined, 1000, { note: 'no answer' })];
    expect(judge(errors(), readings, 70_000)).toEqual({ _tag: 'undecided', why: 'the last reading says nothing (no answer)' });
  });
  test('when the last reading is too old', () => {
    expect(judge(errors(), every10s([0, 0, 0, 0, 0, 0]), 131_000)).toEqual({ _tag: 'undecided', why: 'nothing was seen for 71 s' });
  });
  test('after a gap, until the window was seen again without one', () => {
    const before = [10, 20, 30].map((at) => reading(at, 0));
    const after = [200, 210, 220, 230, 240, 250].map((at) => reading(at, 0));
    expect(judge(errors(), [...before, ...after.slice(0, 5)], 240_000)._tag).toBe('undecided');
    expect(judge(errors(), [...before, ...after], 250_000)._tag).toBe('passed');
  });
});

describe('compared with the old version', () => {
  const compared = (value: number, baseline: number | undefined, more: object) =>
    judge(errors({ windowSeconds: 0, failureLimit: 1, ...more }), [reading(0, value, 1000, baseline === undefined ? {} : { baseline })], 0);
  test('it may be worse by so much and no more', () => {
    const more = { max: undefined, maxOverBaseline: 0.01 };
    expect(compared(0.06, 0.055, more)._tag).toBe('passed');
    expect(compared(0.08, 0.055, more)).toEqual({
      _tag: 'failed',
      reason: "the error rate is 0.08, more than 0.01 above the old version's 0.055",
    });
  });
  test('without anything to compare with it is undecided, but where a limit of its own can decide', () => {
    expect(compared(0, undefined, { max: undefined, maxOverBaseline: 0.01 })).toEqual({
      _tag: 'undecided',
      why: 'nothing was seen (the old version has nothing to compare it with)',
    });
    expect(compared(0, undefined, { max: 0.05, maxOverBaseline: 0.01 })._tag).toBe('passed');
  });
});

describe('whatever is read', () => {
  const specs = fc.record({
    minimumSamples: fc.integer({ min: 1, max: 100 }),
    windowSeconds: fc.integer({ min: 0, max: 100 }),
    intervalSeconds: fc.integer({ min: 1, max: 30 }),
    failureLimit: fc.integer({ min: 1, max: 4 }),
    staleSeconds: fc.integer({ min: 1, max: 60 }),
    deadlineSeconds: fc.integer({ min: 1, max: 300 }),
    max: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const series = fc.array(
    fc.record({
      step: fc.integer({ min: 1, max: 60 }),
      value: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      samples: fc.integer({ min: 0, max: 200 }),
      worse: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { maxLength: 30 },
  );
  const cases = fc.tuple(specs, series, fc.integer({ min: 0, max: 30 })).map(([more, steps, wait]) => {
    let at = 0;
    const readings = steps.map(({ step, value, samples }) => {
      at += step;
      return reading(at, value, samples);
    });
    const worse = readings.map((one, nth) =>
      one.value === undefined ? one : { ...one, value: Math.min(1, one.value + (steps[nth]?.worse ?? 0)) },
    );
    return { spec: errors(more), readings, worse, elapsedMs: (at + wait) * 1000 };
  });

  test('too few samples never pass', () => {
    fc.assert(
      fc.property(cases, ({ spec, readings, elapsedMs }) => {
        const few = readings.map((one) => ({ ...one, samples: Math.min(one.samples, spec.minimumSamples - 1) }));
        expect(judge(spec, few, elapsedMs)._tag).not.toBe('passed');
        const silent = readings.map(({ value: _, ...one }) => one);
        expect(judge(spec, silent, elapsedMs)._tag).not.toBe('passed');
      }),
    );
  });
  test('more errors never turn a fail into anything else, nor anything else into a pass', () => {
    fc.assert(
      fc.property(cases, ({ spec, readings, worse, elapsedMs }) => {
        const [better, then] = [judge(spec, readings, elapsedMs)._tag, judge(spec, worse, elapsedMs)._tag];
        if (better === 'failed') expect(then).toBe('failed');
        if (better !== 'passed') expect(then).not.toBe('passed');
      }),
    );
  });
  test('a stricter limit never lets more pass', () => {
    fc.assert(
      fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), ({ spec, readings, elapsedMs }, share) => {
        if (spec.kind !== 'errorRate') return;
        const strict = { ...spec, max: (spec.max ?? 1) * share };
        if (judge(strict, readings, elapsedMs)._tag === 'passed') expect(judge(spec, readings, elapsedMs)._tag).toBe('passed');
      }),
    );
  });
  test('the order in which readings are listed does not matter', () => {
    fc.assert(
      fc.property(
        cases.chain((one) => fc.tuple(fc.constant(one), fc.shuffledSubarray([...one.readings], { minLength: one.readings.length }))),
        ([{ spec, readings, elapsedMs }, shuffled]) => {
          expect(judge(spec, shuffled, elapsedMs)).toEqual(judge(spec, readings, elapsedMs));
        },
      ),
    );
  });
  test('it is decided by its deadline', () => {
    fc.assert(
      fc.property(cases, ({ spec, readings }) => {
        expect(judge(spec, readings, deadlineMsOf(spec))._tag).not.toBe('undecided');
      }),
    );
  });
});
