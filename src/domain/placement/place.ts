import { FILTERS, type Filter, type FilterName, firstFailing, type RejectReason } from './filters.ts';
import { CPUS, DISK, GPUS, type Ledger, MEM } from './ledger.ts';
import { type Need, needOf, type PlacementRequest, reservationFor } from './request.ts';
import { type Score, spread } from './scores.ts';

/** Nodes looked at, and how many each filter turned away; what goes into the fact. */
export type Funnel = { readonly considered: number; readonly excluded: Readonly<Partial<Record<FilterName, number>>> };

export type Placement = {
  readonly instance: string;
  readonly node: string;
  readonly hostPorts: readonly number[];
  readonly explanation: Funnel & { readonly score: number };
};

export type Unplaceable = {
  readonly instance: string;
  readonly unplaceable: Funnel & {
    /** The least that is missing on any node that lacked only this and what comes after it in the funnel. */
    readonly missing: Readonly<Partial<Record<'cpus' | 'mem' | 'disk' | 'gpus', number>>>;
  };
};

export type PlaceOptions = {
  /** Where the search begins; the caller counts it up, so that ties fall differently without dice. */
  readonly seed: number;
  readonly score?: Score;
  /** One more filter, behind all others. */
  readonly also?: Filter;
  /** Feasible nodes compared per instance. A search without a find has always seen every node. */
  readonly sample?: number;
};

/** Feasible nodes compared per instance, unless told otherwise. */
export const SAMPLE = 14;

/**
 * Places identical instances, one after the other, and reserves in the ledger what each gets. One that the ledger has already keeps
 * its place. When one finds no node, neither do the ones after it: they share its explanation.
 */
export const place = (
  request: PlacementRequest,
  instances: readonly string[],
  ledger: Ledger,
  options: PlaceOptions,
): readonly (Placement | Unplaceable)[] => {
  const need = needOf(request);
  const { also } = options;
  const search = searchOf(ledger, need, options.score ?? spread, options.sample ?? SAMPLE, also);
  let nowhere: Unplaceable['unplaceable'] | undefined;
  return instances.map((instance, nth): Placement | Unplaceable => {
    const held = ledger.reservation(instance);
    if (held !== undefined)
      return { instance, node: held.node, hostPorts: held.ports, explanation: { considered: 0, excluded: {}, score: 0 } };
    if (nowhere !== undefined) return { instance, unplaceable: nowhere };
    const found = search(options.seed + nth);
    if (found === undefined) {
      nowhere = whyNowhere(ledger, need, also);
      return { instance, unplaceable: nowhere };
    }
    const node = ledger.at(found.row).id;
    const hostPorts =
      request.hostPorts.length === 0 ? request.hostPorts : ledger.ports(found.row).choose(request.hostPorts, ledger.fixedPorts);
    ledger.add(reservationFor(request, { instance, node, ports: hostPorts }));
    return { instance, node, hostPorts, explanation: found.explanation };
  });
};

/** The search of one batch: remembers which nodes are out for all of it, since what is free only shrinks within. */
const searchOf = (ledger: Ledger, need: Need, score: Score, sample: number, also: Filter | undefined) => {
  const out = new Map<number, Filter>();
  // Nodes with no cpus or no memory left are out of the question, unless nothing of one is asked for.
  const skipFull = need.cpus > 0 && need.mem > 0;
  return (seed: number): { readonly row: number; readonly explanation: Placement['explanation'] } | undefined => {
    let best = -1;
    let lowest = Number.POSITIVE_INFINITY;
    let feasible = 0;
    let considered = 0;
    const excluded: Partial<Record<FilterName, number>> = {};
    ledger.index.walk(seed, skipFull, (row) => {
      considered++;
      const failing = out.get(row) ?? firstFailing(ledger, row, need, also);
      if (failing !== undefined) {
        excluded[failing.name] = (excluded[failing.name] ?? 0) + 1;
        if (failing.mayRecover !== true) out.set(row, failing);
        return false;
      }
      const value = score(ledger, row, need);
      if (value < lowest) {
        lowest = value;
        best = row;
      }
      return ++feasible >= sample;
    });
    return best === -1 ? undefined : { row: best, explanation: { considered, excluded, score: lowest } };
  };
};

const COLUMNS = { cpus: CPUS, mem: MEM, disk: DISK, gpus: GPUS } as const;

/** Every node through the whole funnel, full ones too. */
const whyNowhere = (ledger: Ledger, need: Need, also: Filter | undefined): Unplaceable['unplaceable'] => {
  const excluded: Partial<Record<FilterName, number>> = {};
  const missing: Partial<Record<keyof typeof COLUMNS, number>> = {};
  let considered = 0;
  for (const row of ledger.index.all()) {
    considered++;
    const failing = firstFailing(ledger, row, need, also);
    if (failing === undefined) continue;
    const { name } = failing;
    excluded[name] = (excluded[name] ?? 0) + 1;
    if (name === 'cpus' || name === 'mem' || name === 'disk' || name === 'gpus')
      missing[name] = Math.min(missing[name] ?? Number.POSITIVE_INFINITY, (need[name] - ledger.free(row, COLUMNS[name])) / 1000);
  }
  return { considered, excluded, missing };
};

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
