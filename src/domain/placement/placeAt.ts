import { firstFailing } from './filters.ts';
import type { Ledger } from './ledger.ts';
import type { Placement } from './outcome.ts';
import { needOf, type PlacementRequest } from './request.ts';
import { type Score, spread } from './scores.ts';

/** Places an instance on one node that was chosen before, and reserves it there; undefined where the node does not pass every filter. */
export const placeAt = (
  request: PlacementRequest,
  instance: string,
  ledger: Ledger,
  node: string,
  score: Score = spread,
): Placement | undefined => {
  const row = ledger.rowOf(node);
  const need = needOf(request);
  if (row === undefined || ledger.holds(instance) || firstFailing(ledger, row, need) !== undefined) return undefined;
  const value = score(ledger, row, need);
  const hostPorts = request.hostPorts.length === 0 ? [] : ledger.ports(row).choose(request.hostPorts, ledger.fixedPorts);
  ledger.reserve(instance, row, ledger.holdingOf(request), hostPorts);
  return { instance, node, hostPorts, explanation: { considered: 1, excluded: {}, score: value } };
};
