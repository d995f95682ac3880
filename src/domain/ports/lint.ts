import type { Instant } from '../kernel/units.ts';

/** What all apps below a group may want together; what is absent is not limited. */
export type QuotaRule = { readonly group: string; readonly cpus?: number /** MiB */; readonly mem?: number; readonly instances?: number };

/** A constraint that apps below a group would have besides their own. */
export type ConstraintRule = { readonly group: string; readonly constraint: readonly [field: string, operator: string, value?: string] };

/** Apps below a group that would have been kept apart from an app, or from a group with `/*` behind it, by a field of the node. */
export type ApartRule = { readonly group: string; readonly from: string; readonly field: string };

export type LintRules = {
  readonly quotas: readonly QuotaRule[];
  readonly constraints: readonly ConstraintRule[];
  readonly apart: readonly ApartRule[];
};

/** Something that happened and that a rule would have refused. */
export type WouldRefuse = {
  readonly rule: string;
  readonly at: Instant;
  /** Who asked for what led to it. */
  readonly by: string;
  /** The request; absent where the engine decided by itself, as for an app's own scaling. */
  readonly request?: string;
  readonly command?: string;
  readonly app: string;
  readonly because: string;
};

export type LintReport = {
  readonly from: Instant;
  readonly to: Instant;
  /** Changes of apps and placements that were looked at. */
  readonly changes: number;
  readonly placements: number;
  readonly refusals: readonly WouldRefuse[];
  /** By rule, those that would have refused nothing too. */
  readonly byRule: Readonly<Record<string, number>>;
};
