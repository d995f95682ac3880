import { healthOf } from '../../../domain/app/definition/health.ts';
import type { PodApp } from '../../../domain/app/pod/pod.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine, HealthResult } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';

/**
 * What is known of an instance by each of its health checks: what it saw last. Until it has seen something, as right after a restart of
 * the engine, what is recorded: load balancers route to nobody without results, and would have nobody left.
 */
export const healthResults = (engine: Engine, row: InstanceRow): readonly HealthResult[] => {
  const checks = engine.views.apps.definition(row.app, row.version)?.healthChecks ?? [];
  const seen = engine.healthOf(row.id);
  return checks.flatMap((_, check) => seen.find((result) => result.check === check) ?? recordedResult(row, check, checks.length) ?? []);
};

/** Which of several checks failed is not recorded in a form that could be told of one of them. */
const recordedResult = ({ state, readyAt, unhealthy }: InstanceRow, check: number, checks: number): HealthResult | undefined => {
  if (state === 'running.checked.ready')
    return { check, alive: true, consecutiveFailures: 0, ...(readyAt !== undefined && { firstSuccess: readyAt }) };
  if (state !== 'running.checked.unhealthy' || unhealthy === undefined || checks > 1) return undefined;
  return { check, alive: false, consecutiveFailures: unhealthy.failures, lastFailureCause: unhealthy.cause };
};

/** The same of one container of a pod, if it has a check. */
export const healthOfContainer = (
  engine: Engine,
  row: InstanceRow,
  { healthChecks }: Pick<PodApp, 'healthChecks'>,
  name: string,
): HealthResult | undefined => {
  const index = healthChecks.findIndex(({ container }) => container === name);
  return index < 0 ? undefined : healthResults(engine, row).find(({ check }) => check === index);
};

/** Marathon's health of a task: unknown without checks, and while one has not spoken. */
export const taskHealth = (engine: Engine, row: InstanceRow): 'healthy' | 'unhealthy' | 'unknown' => {
  const checks = engine.views.apps.definition(row.app, row.version)?.healthChecks.length ?? 0;
  const results = healthResults(engine, row);
  if (checks > 0 && results.length === 0 && row.state === 'running.checked.unhealthy') return 'unhealthy';
  const silent = Array<{ consecutiveFailures: number }>(checks - results.length).fill({ consecutiveFailures: 0 });
  return healthOf([...results, ...silent]);
};

export const healthJson = (
  instanceId: string,
  { check: _, firstSuccess, lastSuccess, lastFailure, lastFailureCause, ...result }: HealthResult,
) => ({
  ...result,
  ...(firstSuccess !== undefined && { firstSuccess: isoInstant(firstSuccess) }),
  ...(lastSuccess !== undefined && { lastSuccess: isoInstant(lastSuccess) }),
  ...(lastFailure !== undefined && { lastFailure: isoInstant(lastFailure) }),
  ...(lastFailureCause !== undefined && { lastFailureCause }),
  instanceId,
});
