import type { FastifyRequest } from 'fastify';
import { roleNameProblems } from '../../domain/app/definition/roleName.ts';
import { AMOUNT_NAMES, plus } from '../../domain/kernel/amounts.ts';
import { streamOf } from '../../domain/kernel/ids.ts';
import { refusal } from '../../domain/kernel/refusal.ts';
import type { NodeCommand } from '../../domain/node/node.commands.ts';
import { NODE } from '../../domain/node/node.facts.ts';
import { quotaProblem, reservationProblem } from '../../domain/placement/standing.ts';
import type { Accepted, Engine } from '../../domain/ports/engine.ts';
import type { RoleCommand } from '../../domain/role/role.commands.ts';
import { ROLE_SETTINGS, type RoleAmounts, WEIGHT_MAX } from '../../domain/role/role.facts.ts';
import { ask, rootOf } from './ask.ts';
import { notFound, refused, wrong } from './problem.ts';

/* What both APIs ask for of roles: ours, and that of Mesos. */

/** @throws Problem 422 for what is no name of a role */
export const checkRole = (role: string, at = '/role', { mayBeAnyone = false } = {}): string => {
  const [problem] = roleNameProblems(role);
  if (problem !== undefined) throw wrong(at, problem);
  if (role === '*' && !mayBeAnyone) throw wrong(at, "must be a role's own name: '*' is everyone's");
  return role;
};

const tellRoles = (engine: Engine, request: FastifyRequest, command: RoleCommand): Promise<Accepted> =>
  ask(engine, request, ROLE_SETTINGS as never, command as never);

export type Weight = { readonly role: string; readonly weight: number };

/** All of them or none. @throws Problem */
export const setWeights = (engine: Engine, request: FastifyRequest, weights: readonly Weight[]): Promise<Accepted> => {
  for (const { role, weight } of weights) {
    checkRole(role, '/role', { mayBeAnyone: true });
    if (!(weight > 0 && weight <= WEIGHT_MAX)) throw wrong('/weight', `must be more than 0, and ${WEIGHT_MAX} at most`);
  }
  return tellRoles(engine, request, { type: 'SetRoleWeights', weights });
};

export type Quota = { readonly role: string; readonly guarantee: RoleAmounts; readonly limit: RoleAmounts };

/** All of them or none. @param isForced though the pool is too small for it, or the role has more already. @throws Problem */
export const setQuotas = async (
  engine: Engine,
  request: FastifyRequest,
  quotas: readonly Quota[],
  isForced: boolean,
): Promise<Accepted> => {
  for (const { role, guarantee, limit } of quotas) {
    checkRole(role);
    const name = AMOUNT_NAMES.find((each) => (guarantee[each] ?? 0) > (limit[each] ?? Number.POSITIVE_INFINITY));
    if (name !== undefined) throw wrong(`/guarantee/${name}`, `must not be more than its limit (${limit[name]})`);
  }
  const problem = isForced ? undefined : quotaProblem(engine.views, quotas);
  if (problem !== undefined) {
    const said = refusal('illegal-in-state', `That quota can't be kept: ${problem}. Set it all the same with force.`);
    await engine.recordRefusal(ROLE_SETTINGS as never, 'SetRoleQuotas', rootOf(engine, request), said);
    throw refused(said);
  }
  return tellRoles(engine, request, { type: 'SetRoleQuotas', quotas });
};

/** @throws Problem 404 where it has none */
export const removeQuota = (engine: Engine, request: FastifyRequest, role: string): Promise<Accepted> => {
  if (engine.views.roles.get(role)?.quota === undefined) throw notFound(`Role '${role}' has no quota`);
  return tellRoles(engine, request, { type: 'RemoveRoleQuota', role });
};

/** Keeps so much more of a node for each role, or so much less: all of it or none, and nothing that is in use. @throws Problem */
export const changeReservations = async (
  engine: Engine,
  request: FastifyRequest,
  node: string,
  byRole: Readonly<Record<string, RoleAmounts>>,
  sign: 1 | -1,
): Promise<void> => {
  const row = engine.views.nodes.get(node);
  if (row === undefined) throw notFound(`Node '${node}' does not exist`);
  const entries = Object.entries(byRole);
  // Each role is one command of the node; that they fit together is seen before the first.
  const together = entries.reduce<RoleAmounts>((sum, [, amounts]) => plus(sum, amounts), {});
  for (const [role, amounts] of entries) {
    checkRole(role);
    if (Object.keys(plus(amounts, {})).length === 0) throw wrong('/amounts', 'must name an amount that is more than 0');
    const problem =
      reservationProblem(engine.views, row, role, amounts, sign) ??
      (sign === 1 && entries.length > 1 ? reservationProblem(engine.views, row, role, together, sign) : undefined);
    if (problem === undefined) continue;
    const said = refusal('illegal-in-state', problem);
    await engine.recordRefusal(streamOf(NODE, node), 'SetReservation', rootOf(engine, request), said);
    throw refused(said);
  }
  for (const [role, amounts] of entries) {
    const from = row.reservations?.[role] ?? {};
    const command: NodeCommand = { type: 'SetReservation', role, from, to: plus(from, amounts, sign) };
    await ask(engine, request, streamOf(NODE, node), command);
  }
};
