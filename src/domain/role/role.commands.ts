import type { RoleFactOf } from './role.facts.ts';

type DataOf<T extends 'RoleWeightSet' | 'RoleQuotaSet'> = Omit<RoleFactOf<T>, 'type'>;

export type RoleCommand =
  | { readonly type: 'SetRoleWeights'; readonly weights: readonly DataOf<'RoleWeightSet'>[] }
  | { readonly type: 'SetRoleQuotas'; readonly quotas: readonly DataOf<'RoleQuotaSet'>[] }
  | { readonly type: 'RemoveRoleQuota'; readonly role: string };
