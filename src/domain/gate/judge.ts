import type { Millis } from '../kernel/units.ts';
import type { GateReading, GateSpec } from './gate.facts.ts';
import { whyBad, whySilent } from './threshold.ts';

export type Verdict =
  | { readonly _tag: 'passed' }
  | { readonly _tag: 'failed'; readonly reason: string }
  | { readonly _tag: 'undecided'; readonly why: string };

/** What all readings so far come to. It grows no larger with their number. */
export type Standing = {
  /** Samples of the last reading that said something. */
  readonly samples: number;
  /** Begin of the time without a gap that values speak of, ms since the gate was begun; absent before the first value. */
  readonly seenFrom?: Millis;
  /** When the last one that said something was, ms. */
  readonly seenTo?: Millis;
  /** Bad ones at the end; those that say nothing are passed over. */
  readonly badInRow: number;
  /** What is wrong with the last one that counts; absent where nothing is. */
  readonly bad?: string;
  /** For good: as many in a row as the limit says. */
  readonly failed?: string;
  /** Why the last reading says nothing. */
  readonly silence?: string;
};

export const NOTHING_SEEN: Standing = { samples: 0, badInRow: 0 };

/** How long may lie between two values before what was seen earlier no longer counts, ms. */
export const gapMsOf = ({ staleSeconds, intervalSeconds }: GateSpec): Millis => (staleSeconds + intervalSeconds) * 1000;

/** Windows that a gate may take, and the shortest time that it has in any case, s. */
const DEADLINE_WINDOWS = 10;
const DEADLINE_FLOOR_SECONDS = 600;

export const deadlineMsOf = ({ deadlineSeconds, windowSeconds }: GateSpec): Millis =>
  (deadlineSeconds ?? Math.max(DEADLINE_FLOOR_SECONDS, windowSeconds * DEADLINE_WINDOWS)) * 1000;

/** The standing after one more reading. */
export const take = (spec: GateSpec, before: Standing, reading: GateReading): Standing => {
  const { atMs, samples } = reading;
  const nothing = whySilent(spec, reading);
  if (nothing !== undefined) return { ...before, silence: nothing };
  const { silence: _, bad: __, ...rest } = before;
  const hasGap = before.seenTo === undefined || atMs - before.seenTo > gapMsOf(spec);
  const seenFrom = hasGap || before.seenFrom === undefined ? Math.max(0, atMs - spec.intervalSeconds * 1000) : before.seenFrom;
  const seen: Standing = { ...rest, samples, seenFrom, seenTo: atMs };
  if (samples < spec.minimumSamples) return seen;
  const bad = whyBad(spec, reading);
  if (bad === undefined) return { ...seen, badInRow: 0 };
  const badInRow = before.badInRow + 1;
  const failed =
    before.failed ?? (badInRow >= spec.failureLimit ? `${bad}${badInRow > 1 ? `, ${badInRow} times in a row` : ''}` : undefined);
  return { ...seen, badInRow, bad, ...(failed !== undefined && { failed }) };
};

/** @param elapsedMs since the gate was begun */
export const verdictOf = (spec: GateSpec, standing: Standing, elapsedMs: Millis): Verdict => {
  if (standing.failed !== undefined) return { _tag: 'failed', reason: standing.failed };
  const why = whyNotYet(spec, standing, elapsedMs);
  if (why === undefined) return { _tag: 'passed' };
  if (elapsedMs < deadlineMsOf(spec)) return { _tag: 'undecided', why };
  return { _tag: 'failed', reason: `undecided after ${deadlineMsOf(spec) / 1000} s: ${why}` };
};

/**
 * What readings say of a gate. Passed is only who was seen for the whole window without a gap, until now, with samples enough, and whose
 * last reading is good; whatever is missing leaves it undecided, and undecided until its deadline is failed.
 * @param readings in any order
 * @param elapsedMs since the gate was begun
 */
export const judge = (spec: GateSpec, readings: readonly GateReading[], elapsedMs: Millis): Verdict =>
  verdictOf(
    spec,
    readings.toSorted((a, b) => a.atMs - b.atMs).reduce((standing, reading) => take(spec, standing, reading), NOTHING_SEEN),
    elapsedMs,
  );

const whyNotYet = (spec: GateSpec, standing: Standing, elapsedMs: Millis): string | undefined => {
  const { samples, seenFrom, seenTo, bad, silence } = standing;
  const said = silence === undefined ? '' : ` (${silence})`;
  if (seenFrom === undefined || seenTo === undefined) return `nothing was seen${said}`;
  if (samples < spec.minimumSamples) return `${samples} of at least ${spec.minimumSamples} samples were seen${said}`;
  if (elapsedMs - seenTo > gapMsOf(spec)) return `nothing was seen for ${Math.floor((elapsedMs - seenTo) / 1000)} s${said}`;
  if (bad !== undefined) return bad;
  if (silence !== undefined) return `the last reading says nothing (${silence})`;
  if (seenTo - seenFrom < spec.windowSeconds * 1000)
    return `it was seen for ${Math.floor((seenTo - seenFrom) / 1000)} of ${spec.windowSeconds} s`;
  return undefined;
};
