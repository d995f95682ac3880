import type { Tenants } from './tenants.ts';

/** Somebody who waits for a place, as far as his turn depends on it. */
export type Waiting = { readonly definition: { readonly priority?: number; readonly role: string } };

/**
 * Who is served next of those who wait: those of a role that has less than it is promised, then by priority, then of the role with the
 * smallest dominant share by its weight; the first of equal ones. Priority goes before fairness, for what is placed in its stead would only
 * have to make room for it again.
 */
export const servedNext = <W extends Waiting>(waiting: Iterable<W>, tenants: Tenants): W | undefined => {
  let best: W | undefined;
  let bestStanding: Standing | undefined;
  const known = new Map<string, Pick<Standing, 'isShort' | 'share'>>();
  for (const each of waiting) {
    const { priority = 0, role } = each.definition;
    let ofRole = known.get(role);
    if (ofRole === undefined) {
      ofRole = { isShort: tenants.isShort(role), share: tenants.share(role) };
      known.set(role, ofRole);
    }
    if (bestStanding !== undefined && !isBefore(ofRole, priority, bestStanding)) continue;
    best = each;
    bestStanding = { ...ofRole, priority };
  }
  return best;
};

type Standing = { readonly isShort: boolean; readonly priority: number; readonly share: number };

const isBefore = ({ isShort, share }: Pick<Standing, 'isShort' | 'share'>, priority: number, than: Standing): boolean => {
  if (isShort !== than.isShort) return isShort;
  return priority !== than.priority ? priority > than.priority : share < than.share;
};
