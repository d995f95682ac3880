import type { Instant } from '../kernel/units.ts';
import type { AutoscalingPolicy, ScalingReading } from './policy.facts.ts';
import { type Bounds, boundsAt } from './schedule.ts';

/** When the number of instances changed, and by whom. */
export type ScalingPast = {
  /** Its last change, whoever made it. */
  readonly scaledAt: Instant;
  /** Its last increase by this policy. */
  readonly upAt?: Instant;
  /** The last change was this policy's own decrease, so that it holds up no increase. */
  readonly wasOwnDecrease: boolean;
};

export type Scaling = { readonly from: number; readonly to: number; readonly because: string };

/** Shares of an instance that arithmetic in binary fractions may be off by. */
const ROUNDING = 1e-9;

/**
 * How many instances there should be, if not as many as there are.
 *
 * - Each reading asks for as many as bring it to its target; the largest need wins. Instances that nothing is known of are taken to do
 *   nothing when more are asked for, and to be at their target when fewer are: those that start are not asked for twice.
 * - A target of which nothing is known asks for as many as there are, so that nothing is taken away blindly.
 * - An app at 0 instances was suspended by its operator, and stays so.
 * - A number outside the bounds, as after a scale by hand, is brought back when the cool-down since then is over.
 */
export const decideScaling = (
  policy: AutoscalingPolicy,
  now: Instant,
  current: number,
  readings: readonly ScalingReading[],
  past: ScalingPast,
): Scaling | undefined => {
  if (current === 0) return undefined;
  const bounds = boundsAt(policy, now);
  const wanted = wantedOf(policy, bounds, current, readings);
  const pace = wanted.to > current ? policy.scaleUp : policy.scaleDown;
  const stepped = Math.min(
    current + (policy.scaleUp.maxStep ?? Infinity),
    Math.max(current - (policy.scaleDown.maxStep ?? Infinity), wanted.to),
  );
  // The bounds are the operator's word; only what was measured goes step by step.
  const to = bounds.desired ?? clamp(bounds, stepped);
  if (to === current || isCoolingDown(policy, to > current, now, past)) return undefined;
  const because = to === wanted.to ? wanted.because : `${wanted.because}, at most ${pace.maxStep} at once`;
  return { from: current, to, because: `${because}: ${current} → ${to}` };
};

const clamp = ({ min, max }: Bounds, count: number): number => Math.min(max, Math.max(min, count));

const isCoolingDown = (policy: AutoscalingPolicy, isUp: boolean, now: Instant, past: ScalingPast): boolean => {
  if (!isUp) return now < past.scaledAt + policy.scaleDown.cooldownSeconds * 1000;
  const since = past.wasOwnDecrease ? past.upAt : past.scaledAt;
  return since !== undefined && now < since + policy.scaleUp.cooldownSeconds * 1000;
};

type Wanted = { readonly to: number; readonly because: string };

const wantedOf = (policy: AutoscalingPolicy, bounds: Bounds, current: number, readings: readonly ScalingReading[]): Wanted => {
  const when = bounds.window === undefined ? '' : ` by the schedule of ${bounds.window}`;
  if (bounds.desired !== undefined) return { to: bounds.desired, because: `${bounds.desired} wanted${when}` };
  const needs = readings.map((reading) => ({ reading, need: needOf(policy.tolerance, current, reading) }));
  const [first, ...others] = needs;
  const largest = others.reduce((most, each) => (most !== undefined && each.need > most.need ? each : most), first);
  const need = largest?.need ?? current;
  const to = clamp(bounds, need);
  const measured = largest === undefined || need === current ? undefined : wordsOf(largest.reading);
  if (to === need && measured !== undefined) return { to, because: measured };
  const limit = to > need ? `at least ${bounds.min}${when}` : `at most ${bounds.max}${when}`;
  return { to, because: measured === undefined ? limit : `${measured}, which needs ${need}, ${limit}` };
};

const needOf = (tolerance: number, current: number, { value, target, instances }: ScalingReading): number => {
  if (value === undefined || instances === 0) return current;
  const ratio = value / target;
  if (Math.abs(ratio - 1) <= tolerance + ROUNDING) return current;
  const measured = Math.min(instances, current);
  const busy = measured * ratio;
  return ratio > 1 ? Math.max(current, Math.ceil(busy - ROUNDING)) : Math.min(current, Math.ceil(busy + (current - measured) - ROUNDING));
};

const UNITS: Readonly<Record<ScalingReading['metric'], (value: number) => string>> = {
  cpu: (value) => `${rounded(value * 100)} %`,
  memory: (value) => `${rounded(value * 100)} %`,
  requests: (value) => `${rounded(value)}/s`,
  latency: (value) => `${rounded(value)} ms`,
};

const rounded = (value: number): number => (value >= 10 ? Math.round(value) : Math.round(value * 100) / 100);

const wordsOf = ({ metric, value = 0, target }: ScalingReading): string =>
  `${metric} ${UNITS[metric](value)} of ${UNITS[metric](target)} wanted`;
