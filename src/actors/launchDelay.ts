import type { AppDefinition } from '../domain/app/definition/definition.ts';
import type { Instant, Millis } from '../domain/kernel/units.ts';
import type { LaunchFailures } from '../domain/ports/views.ts';

/**
 * Marathon's launch back-off: `backoffSeconds` after the first failure of a configuration, each time longer by `backoffFactor`, at most
 * `maxLaunchDelaySeconds`. Forgotten after it has been quiet for longer than the delay and that maximum together.
 * @returns what is left to wait.
 */
export const launchDelay = (
  {
    backoffSeconds,
    backoffFactor,
    maxLaunchDelaySeconds,
  }: Pick<AppDefinition, 'backoffSeconds' | 'backoffFactor' | 'maxLaunchDelaySeconds'>,
  failures: LaunchFailures | undefined,
  now: Instant,
): Millis => {
  if (failures === undefined) return 0;
  const most = maxLaunchDelaySeconds * 1000;
  const delay = Math.min(most, backoffSeconds * 1000 * backoffFactor ** (failures.count - 1));
  const sinceLast = now - failures.lastAt;
  return sinceLast > delay + most ? 0 : Math.max(0, Math.ceil(delay - sinceLast));
};
