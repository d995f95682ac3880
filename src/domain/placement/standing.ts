import { holdsResources } from '../instance/instance.states.ts';
import { AMOUNT_NAMES, plus, plusByRole } from '../kernel/amounts.ts';
import type { NodeRow, Views } from '../ports/views.ts';
import type { RoleAmounts } from '../role/role.facts.ts';
import { holdsPlace, reservationOf } from './account.ts';
import { Ledger } from './ledger.ts';
import { poolNode } from './poolNode.ts';
import { ANYONE } from './shares.ts';
import { USUAL_WEIGHT } from './tenants.ts';

/** How one role stands in the pool. */
export type RoleStanding = {
  readonly role: string;
  readonly weight: number;
  readonly quota?: { readonly guarantee: RoleAmounts; readonly limit: RoleAmounts };
  /** Held by the instances of its apps. */
  readonly allocated: RoleAmounts;
  /** Kept for it on nodes, whether it is taken or not. */
  readonly reserved: RoleAmounts;
  /** Its largest share of any resource of the pool, 0 … 1, and of which one. */
  readonly share: number;
  readonly dominant: string;
  readonly instances: number;
};

type Rows = Pick<Views, 'apps' | 'instances' | 'nodes' | 'roles'>;

/** All roles that an app has, that something is kept for, or that something was said of, by name. Takes time in proportion to apps and nodes. */
export const roleStandings = (views: Rows): readonly RoleStanding[] => {
  const allocated = new Map<string, { amounts: RoleAmounts; instances: number }>();
  for (const { id } of views.apps.all()) {
    for (const [version, states] of views.instances.statesOf(id)) {
      const definition = views.apps.definition(id, version);
      if (definition === undefined) continue;
      const known = allocated.get(definition.role) ?? { amounts: {}, instances: 0 };
      let holders = 0;
      for (const [state, count] of states) if (holdsResources(state)) holders += count;
      known.instances += holders;
      known.amounts = plus(known.amounts, timesOf(definition, holders));
      allocated.set(definition.role, known);
    }
  }
  let pool: RoleAmounts = {};
  let reserved: Readonly<Record<string, RoleAmounts>> = {};
  for (const row of views.nodes.all()) {
    pool = plus(pool, row.offer);
    reserved = plusByRole(plusByRole(reserved, row.reserved ?? {}), row.reservations ?? {});
  }
  const set = new Map([...views.roles.all()].map((row) => [row.role, row]));
  const names = new Set([ANYONE, ...allocated.keys(), ...Object.keys(reserved), ...set.keys()]);
  return [...names].sort().map((role): RoleStanding => {
    const { amounts, instances } = allocated.get(role) ?? { amounts: {}, instances: 0 };
    const { weight = USUAL_WEIGHT, quota } = set.get(role) ?? {};
    return {
      role,
      weight,
      ...(quota !== undefined && { quota }),
      allocated: amounts,
      reserved: reserved[role] ?? {},
      ...dominantOf(amounts, pool),
      instances,
    };
  });
};

const timesOf = (amounts: RoleAmounts, count: number): RoleAmounts =>
  Object.fromEntries(AMOUNT_NAMES.map((name) => [name, (amounts[name] ?? 0) * count]));

const dominantOf = (amounts: RoleAmounts, pool: RoleAmounts): Pick<RoleStanding, 'share' | 'dominant'> =>
  AMOUNT_NAMES.map((dominant) => ({ dominant, share: (amounts[dominant] ?? 0) / (pool[dominant] || Number.POSITIVE_INFINITY) })).reduce(
    (best, each) => (each.share > best.share ? each : best),
  );

/** Why a quota makes no sense for the pool as it is; undefined where it does. It may be set all the same, for nodes may come. */
export const quotaProblem = (
  views: Rows,
  quotas: readonly { readonly role: string; readonly guarantee: RoleAmounts; readonly limit: RoleAmounts }[],
): string | undefined => {
  const standings = new Map(roleStandings(views).map((each) => [each.role, each]));
  for (const { role, limit } of quotas) {
    const has = standings.get(role)?.allocated ?? {};
    const over = AMOUNT_NAMES.find((name) => limit[name] !== undefined && (has[name] ?? 0) > (limit[name] ?? 0));
    if (over !== undefined) return `role '${role}' has ${has[over]} ${over} already, and ${limit[over]} would be its limit`;
  }
  const promised = new Map([...standings].map(([role, { quota }]) => [role, quota?.guarantee ?? {}]));
  for (const { role, guarantee } of quotas) promised.set(role, guarantee);
  const pool = [...views.nodes.all()].reduce<RoleAmounts>((sum, { offer }) => plus(sum, offer), {});
  const all = [...promised.values()].reduce((sum, each) => plus(sum, each), {});
  const beyond = AMOUNT_NAMES.find(
    (name) => quotas.some(({ guarantee }) => (guarantee[name] ?? 0) > 0) && (all[name] ?? 0) > (pool[name] ?? 0),
  );
  return beyond === undefined
    ? undefined
    : `all roles together would be promised ${all[beyond]} ${beyond}, and the pool has ${pool[beyond] ?? 0}`;
};

/** Why a node can't keep so much more for a role, or no longer; undefined where it can. What is in use stays with whoever uses it. */
export const reservationProblem = (views: Rows, row: NodeRow, role: string, amounts: RoleAmounts, sign: 1 | -1): string | undefined => {
  const ledger = new Ledger();
  ledger.setNode(poolNode(row));
  for (const each of views.instances.onNode(row.id)) {
    const held = holdsPlace(each, views) ? reservationOf(each, views) : undefined;
    if (held !== undefined) ledger.add(held);
  }
  const { shares } = ledger;
  const left = (column: number): number => (sign === 1 ? shares.open(0, column, ledger.free(0, column)) : shares.left(0, role, column));
  const column = AMOUNT_NAMES.findIndex((name, nth) => Math.round((amounts[name] ?? 0) * 1000) > left(nth));
  const name = AMOUNT_NAMES[column];
  if (name === undefined) return undefined;
  const text = `${left(column) / 1000} ${name}`;
  return sign === 1
    ? `Node '${row.id}' has ${text} that are neither in use nor kept for a role; ${amounts[name]} are asked for.`
    : `Of what node '${row.id}' keeps for role '${role}' ${text} are not in use; ${amounts[name]} were to be given up.`;
};
