import type { AppFact } from '../app/app.facts.ts';
import type { AppDefinition } from '../app/definition/definition.ts';
import { isConfigChange } from '../app/definition/restarts.ts';
import { type Conflict, takeBack } from '../app/definition/threeWay.ts';
import { same } from '../kernel/same.ts';

/** What one request did to an app: `undefined` where there was, or is, none. */
export type Deed = { readonly before: Held | undefined; readonly after: Held | undefined };
type Held = { readonly configVersion: string; readonly definition: AppDefinition };

/** What takes a deed back from what is there now. */
export type Undoing =
  | {
      readonly does: 'deploy';
      readonly definition: AppDefinition;
      /** The configuration of before comes back, with instances that still run it. */
      readonly configVersion?: string;
      readonly conflicts: readonly Conflict[];
      readonly restored: readonly string[];
    }
  | { readonly does: 'destroy'; readonly conflicts: readonly Conflict[] }
  | { readonly does: 'nothing'; readonly because: string; readonly conflicts: readonly Conflict[] };

/** An app's facts, each with the request that it follows from, oldest first. */
export type Caused = { readonly fact: AppFact; readonly request: string };

/** What a request did to an app, by the app's own facts; undefined where it changed nothing. */
export const deedOf = (facts: readonly Caused[], request: string): Deed | undefined => {
  let there: Held | undefined;
  let before: Held | undefined;
  let after: Held | undefined;
  let isSeen = false;
  const begins = (): void => {
    if (!isSeen) before = there;
    isSeen = true;
  };
  for (const { fact, request: by } of facts) {
    if (fact.type === 'AppVersionAdded') {
      if (by === request) begins();
      there = { configVersion: fact.configVersion, definition: fact.definition };
      if (by === request) after = there;
    } else if (fact.type === 'DeploymentBegan' && fact.to === undefined && by === request) {
      begins();
      after = undefined;
    } else if (fact.type === 'AppDestroyed') there = undefined;
  }
  return isSeen ? { before, after } : undefined;
};

/** @param now what is there; undefined where the app is gone */
export const undoingOf = ({ before, after }: Deed, now: AppDefinition | undefined): Undoing => {
  if (before === undefined)
    return now === undefined ? nothing('the app is gone already') : { does: 'destroy', conflicts: changedSince(after?.definition, now) };
  if (after === undefined)
    return { ...(now === undefined ? restored(before) : nothing('the app is there: again, or still on its way out')) };
  if (now === undefined) return nothing('the app was removed since');
  const { definition, restored: fields, conflicts } = takeBack(before.definition, after.definition, now);
  if (fields.length === 0)
    return nothing(conflicts.length > 0 ? 'others have changed all of it since' : 'what it changed is as it was before', conflicts);
  const comesBack = !isConfigChange(before.definition, definition) && isConfigChange(now, definition);
  return { does: 'deploy', definition, conflicts, restored: fields, ...(comesBack && { configVersion: before.configVersion }) };
};

const restored = ({ definition }: Held): Undoing => ({ does: 'deploy', definition, conflicts: [], restored: ['the app'] });

const nothing = (because: string, conflicts: readonly Conflict[] = []): Undoing => ({ does: 'nothing', because, conflicts });

const changedSince = (made: AppDefinition | undefined, now: AppDefinition): readonly Conflict[] =>
  made === undefined
    ? []
    : (Object.keys(now) as (keyof AppDefinition)[]).flatMap((field) =>
        same(made[field], now[field]) ? [] : [{ field, kept: undefined, before: now[field] }],
      );
