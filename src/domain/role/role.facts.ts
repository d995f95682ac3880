import { z } from 'zod';
import type { DeepReadonly, FactsOf } from '../kernel/forms.ts';

/** A role weighs more than nothing, and no more than this. */
export const WEIGHT_MAX = 10_000;

const amount = z.number().min(0);

/** What is not named is none, or not limited. */
export const roleAmounts = z.strictObject({
  /** Cores. */
  cpus: amount.optional(),
  /** MiB. */
  mem: amount.optional(),
  /** MiB. */
  disk: amount.optional(),
  /** Whole devices. */
  gpus: amount.optional(),
});
export type RoleAmounts = DeepReadonly<z.infer<typeof roleAmounts>>;

const role = z.string().min(1);

export const roleFacts = {
  /** How heavy a role is where there is not enough for all: one of weight 2 may hold twice as much as one of weight 1. */
  RoleWeightSet: z.object({ role, weight: z.number().positive().max(WEIGHT_MAX) }),
  /** What of the pool is kept for a role, and what its apps may hold of it at most. */
  RoleQuotaSet: z.object({ role, guarantee: roleAmounts, limit: roleAmounts }),
  RoleQuotaRemoved: z.object({ role }),
} as const;

export type RoleFact = FactsOf<typeof roleFacts>;
export type RoleFactOf<T extends RoleFact['type']> = Extract<RoleFact, { readonly type: T }>;

export const ROLE = 'role';
/** The one stream of this noun: several roles are set together or not at all. */
export const ROLE_SETTINGS = 'role-settings';
