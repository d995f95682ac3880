import { CPUS, DISK, GPUS, MEM } from './amounts.ts';
import type { CompiledConstraint } from './constraints.ts';
import type { Ledger } from './ledger.ts';
import { affinity, antiAffinity } from './policies/relations.ts';
import type { Need } from './request.ts';
import { ANYONE } from './shares.ts';
import { quota, reservation } from './tenancyFilters.ts';

/**
 * The filters that a node must pass, in the order of Marathon's funnel. Each is a small pure function over the ledger, and can say
 * with numbers why it failed.
 */
export type FilterName =
  | 'runtime'
  | 'role'
  | 'quota'
  | 'constraint'
  | 'affinity'
  | 'anti-affinity'
  | 'maintenance'
  | 'cpus'
  | 'mem'
  | 'disk'
  | 'gpus'
  | 'reservation'
  | 'ports'
  | 'policy';

/** Marathon's names, as `/v2/queue` gives them; those without a filter of ours are never the reason. */
export type RejectReason =
  | 'UnfulfilledRole'
  | 'UnfulfilledConstraint'
  | 'NoCorrespondingReservationFound'
  | 'AgentMaintenance'
  | 'InsufficientCpus'
  | 'InsufficientMemory'
  | 'InsufficientDisk'
  | 'InsufficientGpus'
  | 'InsufficientPorts'
  | 'DeclinedScarceResources';

export type Filter = {
  readonly name: FilterName;
  readonly reason: RejectReason;
  readonly passes: (ledger: Ledger, row: number, need: Need) => boolean;
  /** Why a node fails it, with numbers. */
  readonly explain: (ledger: Ledger, row: number, need: Need) => string;
  /** What of a node that passes it was compared with what. */
  readonly fits: (ledger: Ledger, row: number, need: Need) => string;
  /** Whether a node that failed may pass although nothing was given back there. */
  readonly mayRecover?: true;
  /** The part of it that follows from the node and the request alone, by `nodeKey`: asked once per node for all equal requests. */
  readonly ofNode?: (ledger: Ledger, row: number, need: Need) => boolean;
  /** Whether there is more to it than `ofNode` for this request: otherwise nodes are not asked one by one. Always where absent. */
  readonly applies?: (need: Need, ledger: Ledger) => boolean;
  /**
   * Of one that may recover: numbers of which one is another when nodes that failed may pass by now although nothing was given back there.
   * Where absent nothing is remembered.
   */
  readonly stamps?: (ledger: Ledger, need: Need) => readonly number[];
  /** Whether a placement of others may be what lets it recover; without `stamps` that is taken for granted. */
  readonly awaitsOthers?: true;
};

const runtime: Filter = {
  name: 'runtime',
  // Marathon has no word for it: there the container type is a constraint on the agent.
  reason: 'UnfulfilledConstraint',
  passes: (ledger, row, { request }) => {
    const kind = ledger.at(row).runtime;
    return kind === 'simulated' || (kind === 'docker') === request.image;
  },
  explain: (ledger, row, { request }) =>
    request.image
      ? `a container image needs Docker, this node runs ${ledger.at(row).runtime}`
      : 'a native process needs a process node, this one runs Docker',
  fits: (ledger, row, { request }) =>
    request.image
      ? `a container image runs on a node of kind ${ledger.at(row).runtime}`
      : `what is no image runs on a node of kind ${ledger.at(row).runtime}`,
  ofNode: (ledger, row, need) => runtime.passes(ledger, row, need),
  applies: () => false,
};

/** Whether a node's resources are of a role, or some of them are kept for it. */
const hasRole = (ledger: Ledger, row: number, role: string): boolean =>
  ledger.at(row).roles.includes(role) || (role !== ANYONE && ledger.at(row).reserved?.[role] !== undefined);

const rolesText = (ledger: Ledger, row: number, { request }: Need): string => {
  const kept = Object.keys(ledger.at(row).reserved ?? {});
  return `accepts resources of ${request.acceptedResourceRoles.join(', ')}; the node's are of ${ledger.at(row).roles.join(', ')}${
    kept.length === 0 ? '' : `, and it keeps some for ${kept.join(', ')}`
  }`;
};

const role: Filter = {
  name: 'role',
  reason: 'UnfulfilledRole',
  passes: (ledger, row, { request }) => request.acceptedResourceRoles.some((accepted) => hasRole(ledger, row, accepted)),
  explain: rolesText,
  fits: rolesText,
  ofNode: (ledger, row, need) => role.passes(ledger, row, need),
  applies: () => false,
};

const allows = (ledger: Ledger, row: number, cohort: string, each: CompiledConstraint): boolean =>
  each.allows(ledger.valueOf(row, each.field), ledger.cohort(cohort).values(each.field), () => ledger.groups(each.field));

/** Places in `need.constraints` of those that a node breaks. */
export const brokenConstraints = (ledger: Ledger, row: number, { constraints, cohort }: Need): readonly number[] =>
  constraints.flatMap((each, nth) => (allows(ledger, row, cohort, each) ? [] : [nth]));

