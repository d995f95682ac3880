import type { Millis } from '../../kernel/units.ts';
import type { HealthCheck } from './checks.ts';

/** What one check has seen of one instance. Times are milliseconds since the instance started. */
export type HealthState = {
  readonly firstSuccess?: Millis;
  readonly lastSuccess?: Millis;
  readonly lastFailure?: Millis;
  readonly lastFailureCause?: string;
  readonly consecutiveFailures: number;
  /** undefined until a result counted: neither healthy nor unhealthy. */
  readonly alive?: boolean;
};

export type ProbeResult = { readonly healthy: true } | { readonly healthy: false; readonly cause: string };

export type HealthVerdict = {
  readonly state: HealthState;
  /** The new answer, when this result changed it. */
  readonly changed?: boolean;
  /** Why to kill the instance, when that is due. */
  readonly kill?: string;
};

export const UNPROBED: HealthState = { consecutiveFailures: 0 };

/**
 * One probe result, with Marathon's semantics: failures before the first success do not count within the grace period; a check that the
 * scheduler runs kills when the failures *before* this one had reached the maximum, so at failure maximum + 1; checks of Mesos'
 * executor (COMMAND, MESOS_*) kill at the maximum; 0 never kills.
 */
export const healthVerdict = (check: HealthCheck, state: HealthState, result: ProbeResult, sinceStart: Millis): HealthVerdict => {
  if (result.healthy) {
    const { firstSuccess = sinceStart } = state;
    return verdict(state, { ...state, firstSuccess, lastSuccess: sinceStart, consecutiveFailures: 0, alive: true });
  }
  if (state.firstSuccess === undefined && sinceStart < check.gracePeriodSeconds * 1000) return { state };
  const failed: HealthState = {
    ...state,
    lastFailure: sinceStart,
    lastFailureCause: result.cause,
    consecutiveFailures: state.consecutiveFailures + 1,
    alive: false,
  };
  const counted = runByScheduler(check) ? state.consecutiveFailures : failed.consecutiveFailures;
  const kill = check.maxConsecutiveFailures > 0 && counted >= check.maxConsecutiveFailures;
  return { ...verdict(state, failed), ...(kill ? { kill: result.cause } : {}) };
};

const verdict = (before: HealthState, state: HealthState): HealthVerdict =>
  state.alive === undefined || state.alive === before.alive ? { state } : { state, changed: state.alive };

/** HTTP, HTTPS and TCP, which Marathon probes itself. */
export const runByScheduler = ({ protocol }: HealthCheck): boolean => protocol === 'HTTP' || protocol === 'HTTPS' || protocol === 'TCP';

/** When the first probe is due, after the start: the scheduler's soon, the executor's after its delay. */
export const firstProbeAfter = (check: HealthCheck): Millis =>
  (runByScheduler(check) ? Math.min(check.intervalSeconds, 5) : check.delaySeconds) * 1000;

/** Marathon's rule for HTTP: any 2xx or 3xx is healthy; 1xx says nothing when it is to be ignored (undefined). */
export const healthyStatus = (check: HealthCheck, status: number): boolean | undefined => {
  if (check.ignoreHttp1xx && status >= 100 && status < 200) return undefined;
  return status >= 200 && status < 400;
};

/** An app is healthy when every check of the instance is alive; unknown while one has not spoken and none is dead. */
export const healthOf = (states: readonly HealthState[]): 'healthy' | 'unhealthy' | 'unknown' => {
  if (states.some(({ alive }) => alive === false)) return 'unhealthy';
  return states.length > 0 && states.every(({ alive }) => alive === true) ? 'healthy' : 'unknown';
};
