import type { GenericCheck, HealthCheck, ReadinessCheck } from '../../domain/app/definition/checks.ts';
import { type HealthState, healthVerdict, UNPROBED } from '../../domain/app/definition/health.ts';
import type { Instant } from '../../domain/kernel/units.ts';
import type { CheckResult, HealthResult, ReadinessResult } from '../../domain/ports/engine.ts';
import type { ProbeAnswer } from '../../domain/ports/probes.ts';
import { healthResult, probeName, type Watched } from './targets.ts';

export type ProbeEvent =
  /** Every health check is alive and the readiness check, if any, has said so; told again when it is watched again. */
  | { readonly type: 'ready' }
  | { readonly type: 'unhealthy'; readonly probe: string; readonly failures: number; readonly cause: string }
  /** Every check is alive again; `probe` was the last one. Never before `ready`. */
  | { readonly type: 'healthy'; readonly probe: string }
  /** The check failed too often; told at each further failure, until nobody watches. */
  | { readonly type: 'kill'; readonly probe: string; readonly reason: string };

/** What has been seen of one instance since it is watched. Pure but for its own memory: answers in, events out. */
export type Watch = {
  /** As it is now: its host's connection may change, and the timing of its checks. */
  subject: Watched;
  /** Ready at once where nothing is asked before. */
  begin(): readonly ProbeEvent[];
  /** @param at when the answer came */
  takeHealth(index: number, answer: ProbeAnswer, at: Instant): readonly ProbeEvent[];
  /** The last answer makes it ready or not; once ready there is nothing more to ask. */
  takeReadiness(answer: ProbeAnswer): readonly ProbeEvent[];
  readonly isReadinessSettled: boolean;
  /** For show: no event follows. */
  takeCheck(answer: ProbeAnswer): void;
  /** What it stands at, as events. */
  standing(): readonly ProbeEvent[];
  health(): readonly HealthResult[];
  readiness(): readonly ReadinessResult[];
  check(): CheckResult | undefined;
};

export const watchOf = (first: Watched): Watch => {
  const { readinessChecks, startedAt } = first;
  const states: HealthState[] = first.healthChecks.map(() => UNPROBED);
  // Marathon takes one readiness check per app.
  const readinessCheck: ReadinessCheck | undefined = readinessChecks[0];
  let lastResponse: ReadinessResult['lastResponse'];
  let readinessSaid = readinessCheck === undefined;
  let ready = false;
  let checked: CheckResult | undefined = first.check === undefined ? undefined : unchecked(first.check);

  const checkAt = (index: number): HealthCheck => watch.subject.healthChecks[index] as HealthCheck;
  const nameOf = (index: number): string => probeName(checkAt(index), watch.subject);
  const isFit = (): boolean => readinessSaid && states.every(({ alive }) => alive === true);
  const settle = (): readonly ProbeEvent[] => {
    if (ready || !isFit()) return [];
    ready = true;
    return [{ type: 'ready' }];
  };

  const watch: Watch = {
    subject: first,
    begin: settle,
    takeHealth: (index, answer, at) => {
      const check = checkAt(index);
      const result = healthResult(check, answer);
      if (result === undefined) return [];
      const { state, changed, kill } = healthVerdict(check, states[index] as HealthState, result, at - startedAt);
      states[index] = state;
      const events: ProbeEvent[] = [];
      const probe = nameOf(index);
      if (changed === false && !result.healthy)
        events.push({ type: 'unhealthy', probe, failures: state.consecutiveFailures, cause: result.cause });
      if (changed === true) events.push(...(ready && isFit() ? [{ type: 'healthy', probe } as const] : settle()));
      if (kill !== undefined) events.push({ type: 'kill', probe, reason: kill });
      return events;
    },
    takeReadiness: (answer) => {
      if (readinessSaid || readinessCheck === undefined || answer._tag === 'Inconclusive') return [];
      const response = answer._tag === 'Answered' ? answer : gatewayTimeout(answer);
      const { status, contentType, body } = response;
      lastResponse = { status, contentType, body };
      readinessSaid = readinessCheck.httpStatusCodesForReady.includes(status);
      return settle();
    },
    takeCheck: (answer) => {
      const { check } = watch.subject;
      if (check !== undefined && answer._tag !== 'Inconclusive') checked = checkResult(check, answer);
    },
    get isReadinessSettled() {
      return readinessSaid;
    },
    standing: () => {
      const dead = states.findIndex(({ alive }) => alive === false);
      if (dead < 0) return ready ? [{ type: 'ready' }] : [];
      const { consecutiveFailures, lastFailureCause = '' } = states[dead] as HealthState;
      return [{ type: 'unhealthy', probe: nameOf(dead), failures: consecutiveFailures, cause: lastFailureCause }];
    },
    health: () =>
      states.flatMap(({ alive, consecutiveFailures, firstSuccess, lastSuccess, lastFailure, lastFailureCause }, check) =>
        alive === undefined
          ? []
          : [
              {
                check,
                alive,
                consecutiveFailures,
                ...(firstSuccess === undefined ? {} : { firstSuccess: startedAt + firstSuccess }),
                ...(lastSuccess === undefined ? {} : { lastSuccess: startedAt + lastSuccess }),
                ...(lastFailure === undefined ? {} : { lastFailure: startedAt + lastFailure }),
                ...(lastFailureCause === undefined ? {} : { lastFailureCause }),
              },
            ],
      ),
    readiness: () =>
      readinessCheck === undefined
        ? []
        : [
            {
              name: readinessCheck.name,
              ready: readinessSaid,
              ...(readinessCheck.preserveLastResponse && lastResponse !== undefined ? { lastResponse } : {}),
            },
          ],
    check: () => checked,
  };
  return watch;
};

/** As Mesos shows a check that has no answer: its kind alone. */
const unchecked = ({ http, tcp }: GenericCheck): CheckResult =>
  http !== undefined ? { http: {} } : tcp !== undefined ? { tcp: {} } : { command: {} };

const checkResult = (check: GenericCheck, answer: ProbeAnswer): CheckResult => {
  if (check.http !== undefined) return { http: answer._tag === 'Answered' ? { statusCode: answer.status } : {} };
  if (check.tcp !== undefined) return { tcp: { succeeded: answer._tag === 'Succeeded' } };
  if (answer._tag === 'Succeeded') return { command: { exitCode: 0 } };
  return { command: answer._tag === 'Failed' && answer.exitCode !== undefined ? { exitCode: answer.exitCode } : {} };
};

/** Marathon shows a readiness check without an answer as one of 504. */
const gatewayTimeout = (answer: ProbeAnswer) => ({
  status: 504,
  contentType: 'text/plain',
  body: answer._tag === 'Failed' ? answer.cause : 'no HTTP answer',
});
