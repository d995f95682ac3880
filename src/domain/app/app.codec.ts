import { codecOf, type FactForm } from '../kernel/codec.ts';
import { type AppFact, type AppFactOf, appFacts } from './app.facts.ts';
import { SENSITIVE_PATHS } from './definition/change.ts';

/** Environment and registry logins are sealed with the app's own key. */
const sensitive: NonNullable<FactForm['sensitive']> = {
  subject: (data: Omit<AppFactOf<'AppVersionAdded'>, 'type'>) => `app:${data.app}`,
  paths: SENSITIVE_PATHS.map((path) => ['definition', ...path]),
};

export const appCodec = codecOf<AppFact>(
  Object.fromEntries(
    Object.entries(appFacts).map(([type, schema]): [string, FactForm] => [
      type,
      { version: 1, schema, ...(type === 'AppVersionAdded' && { sensitive }) },
    ]),
  ),
);
