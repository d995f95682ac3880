import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import type { Instant, Millis } from '../domain/kernel/units.ts';
import type { InstanceRow, LaunchFailures } from '../domain/ports/views.ts';

/** Launches of one version that may be under way at once while its launches fail. */
export const FAILING_LAUNCHES_MAX = 100;
/** From this round of failures in a row on, one launch at a time tries whether the others may follow. */
export const ONE_AT_A_TIME_FROM_ROUND = 3;
/** How long one that was launched since the last round must have been ready before all others follow, ms. */
export const STEADY_MS = 10_000;

type BackOff = Pick<AppDefinition, 'backoffSeconds' | 'backoffFactor' | 'maxLaunchDelaySeconds'>;
type Counted = Pick<LaunchFailures, 'count' | 'lastAt'>;

const delayOf = ({ backoffSeconds, backoffFactor, maxLaunchDelaySeconds }: BackOff, { count }: Counted): Millis =>
  Math.min(maxLaunchDelaySeconds * 1000, backoffSeconds * 1000 * backoffFactor ** (count - 1));

/** After it has been quiet for longer than the delay and its maximum together. */
const isForgotten = (backOff: BackOff, failures: Counted, now: Instant): boolean =>
  now - failures.lastAt > delayOf(backOff, failures) + backOff.maxLaunchDelaySeconds * 1000;

/**
 * Marathon's launch back-off: `backoffSeconds` after the first failure of a configuration, each time longer by `backoffFactor`, at most
 * `maxLaunchDelaySeconds`. It grows by the round of launches and not by the instance: that ten thousand fail together says what one says.
 * @returns what is left to wait.
 */
export const launchDelay = (backOff: BackOff, failures: Counted | undefined, now: Instant): Millis =>
  failures === undefined || isForgotten(backOff, failures, now)
    ? 0
    : Math.max(0, Math.ceil(delayOf(backOff, failures) - (now - failures.lastAt)));

/** A version's launches of now. */
export type Launches = {
  readonly failures: LaunchFailures | undefined;
  /** Asked for, and not started yet. */
  readonly coming: number;
  /** More that are wanted. */
  readonly missing: number;
  /** Its instances that have not ended. */
  rows(): readonly InstanceRow[];
};

export type LaunchRoom = {
  /** How many more may be asked for now. */
  readonly most: number;
  /** When to look again, where nothing but time has to pass. */
  readonly until?: Instant;
};

/** How many of the missing may be launched now: all, but few while launches of the version fail, and then one, until one is steady. */
export const launchRoom = (backOff: BackOff, { failures, coming, missing, rows }: Launches, now: Instant): LaunchRoom => {
  if (failures === undefined || isForgotten(backOff, failures, now)) return { most: missing };
  const limit = failures.count < ONE_AT_A_TIME_FROM_ROUND ? FAILING_LAUNCHES_MAX : 1;
  if (coming === 0 && missing <= limit) return { most: missing };
  let trying = 0;
  let until: Instant | undefined;
  for (const { state, requestedAt, readyAt } of rows()) {
    if (requestedAt < failures.roundAt) continue;
    const phase = phaseOf(state);
    if (phase === 'up') trying += 1;
    if (phase !== 'ready') continue;
    const steadyAt = (readyAt ?? now) + STEADY_MS;
    if (steadyAt <= now) return { most: missing };
    trying += 1;
    until = Math.min(until ?? steadyAt, steadyAt);
  }
  return { most: Math.max(0, Math.min(missing, limit - coming - trying)), ...(until !== undefined && { until }) };
};
