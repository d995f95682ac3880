import { CPUS, DISK, GPUS, type Ledger, MEM } from './ledger.ts';
import { fieldOf } from './node.ts';
import type { Need } from './request.ts';

/**
 * The filters that a node must pass, in the order of Marathon's funnel. Each is a small pure function over the ledger, and can say
 * with numbers why it failed.
 */
export type FilterName = 'runtime' | 'role' | 'constraint' | 'maintenance' | 'cpus' | 'mem' | 'disk' | 'gpus' | 'ports' | 'policy';

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
  readonly explain: (ledger: Ledger, row: number, need: Need) => string;
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
};

const role: Filter = {
  name: 'role',
  reason: 'UnfulfilledRole',
  passes: (ledger, row, { request }) => request.acceptedResourceRoles.some((accepted) => ledger.at(row).roles.includes(accepted)),
  explain: (ledger, row, { request }) =>
    `accepts resources of ${request.acceptedResourceRoles.join(', ')}; the node's are of ${ledger.at(row).roles.join(', ')}`,
};

const broken = (ledger: Ledger, row: number, { constraints, cohort }: Need) => {
  const node = ledger.at(row);
  const placed = ledger.cohort(cohort);
  return constraints.find(({ field, allows }) => !allows(fieldOf(node, field), placed.values(field), () => ledger.groups(field)));
};

const constraint: Filter = {
  name: 'constraint',
  reason: 'UnfulfilledConstraint',
  passes: (ledger, row, need) => need.constraints.length === 0 || broken(ledger, row, need) === undefined,
  explain: (ledger, row, need) => {
    const failing = broken(ledger, row, need);
    const field = failing?.field ?? '';
    const value = fieldOf(ledger.at(row), field);
    const here = value === undefined ? 0 : (ledger.cohort(need.cohort).values(field).get(value) ?? 0);
    return `${failing?.text}: ${value === undefined ? `the node has no ${field}` : `${field} is ${value}, which holds ${here} of the app's instances`}`;
  },
  mayRecover: true,
};

const maintenance: Filter = {
  name: 'maintenance',
  reason: 'AgentMaintenance',
  passes: (ledger, row) => ledger.at(row).schedulable,
  explain: () => 'the node takes nothing new: it is cordoned, draining or unreachable',
};

const amount = (name: 'cpus' | 'mem' | 'disk' | 'gpus', reason: RejectReason, column: number): Filter => ({
  name,
  reason,
  passes: (ledger, row, need) => need[name] <= ledger.free(row, column) || need[name] === 0,
  explain: (ledger, row, need) =>
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
};

export const FILTERS: readonly Filter[] = [
  runtime,
  role,
  constraint,
  maintenance,
  amount('cpus', 'InsufficientCpus', CPUS),
  amount('mem', 'InsufficientMemory', MEM),
  amount('disk', 'InsufficientDisk', DISK),
  amount('gpus', 'InsufficientGpus', GPUS),
  ports,
];

/** The first filter that a node fails; undefined when it is feasible. */
export const firstFailing = (ledger: Ledger, row: number, need: Need, also?: Filter): Filter | undefined => {
  for (const filter of FILTERS) if (!filter.passes(ledger, row, need)) return filter;
  return also === undefined || also.passes(ledger, row, need) ? undefined : also;
};
