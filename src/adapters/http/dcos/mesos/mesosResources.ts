import { z } from 'zod';
import { AMOUNT_NAMES, plus } from '../../../../domain/kernel/amounts.ts';
import type { RoleAmounts } from '../../../../domain/role/role.facts.ts';
import { wrong } from '../../problem.ts';

/** A resource as Mesos' clients write it. */
export const mesosResource = z.object({
  name: z.string(),
  type: z.string().optional(),
  scalar: z.object({ value: z.number().min(0) }).optional(),
  role: z.string().optional(),
  reservation: z.object({}).optional(),
  reservations: z.array(z.object({ type: z.string().optional(), role: z.string() })).optional(),
});
export type MesosResource = z.infer<typeof mesosResource>;

/** @throws Problem 422 for what there is no amount of, such as ports */
export const amountOf = ({ name, scalar }: MesosResource, at: string): RoleAmounts => {
  if (!(AMOUNT_NAMES as readonly string[]).includes(name)) throw wrong(`${at}/name`, `'${name}' is none of ${AMOUNT_NAMES.join(', ')}`);
  if (scalar === undefined) throw wrong(`${at}/scalar`, 'is needed');
  return { [name]: scalar.value };
};

/** The sum by role that dynamic reservations are to be made or undone of. @throws Problem 422 */
export const reservedByRole = (resources: readonly MesosResource[], at: string): Readonly<Record<string, RoleAmounts>> => {
  const byRole: Record<string, RoleAmounts> = {};
  resources.forEach((each, nth) => {
    const here = `${at}(${nth})`;
    if ((each.reservations?.length ?? 0) > 1) throw wrong(`${here}/reservations`, 'reservations below reservations are not supported');
    const [made] = each.reservations ?? [];
    if (made?.type === 'STATIC') throw wrong(`${here}/reservations`, 'a static reservation is made when the node is added');
    const role = made?.role ?? each.role;
    if (role === undefined) throw wrong(`${here}/reservations`, 'must say for which role');
    byRole[role] = plus(byRole[role] ?? {}, amountOf(each, here));
  });
  if (Object.keys(byRole).length === 0) throw wrong(at, 'must name a resource');
  return byRole;
};

/** Amounts as API v1 has them by name. */
export const scalarsJson = (amounts: RoleAmounts): Readonly<Record<string, { readonly value: number }>> =>
  Object.fromEntries(Object.entries(amounts).flatMap(([name, value]) => (value === undefined ? [] : [[name, { value }]])));

/** Amounts as a list of resources without more to them. */
export const resourceList = (amounts: RoleAmounts) =>
  Object.entries(amounts).map(([name, value]) => ({ name, type: 'SCALAR', scalar: { value } }));
