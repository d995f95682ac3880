import type { Millis } from '../../kernel/units.ts';
import type { AppDefinition } from './definition.ts';
import { declaredPorts } from './ports.ts';

/** How an instance leaves: first out of discovery, so that what it serves can end, then the signal, at last SIGKILL. */

/** Default of Mesos' executors between SIGTERM and SIGKILL, ms. */
export const DEFAULT_GRACE_MS: Millis = 3000;
/** How long an instance with ports stays up after it left discovery, ms; the label WHARF_DRAIN_SECONDS says otherwise. */
export const DEFAULT_DRAIN_MS: Millis = 1000;

/** @param definition absent for an app that is gone with its definitions. */
export const graceOf = (definition: AppDefinition | undefined): Millis =>
  definition?.taskKillGracePeriodSeconds === undefined ? DEFAULT_GRACE_MS : definition.taskKillGracePeriodSeconds * 1000;

export const drainOf = (definition: AppDefinition | undefined): Millis => {
  if (definition === undefined) return 0;
  const seconds = Number(definition.labels.WHARF_DRAIN_SECONDS);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1000;
  return declaredPorts(definition).some(({ hostPort }) => hostPort !== undefined) ? DEFAULT_DRAIN_MS : 0;
};
