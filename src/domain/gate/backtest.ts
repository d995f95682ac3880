import type { Instant, Millis } from '../kernel/units.ts';
import type { GateReading, GateSpec } from './gate.facts.ts';
import { judge, type Verdict } from './judge.ts';
import type { Trial } from './trials.ts';
import { type Truth, truthsOf } from './truth.ts';

/** What gates would have done to a deployment. */
export type Deed = {
  readonly does: 'stop' | 'pass' | 'undecided';
  readonly gate?: string;
  readonly because?: string;
  /** Which measuring of the deployment decided, from 0. */
  readonly step?: number;
};

export type BacktestRow = Pick<Trial, 'deployment' | 'app' | 'beganAt' | 'configVersion'> & {
  /** What the gates of then did. */
  readonly did: 'stop' | 'pass';
  readonly deed: Deed;
  readonly truth: Truth;
  /** Absent where one of the two is not known. */
  readonly wasRight?: boolean;
};

export type Totals = {
  readonly stoppedRightly: number;
  readonly stoppedWrongly: number;
  readonly passedRightly: number;
  readonly passedWrongly: number;
  /** Too little was recorded, or nobody knows yet whether the version was good. */
  readonly undecided: number;
  /** Deployments that no gate was ever measured in. */
  readonly unmeasured: number;
  /** Of what is stopped, the share that is stopped rightly; absent where nothing is. */
  readonly precision?: number;
  /** Of what is bad, the share that is stopped; absent where nothing is. */
  readonly recall?: number;
};

export type Backtest = { readonly rows: readonly BacktestRow[]; readonly totals: Totals };

/**
 * What gates with these thresholds would have done to deployments whose readings are recorded, and whether that would have been right.
 * Gates are matched by name.
 * @param apps deployments of one app each, oldest first
 * @param withinMs how long a version must have stayed to be called good
 */
export const backtest = (gates: readonly GateSpec[], apps: readonly (readonly Trial[])[], now: Instant, withinMs: Millis): Backtest => {
  let unmeasured = 0;
  const rows = apps.flatMap((trials) => {
    const truths = truthsOf(trials, now, withinMs);
    return trials.flatMap((trial, nth): readonly BacktestRow[] => {
      if (trial.steps.length === 0) {
        unmeasured += 1;
        return [];
      }
      return [rowOf(gates, trial, truths[nth] as Truth)];
    });
  });
  return { rows: rows.toSorted((a, b) => a.beganAt - b.beganAt), totals: totalsOf(rows, unmeasured) };
};

const rowOf = (gates: readonly GateSpec[], trial: Trial, truth: Truth): BacktestRow => {
  const { deployment, app, beganAt, configVersion } = trial;
  const deed = deedOf(gates, trial);
  const isKnown = deed.does !== 'undecided' && truth.was !== 'unknown';
  return {
    deployment,
    app,
    beganAt,
    ...(configVersion !== undefined && { configVersion }),
    did: trial.steps.some(({ failed }) => failed !== undefined) ? 'stop' : 'pass',
    deed,
    truth,
    ...(isKnown && { wasRight: (deed.does === 'stop') === (truth.was === 'bad') }),
  };
};

/** The first step at which one of them fails stops it; it passes where all of them pass at every step that was measured. */
const deedOf = (gates: readonly GateSpec[], { steps }: Trial): Deed => {
  let open: Deed | undefined;
  for (const [step, { readings }] of steps.entries()) {
    const verdicts = gates.map((gate) => ({ gate: gate.name, verdict: judgeRecorded(gate, readings) }));
    for (const { gate, verdict } of verdicts) {
      if (verdict._tag === 'failed') return { does: 'stop', gate, because: verdict.reason, step };
      if (verdict._tag === 'undecided') open ??= { does: 'undecided', gate, because: verdict.why, step };
    }
  }
  return open ?? { does: 'pass' };
};

/** No longer than was recorded: what a gate would have seen later nobody knows, and a deadline that never came stops nobody. */
const judgeRecorded = (gate: GateSpec, readings: readonly GateReading[]): Verdict => {
  const own = readings.filter((reading) => reading.gate === gate.name);
  const told = own.filter(({ value }) => value !== undefined).map(({ atMs }) => atMs);
  const [from, to] = told.length === 0 ? [0, 0] : [Math.min(...told), Math.max(...told)];
  const recordedSeconds = Math.max(0, (to - Math.max(0, from - gate.intervalSeconds * 1000)) / 1000);
  const windowSeconds = Math.min(gate.windowSeconds, recordedSeconds);
  return judge({ ...gate, windowSeconds, deadlineSeconds: Number.POSITIVE_INFINITY }, own, Math.max(0, ...own.map(({ atMs }) => atMs)));
};

const totalsOf = (rows: readonly BacktestRow[], unmeasured: number): Totals => {
  const count = (does: Deed['does'], wasRight: boolean) => rows.filter((row) => row.deed.does === does && row.wasRight === wasRight).length;
  const [stoppedRightly, stoppedWrongly] = [count('stop', true), count('stop', false)];
  const [passedRightly, passedWrongly] = [count('pass', true), count('pass', false)];
  const [stopped, wasBad] = [stoppedRightly + stoppedWrongly, stoppedRightly + passedWrongly];
  return {
    ...{ stoppedRightly, stoppedWrongly, passedRightly, passedWrongly, unmeasured },
    undecided: rows.filter(({ wasRight }) => wasRight === undefined).length,
    ...(stopped > 0 && { precision: stoppedRightly / stopped }),
    ...(wasBad > 0 && { recall: stoppedRightly / wasBad }),
  };
};
