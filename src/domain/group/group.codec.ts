import { SENSITIVE_PATHS } from '../app/definition/change.ts';
import { codecOf, type FactForm } from '../kernel/codec.ts';
import { type GroupFact, type GroupFactOf, groupFacts } from './group.facts.ts';

/** What a plan holds of an app is sealed with the app's own key, as in the app's own versions. */
const sensitive: NonNullable<FactForm['sensitive']> = {
  subject: ({ id }: Omit<GroupFactOf<'MemberChangePlanned'>, 'type'>) => `app:${id}`,
  paths: SENSITIVE_PATHS.map((path) => ['definition', ...path]),
};

export const groupCodec = codecOf<GroupFact>(
  Object.fromEntries(
    Object.entries(groupFacts).map(([type, schema]): [string, FactForm] => [
      type,
      { version: 1, schema, ...(type === 'MemberChangePlanned' && { sensitive }) },
    ]),
  ),
);
