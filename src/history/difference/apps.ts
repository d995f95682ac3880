import type { AppFact, AppFactOf } from '../../domain/app/app.facts.ts';
import type { AppDefinition } from '../../domain/app/definition/definition.ts';
import { keyOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { AppDifference, Become, Mark } from '../../domain/ports/difference.ts';
import type { Views } from '../../domain/ports/views.ts';
import { maskedDiff, sealedChanges } from '../definitions.ts';
import type { Marker } from '../mark.ts';

type Version = Recorded & { readonly fact: AppFactOf<'AppVersionAdded'> };

/** Definitions of apps as they stood, compared, with the facts that changed them. */
export const appDifferences = (before: Views, after: Views, facts: readonly Recorded[], markOf: Marker): readonly AppDifference[] => {
  const byApp = Map.groupBy(
    facts.filter(({ fact }) => fact.type === 'AppVersionAdded' || fact.type === 'AppDestroyed'),
    ({ stream }) => keyOf(stream),
  );
  return [...byApp].map(([app, changes]) => {
    const [was, is] = [before.apps.get(app)?.definition, after.apps.get(app)?.definition];
    const fields = was === undefined && is === undefined ? [] : maskedDiff(was, is);
    const sealed = sealedChanges(was, is);
    const lastChange = changedLast(was, changes);
    return {
      app,
      became: becameOf(was !== undefined, is !== undefined, fields.length + sealed.length > 0, wasDestroyed(changes)),
      // Of one that came or went all fields would be news: the definition is a fact of its own.
      fields: was === undefined || is === undefined ? [] : fields.map((field) => marked(field, lastChange.get(field.field), markOf)),
      sealed,
      instances: { from: was?.instances ?? 0, to: is?.instances ?? 0 },
      facts: changes.map((recorded) => ({ ...markOf(recorded), ...saidBy(recorded.fact as AppFact) })),
    };
  });
};

const wasDestroyed = (changes: readonly Recorded[]): boolean => changes.some(({ fact }) => fact.type === 'AppDestroyed');

export const becameOf = (was: boolean, is: boolean, differs: boolean, wasGone: boolean): Become => {
  if (was && is) return wasGone ? 'replaced' : differs ? 'changed' : 'changed and back';
  if (was) return 'removed';
  return is ? 'created' : 'came and went';
};

const marked = <F>(field: F, change: Recorded | undefined, markOf: Marker): F & { readonly mark?: Mark } => ({
  ...field,
  ...(change !== undefined && { mark: markOf(change) }),
});

/** By field: the last fact that changed it. */
const changedLast = (was: AppDefinition | undefined, changes: readonly Recorded[]): ReadonlyMap<string, Recorded> => {
  const last = new Map<string, Recorded>();
  let before = was;
  for (const change of changes) {
    const definition = change.fact.type === 'AppVersionAdded' ? (change as Version).fact.definition : undefined;
    for (const { field } of maskedDiff(before, definition)) last.set(field, change);
    for (const path of sealedChanges(before, definition)) last.set(path.split('.')[0] ?? path, change);
    before = definition;
  }
  return last;
};

const saidBy = (fact: AppFact) => (fact.type === 'AppVersionAdded' ? { version: fact.version, reason: fact.because ?? fact.reason } : {});
