import type { Violations } from '../definition/violations.ts';

/** Variables of pods keep the names that a shell can read; those of apps may be anything. */
export const checkEnvironment = (environment: Readonly<Record<string, unknown>>, at: string, found: Violations): void => {
  for (const name of Object.keys(environment))
    if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,253}$/.test(name))
      found.add(
        `${at}/${name}`,
        'must contain only alphanumeric chars or underscore, must not begin with a number, and must be 254 chars or less',
      );
};
