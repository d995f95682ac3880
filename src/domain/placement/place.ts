import { FILTERS, type FilterName, type RejectReason } from './filters.ts';
import type { Ledger } from './ledger.ts';
import type { Funnel, Placement, Unplaceable } from './outcome.ts';
import { needOf, type PlacementRequest } from './request.ts';
import { Search, type SearchOptions } from './search.ts';

export type { Funnel, Placement, Unplaceable } from './outcome.ts';
export { SAMPLE } from './search.ts';

export type PlaceOptions = SearchOptions & {
  /** Where the search begins; the caller counts it up, so that ties fall differently without dice. */
  readonly seed: number;
  /** Where one finds no node, none is placed. */
  readonly allOrNone?: boolean;
};

/** Places identical instances once; a class that is placed again and again keeps its `Search`. */
export const place = (
  request: PlacementRequest,
  instances: readonly string[],
  ledger: Ledger,
  { seed, allOrNone = false, ...options }: PlaceOptions,
): readonly (Placement | Unplaceable)[] => new Search(ledger, request, options).place(instances, seed, allOrNone);

export type FailedFilter = { readonly filter: FilterName; readonly reason: RejectReason; readonly because: string };

/** All filters that a node fails for a request, each with its numbers; empty when it would do, undefined for an unknown node. */
export const whyNot = (request: PlacementRequest, ledger: Ledger, node: string): readonly FailedFilter[] | undefined => {
  const row = ledger.rowOf(node);
  if (row === undefined) return undefined;
  const need = needOf(request);
  return FILTERS.filter(({ passes }) => !passes(ledger, row, need)).map(({ name, reason, explain }) => ({
    filter: name,
    reason,
    because: explain(ledger, row, need),
  }));
};

/** Marathon's reject reasons with counts, in funnel order, as `/v2/queue` shows them. */
export const rejectReasons = ({
  excluded,
}: Pick<Funnel, 'excluded'>): readonly { readonly reason: RejectReason; readonly declined: number }[] => {
  const counts = new Map<RejectReason, number>();
  for (const { name, reason } of FILTERS) counts.set(reason, (counts.get(reason) ?? 0) + (excluded[name] ?? 0));
  return FUNNEL.map((reason) => ({ reason, declined: counts.get(reason) ?? 0 }));
};

const FUNNEL: readonly RejectReason[] = [
  'UnfulfilledRole',
  'UnfulfilledConstraint',
  'NoCorrespondingReservationFound',
  'AgentMaintenance',
  'InsufficientCpus',
  'InsufficientMemory',
  'InsufficientDisk',
  'InsufficientGpus',
  'InsufficientPorts',
  'DeclinedScarceResources',
];
