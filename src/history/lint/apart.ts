import { isMeant } from '../../domain/app/definition/placement.ts';
import { isBelow } from '../../domain/group/tree.ts';
import type { ApartRule } from '../../domain/ports/lint.ts';

type Placed = { readonly app: string; readonly version: string };

/** What one rule that keeps apps apart would have said of placements, as they came and went. */
export type Apart = {
  readonly rule: ApartRule;
  /** Who stood in the way of an instance where the field had a value; undefined where nobody did. */
  judge(of: Placed, value: string | undefined): string | undefined;
  put(id: string, of: Placed, value: string | undefined): void;
  take(id: string): void;
};

export const apartBy = (rule: ApartRule): Apart => {
  /** By value of the field and by app with its version. */
  const standing = new Map<string, Map<string, { readonly of: Placed; count: number }>>();
  const placed = new Map<string, { readonly key: string; readonly value: string }>();
  const isKept = (app: string): boolean => app === rule.group || isBelow(app, rule.group);
  const isApart = (one: Placed, other: Placed): boolean => {
    // As in an app's own rule: of the app itself those of the same version count, and only where it is named.
    if (one.app === other.app) return rule.from === one.app && isKept(one.app) && one.version === other.version;
    return (isKept(one.app) && isMeant(rule.from, other.app)) || (isKept(other.app) && isMeant(rule.from, one.app));
  };
  return {
    rule,
    judge: (of, value) => {
      if (value === undefined || !(isKept(of.app) || isMeant(rule.from, of.app))) return undefined;
      const others = [...(standing.get(value)?.values() ?? [])].filter((each) => isApart(of, each.of));
      if (others.length === 0) return undefined;
      return `${rule.field} was ${value}, which held ${others.map(({ of: { app }, count }) => `${count} of ${app}`).join(', ')}`;
    },
    put: (id, of, value) => {
      if (value === undefined || !(isKept(of.app) || isMeant(rule.from, of.app))) return;
      const key = `${of.app} ${of.version}`;
      const there = standing.get(value) ?? new Map<string, { readonly of: Placed; count: number }>();
      const known = there.get(key);
      if (known === undefined) there.set(key, { of, count: 1 });
      else known.count += 1;
      standing.set(value, there);
      placed.set(id, { key, value });
    },
    take: (id) => {
      const at = placed.get(id);
      const known = at && standing.get(at.value)?.get(at.key);
      if (at === undefined || known === undefined) return;
      placed.delete(id);
      known.count -= 1;
      if (known.count === 0) standing.get(at.value)?.delete(at.key);
    },
  };
};