const standing = (ledger: Ledger, row: number, cohort: string, { field, text }: CompiledConstraint): string => {
  const value = ledger.valueOf(row, field);
  const here = value === undefined ? 0 : (ledger.cohort(cohort).values(field).get(value) ?? 0);
  return `${text}: ${value === undefined ? `the node has no ${field}` : `${field} is ${value}, which holds ${here} of the app's instances`}`;
};

const constraint: Filter = {
  name: 'constraint',
  reason: 'UnfulfilledConstraint',
  passes: (ledger, row, { constraints, cohort }) => constraints.every((each) => allows(ledger, row, cohort, each)),
  explain: (ledger, row, need) =>
    brokenConstraints(ledger, row, need)
      .map((nth) => standing(ledger, row, need.cohort, need.constraints[nth] as CompiledConstraint))
      .join('; '),
  fits: (ledger, row, { constraints, cohort }) =>
    constraints.length === 0 ? 'no constraints' : constraints.map((each) => standing(ledger, row, cohort, each)).join('; '),
  mayRecover: true,
  ofNode: (ledger, row, { fixed, cohort }) => fixed.every((each) => allows(ledger, row, cohort, each)),
  applies: ({ counted }) => counted.length > 0,
  stamps: (ledger, { cohort }) => [ledger.leaving(cohort), ledger.renewed],
};

const maintenance: Filter = {
  name: 'maintenance',
  reason: 'AgentMaintenance',
  passes: (ledger, row) => ledger.at(row).schedulable,
  explain: () => 'the node takes nothing new: it is cordoned, flapping, draining or unreachable',
  fits: () => 'the node takes new instances',
  ofNode: (ledger, row) => ledger.at(row).schedulable,
  applies: () => false,
};

const amount = (name: 'cpus' | 'mem' | 'disk' | 'gpus', reason: RejectReason, column: number): Filter => ({
  name,
  reason,
  passes: (ledger, row, need) => need[name] <= ledger.free(row, column) || need[name] === 0,
  explain: (ledger, row, need) =>
    `wants ${need[name] / 1000} ${name}, ${ledger.free(row, column) / 1000} left of ${ledger.at(row).capacity[name]}`,
  fits: (ledger, row, need) =>
    `wants ${need[name] / 1000} ${name}, ${ledger.free(row, column) / 1000} left of ${ledger.at(row).capacity[name]}`,
  applies: (need) => need[name] > 0,
});

const ports: Filter = {
  name: 'ports',
  reason: 'InsufficientPorts',
  passes: (ledger, row, { fixedPorts, anyPorts }) =>
    (fixedPorts.length === 0 && anyPorts === 0) || ledger.ports(row).canGive(fixedPorts, anyPorts),
  explain: (ledger, row, { fixedPorts, anyPorts }) => {
    const book = ledger.ports(row);
    const taken = fixedPorts.filter((port) => !book.isFree(port));
    return taken.length > 0
      ? `port ${taken.join(', ')} is ${taken.every((port) => book.offers(port)) ? 'taken' : "taken or outside of the node's ranges"}`
      : `wants ${fixedPorts.length + anyPorts} distinct ports, ${book.free} are free`;
  },
  fits: (ledger, row, { fixedPorts, anyPorts }) =>
    fixedPorts.length + anyPorts === 0
      ? 'no host ports'
      : `${[...(fixedPorts.length > 0 ? [`port ${fixedPorts.join(', ')} is free`] : []), ...(anyPorts > 0 ? [`wants ${anyPorts} of any, ${ledger.ports(row).free} are free`] : [])].join('; ')}`,
  applies: ({ fixedPorts, anyPorts }) => fixedPorts.length + anyPorts > 0,
};

export const FILTERS: readonly Filter[] = [
  runtime,
  role,
  constraint,
  affinity,
  antiAffinity,
  maintenance,
  amount('cpus', 'InsufficientCpus', CPUS),
  amount('mem', 'InsufficientMemory', MEM),
  amount('disk', 'InsufficientDisk', DISK),
  amount('gpus', 'InsufficientGpus', GPUS),
  reservation,
  ports,
  quota,
];

/** The first filter that a node fails by what it is, whatever is taken there. */
export const failingByItself = (ledger: Ledger, row: number, need: Need): Filter | undefined => {
  for (const filter of FILTERS) if (filter.ofNode?.(ledger, row, need) === false) return filter;
  return undefined;
};

/** What turns a node away: what it is before what is taken there, since the first is counted for all who ask the same. Undefined when it is feasible. */
export const firstFailing = (ledger: Ledger, row: number, need: Need, also?: Filter): Filter | undefined => {
  const byItself = failingByItself(ledger, row, need);
  if (byItself !== undefined) return byItself;
  for (const filter of FILTERS) if (!filter.passes(ledger, row, need)) return filter;
  return also === undefined || also.passes(ledger, row, need) ? undefined : also;
};
