import { isObject } from '../../../../domain/app/definition/readers.ts';
import type { Json } from '../../client.ts';
import type { Remarks } from './remarks.ts';
import { flagIn, lineOf, numberIn, secondsIn, textIn, textsIn } from './values.ts';

/** Compose's defaults, seconds; three failures in a row. */
const DEFAULTS = { interval: 30, timeout: 30, start_period: 0, retries: 3 } as const;

/** A service's health check as a command check, if it has one. */
export const healthChecksOf = (service: Json, at: string, found: Remarks): readonly Json[] => {
  const check = service.healthcheck;
  const path = `${at}.healthcheck`;
  if (check === undefined || check === null) return [];
  if (!isObject(check)) {
    found.refuse(path, 'must be a map');
    return [];
  }
  const { test, interval, timeout, retries, start_period: start, start_interval: startInterval, disable, ...unknown } = check;
  if (flagIn(disable) === true) return [];
  for (const key of Object.keys(unknown)) if (!key.startsWith('x-')) found.leave(`${path}.${key}`, 'it is not known here');
  if (startInterval !== undefined) found.leave(`${path}.start_interval`, 'checks have one interval');
  const command = commandOf(test, `${path}.test`, found);
  if (command === undefined) return [];
  found.note('services', 'an instance that stays unhealthy is replaced here; Compose only marks it');
  const seconds = (value: unknown, name: 'interval' | 'timeout' | 'start_period', min: number): number => {
    const read = value === undefined ? DEFAULTS[name] : secondsIn(value);
    if (read === undefined) found.refuse(`${path}.${name}`, `'${textIn(value)}' is no duration; one looks like 1m30s`);
    else if (!Number.isInteger(read)) found.note(`${path}.${name}`, 'is rounded up to whole seconds');
    return Math.max(min, Math.ceil(read ?? DEFAULTS[name]));
  };
  return [
    {
      protocol: 'COMMAND',
      command: { value: command },
      gracePeriodSeconds: seconds(start, 'start_period', 0),
      intervalSeconds: seconds(interval, 'interval', 1),
      timeoutSeconds: seconds(timeout, 'timeout', 1),
      maxConsecutiveFailures: numberIn(retries) ?? DEFAULTS.retries,
      delaySeconds: 0,
    },
  ];
};

/** `["CMD", …]`, `["CMD-SHELL", line]`, or a line. */
const commandOf = (test: unknown, path: string, found: Remarks): string | undefined => {
  const words = textsIn(test);
  if (words === undefined || words.length === 0) {
    found.leave(path, 'without a command the check is the image’s own, which is not read here');
    return undefined;
  }
  const [kind = '', ...rest] = words;
  if (!Array.isArray(test)) return kind;
  if (kind === 'NONE') return undefined;
  if (kind === 'CMD' && rest.length > 0) return lineOf(rest);
  if (kind === 'CMD-SHELL' && rest.length === 1) return rest[0];
  found.refuse(path, 'a list begins with CMD, CMD-SHELL or NONE');
  return undefined;
};
