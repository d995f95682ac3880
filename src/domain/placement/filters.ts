import type { CompiledConstraint } from './constraints.ts';
import { CPUS, DISK, GPUS, type Ledger, MEM } from './ledger.ts';
import { fieldOf } from './node.ts';
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
  /** Whether a node that failed may pass when more of the same are placed; what is free only shrinks. */
  readonly mayRecover?: true;
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
};

const allows = (ledger: Ledger, row: number, cohort: string, each: CompiledConstraint): boolean =>
  each.allows(fieldOf(ledger.at(row), each.field), ledger.cohort(cohort).values(each.field), () => ledger.groups(each.field));

/** Places in `need.constraints` of those that a node breaks. */
export const brokenConstraints = (ledger: Ledger, row: number, { constraints, cohort }: Need): readonly number[] =>
  constraints.flatMap((each, nth) => (allows(ledger, row, cohort, each) ? [] : [nth]));

const standing = (ledger: Ledger, row: number, cohort: string, { field, text }: CompiledConstraint): string => {
  const value = fieldOf(ledger.at(row), field);
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
};

const maintenance: Filter = {
  name: 'maintenance',
  reason: 'AgentMaintenance',
  passes: (ledger, row) => ledger.at(row).schedulable,
  explain: () => 'the node takes nothing new: it is cordoned, draining or unreachable',
  fits: () => 'the node takes new instances',
};

const amount = (name: 'cpus' | 'mem' | 'disk' | 'gpus', reason: RejectReason, column: number): Filter => ({
  name,
  reason,
  passes: (ledger, row, need) => need[name] <= ledger.free(row, column) || need[name] === 0,
  explain: (ledger, row, need) =>
    `wants ${need[name] / 1000} ${name}, ${ledger.free(row, column) / 1000} left of ${ledger.at(row).capacity[name]}`,
  fits: (ledger, row, need) =>
    `wants ${need[name] / 1000} ${name}, ${ledger.free(row, column) / 1000} left of ${ledger.at(row).capacity[name]}`,
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
};

export const FILTERS: readonly Filter[] = [
  runtime,
  role,
  quota,
  constraint,
  maintenance,
  amount('cpus', 'InsufficientCpus', CPUS),
  amount('mem', 'InsufficientMemory', MEM),
  amount('disk', 'InsufficientDisk', DISK),
  amount('gpus', 'InsufficientGpus', GPUS),
  reservation,
  ports,
];

/** The first filter that a node fails; undefined when it is feasible. */
export const firstFailing = (ledger: Ledger, row: number, need: Need, also?: Filter): Filter | undefined => {
  for (const filter of FILTERS) if (!filter.passes(ledger, row, need)) return filter;
  return also === undefined || also.passes(ledger, row, need) ? undefined : also;
};
