import { nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { RoleRow, RolesView } from '../domain/ports/views.ts';
import { ROLE, type RoleFact } from '../domain/role/role.facts.ts';
import type { Projection } from './projection.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Roles = { readonly rows: Map<string, Mutable<RoleRow>> };

/** What is set of roles: their weights, and what they are promised and allowed. */
export const roles: Projection<Roles> = {
  name: 'roles',
  version: 1,
  initial: () => ({ rows: new Map() }),
  evolve: ({ rows }, recorded) => {
    if (nounOf(recorded.stream) !== ROLE) return;
    const { fact } = recorded as Recorded<RoleFact>;
    // A timer's end belongs to no role.
    if (!('role' in fact)) return;
    const row = rows.get(fact.role) ?? { role: fact.role };
    rows.set(fact.role, row);
    switch (fact.type) {
      case 'RoleWeightSet':
        row.weight = fact.weight;
        return;
      case 'RoleQuotaSet':
        row.quota = { guarantee: fact.guarantee, limit: fact.limit };
        return;
      case 'RoleQuotaRemoved':
        delete row.quota;
    }
  },
};

export const rolesView = ({ rows }: Roles): RolesView => ({ get: (role) => rows.get(role), all: () => rows.values() });
