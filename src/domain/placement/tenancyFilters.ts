import { AMOUNT_NAMES } from './amounts.ts';
import type { Filter } from './filters.ts';
import type { Ledger } from './ledger.ts';
import type { Need } from './request.ts';
import { ANYONE, ownRole } from './shares.ts';

/* What belongs to whom, beyond what there is. */

const roleOf = ({ request }: Need): string => request.role ?? ANYONE;

/** Whether somebody may take what a node keeps for no role. */
const takesOpen = (ledger: Ledger, row: number, { request }: Need): boolean =>
  request.acceptedResourceRoles.some((role) => ledger.at(row).roles.includes(role));

/** Thousandths of an amount that a request could have on a node, by whom they are kept for. */
export const freeFor = (ledger: Ledger, row: number, need: Need, column: number): number => {
  const { shares } = ledger;
  const free = ledger.free(row, column);
  const role = ownRole(need.request);
  const kept = role === undefined ? 0 : shares.left(row, role, column);
  const open = shares.open(row, column, free);
  if (takesOpen(ledger, row, need)) return kept + open;
  return role === undefined ? 0 : Math.min(shares.leftWithin(row, role, column), kept + Math.max(0, open));
};

const standing = (ledger: Ledger, row: number, need: Need, columns: readonly number[]): string => {
  const { shares } = ledger;
  const keepers = shares.rolesOn(row).filter((role) => columns.some((column) => (shares.keptFor(row, role)[column] ?? 0) > 0));
  const kept = keepers.map(
    (role) => `${columns.map((column) => amount(column, shares.keptFor(row, role)[column])).join(', ')} for ${role}`,
  );
  const has = columns.map(
    (column) => `wants ${amount(column, need[nameOf(column)])}, ${freeFor(ledger, row, need, column) / 1000} left for ${roleOf(need)}`,
  );
  return `${has.join('; ')}; the node keeps ${kept.length === 0 ? 'nothing' : kept.join(' and ')}`;
};

const nameOf = (column: number) => AMOUNT_NAMES[column] ?? 'cpus';
const amount = (column: number, thousandths = 0): string => `${thousandths / 1000} ${nameOf(column)}`;

const COLUMNS = AMOUNT_NAMES.map((_, column) => column);
const lacking = (ledger: Ledger, row: number, need: Need): readonly number[] =>
  COLUMNS.filter((column) => need[nameOf(column)] > 0 && need[nameOf(column)] > freeFor(ledger, row, need, column));

/** What a node keeps for other roles is none of the request's, however free it is. */
export const reservation: Filter = {
  name: 'reservation',
  reason: 'NoCorrespondingReservationFound',
  passes: (ledger, row, need) => ledger.shares.isEmpty || !ledger.shares.keeps(row) || lacking(ledger, row, need).length === 0,
  explain: (ledger, row, need) => standing(ledger, row, need, lacking(ledger, row, need)),
  fits: (ledger, row, need) =>
    ledger.shares.keeps(row)
      ? standing(
          ledger,
          row,
          need,
          COLUMNS.filter((column) => need[nameOf(column)] > 0),
        )
      : 'the node keeps nothing for a role',
};

const overLimit = ({ tenants }: Ledger, need: Need): readonly string[] => {
  const role = roleOf(need);
  return COLUMNS.flatMap((column) => {
    const limit = tenants.limit(role, column);
    const has = tenants.held(role)[column] ?? 0;
    const wanted = need[nameOf(column)];
    return wanted > 0 && has + wanted > limit
      ? [`role ${role} may have ${limit / 1000} ${nameOf(column)} and has ${has / 1000}; one more wants ${wanted / 1000}`]
      : [];
  });
};

const isOwnPromise = (tenants: Ledger['tenants'], role: string, column: number, need: Need): boolean =>
  (tenants.held(role)[column] ?? 0) + need[nameOf(column)] <= tenants.guarantee(role, column);

/** Whether what is promised to others would be too little; a need within the role's own promise is that promise. */
const promisedAway = (ledger: Ledger, need: Need): readonly string[] => {
  const { tenants, shares } = ledger;
  if (!tenants.hasGuarantees) return [];
  const role = roleOf(need);
  const own = ownRole(need.request);
  const wanted = COLUMNS.filter((column) => need[nameOf(column)] > 0 && !isOwnPromise(tenants, role, column, need));
  return wanted.flatMap((column) => {
    const owed = tenants.owed(column, (other) => shares.idle(other)[column] ?? 0).filter(([other]) => other !== role);
    const sum = owed.reduce((so, [, missing]) => so + missing, 0);
    const open = (tenants.free[column] ?? 0) - shares.idleOfAll(column);
    const fromOwn = own === undefined ? 0 : (shares.idle(own)[column] ?? 0);
    return sum > 0 && open - Math.max(0, need[nameOf(column)] - fromOwn) < sum
      ? [`${sum / 1000} ${nameOf(column)} of the ${open / 1000} that are free are promised to ${owed.map(([other]) => other).join(', ')}`]
      : [];
  });
};

/** What a role may have at most, and what others are promised, over the whole pool: the same for every node. */
export const quota: Filter = {
  name: 'quota',
  reason: 'UnfulfilledRole',
  passes: (ledger, _row, need) => isWithinQuota(ledger, need),
  explain: (ledger, _row, need) => [...overLimit(ledger, need), ...promisedAway(ledger, need)].join('; '),
  fits: ({ tenants }, _row, need) => {
    const role = roleOf(need);
    const limited = COLUMNS.filter((column) => Number.isFinite(tenants.limit(role, column)));
    const has = (column: number): string =>
      `${(tenants.held(role)[column] ?? 0) / 1000} of ${tenants.limit(role, column) / 1000} ${nameOf(column)}`;
    return limited.length === 0 ? `role ${role} has no limit` : `role ${role} has ${limited.map(has).join(', ')}`;
  },
  // It is asked once for all nodes.
  applies: () => false,
};

export const isWithinQuota = (ledger: Ledger, need: Need): boolean =>
  !ledger.tenants.hasQuotas || (overLimit(ledger, need).length === 0 && promisedAway(ledger, need).length === 0);
