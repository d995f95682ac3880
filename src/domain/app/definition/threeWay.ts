import { same } from '../../kernel/same.ts';
import { diffOf } from './change.ts';
import type { AppDefinition } from './definition.ts';

/** A part of a definition that others changed since: it stays as they left it. */
export type Conflict = { readonly field: string; readonly kept: unknown; readonly before: unknown };
export type TakenBack = {
  readonly definition: AppDefinition;
  /** Fields that go back. */
  readonly restored: readonly string[];
  readonly conflicts: readonly Conflict[];
};

/** Maps whose entries are changed one by one. */
const MAPS: ReadonlySet<string> = new Set(['env', 'labels']);

/**
 * Takes a change back from what is there now: what the change made of a field goes back to what was before it; what others made of it
 * since stays, and is named.
 * @param before the definition that was changed
 * @param after what the change made of it
 * @param now what is there
 */
export const takeBack = (before: AppDefinition, after: AppDefinition, now: AppDefinition): TakenBack => {
  const restored: string[] = [];
  const conflicts: Conflict[] = [];
  const merge = (field: string, was: unknown, made: unknown, is: unknown): unknown => {
    if (same(is, was)) return is;
    if (same(is, made)) {
      restored.push(field);
      return was;
    }
    conflicts.push({ field, kept: is, before: was });
    return is;
  };
  const mergeMaps = (field: string, was: object, made: object, is: object): object => {
    const [w, m, i] = [was, made, is].map((each) => new Map(Object.entries(each))) as [Entries, Entries, Entries];
    const keys = [...new Set([...w.keys(), ...m.keys()])].filter((key) => !same(w.get(key), m.get(key))).sort();
    for (const key of keys) put(i, key, merge(`${field}/${key}`, w.get(key), m.get(key), i.get(key)));
    return Object.fromEntries(i);
  };
  const own = new Map<string, unknown>(Object.entries(now));
  const extras = new Map<string, unknown>(Object.entries(now.extras));
  for (const { field, from, to } of diffOf(before, after)) {
    const isExtra = !Object.hasOwn(before, field) && !Object.hasOwn(after, field);
    const holder = isExtra ? extras : own;
    const is = holder.get(field);
    const areMaps = MAPS.has(field) && [from, to, is].every((each) => typeof each === 'object' && each !== null);
    put(holder, field, areMaps ? mergeMaps(field, from as object, to as object, is as object) : merge(field, from, to, is));
  }
  return { definition: { ...Object.fromEntries(own), extras: Object.fromEntries(extras) } as AppDefinition, restored, conflicts };
};

type Entries = Map<string, unknown>;

const put = (into: Entries, key: string, value: unknown): void => {
  if (value === undefined) into.delete(key);
  else into.set(key, value);
};
