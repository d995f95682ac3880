import type { Ledger } from '../ledger.ts';
import { type Placement, type PlaceOptions, place, type Unplaceable } from '../place.ts';
import type { PlacementRequest } from '../request.ts';

/** How many of a gang there is room for at once. */
export type GangRoom = { readonly size: number; readonly fits: number };

/**
 * Places all, or nobody: what was set aside for some of them is given back when one finds no place, so that two gangs never wait for each
 * other's halves.
 */
export const placeTogether = (
  request: PlacementRequest,
  instances: readonly string[],
  ledger: Ledger,
  options: PlaceOptions,
): readonly (Placement | (Unplaceable & { readonly gang: GangRoom }))[] => {
  const had = new Set(instances.filter((instance) => ledger.reservation(instance) !== undefined));
  const outcomes = place(request, instances, ledger, options);
  const without = outcomes.find((each): each is Unplaceable => 'unplaceable' in each);
  if (without === undefined) return outcomes as readonly Placement[];
  const placed = outcomes.filter((each): each is Placement => 'node' in each);
  for (const { instance } of placed) if (!had.has(instance)) ledger.remove(instance);
  const gang = { size: instances.length, fits: placed.length };
  return outcomes.map((each) => {
    if ('node' in each && had.has(each.instance)) return each;
    return { instance: each.instance, unplaceable: without.unplaceable, gang };
  });
};
