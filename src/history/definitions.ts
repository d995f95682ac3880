import { diffOf, type FieldChange, SENSITIVE_PATHS } from '../domain/app/definition/change.ts';
import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { same } from '../domain/kernel/same.ts';

/** What stands for a sealed value wherever facts are shown. */
const maskOf = (app: string) => ({ $sealed: 'hidden', key: `app:${app}` });

type Leaf = { readonly path: string; readonly value: unknown };

/** Every sealed value of a definition, by its path. */
const sealedOf = (definition: AppDefinition | undefined): readonly Leaf[] =>
  SENSITIVE_PATHS.flatMap((path) => leavesAt(definition, path, ''));

const leavesAt = (value: unknown, [head, ...rest]: readonly string[], at: string): readonly Leaf[] => {
  if (head === undefined) return value === undefined || value === null ? [] : [{ path: at.slice(1), value }];
  if (typeof value !== 'object' || value === null) return [];
  const keys = head === '*' ? Object.keys(value) : Object.hasOwn(value, head) ? [head] : [];
  return keys.flatMap((key) => leavesAt((value as Record<string, unknown>)[key], rest, `${at}.${key}`));
};

/** A copy with each sealed value hidden. */
export const masked = (definition: AppDefinition): AppDefinition =>
  SENSITIVE_PATHS.reduce<unknown>((value, path) => maskAt(value, path, maskOf(definition.id)), definition) as AppDefinition;

const maskAt = (value: unknown, [head, ...rest]: readonly string[], mask: unknown): unknown => {
  if (head === undefined) return value === undefined || value === null ? value : mask;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return head === '*' ? value.map((item) => maskAt(item, rest, mask)) : value;
  const keys = head === '*' ? Object.keys(value) : Object.hasOwn(value, head) ? [head] : [];
  const record = value as Record<string, unknown>;
  return { ...record, ...Object.fromEntries(keys.map((key) => [key, maskAt(record[key], rest, mask)])) };
};

/** Fields that differ, sealed values hidden: those that come or go show, those that change do not. */
export const maskedDiff = (before: AppDefinition | undefined, after: AppDefinition | undefined): readonly FieldChange[] =>
  diffOf(before === undefined ? NOTHING : masked(before), after === undefined ? NOTHING : masked(after));

/** No definition: whatever the other one says is a difference. */
const NOTHING = {} as AppDefinition;

/** Paths of sealed values that are in both and differ. */
export const sealedChanges = (before: AppDefinition | undefined, after: AppDefinition | undefined): readonly string[] => {
  const was = new Map(sealedOf(before).map(({ path, value }) => [path, value]));
  return sealedOf(after)
    .filter(({ path, value }) => was.has(path) && !same(was.get(path), value))
    .map(({ path }) => path);
};
