import type { FilterName } from './filters.ts';

/** Nodes of which was decided, and how many each filter turned away; what goes into the fact. */
export type Funnel = { readonly considered: number; readonly excluded: Readonly<Partial<Record<FilterName, number>>> };

export type Placement = {
  readonly instance: string;
  readonly node: string;
  readonly hostPorts: readonly number[];
  readonly explanation: Funnel & { readonly score: number };
};

export type Unplaceable = {
  readonly instance: string;
  readonly unplaceable: Funnel & {
    /** The least that is missing on any node that lacked only this and what comes after it in the funnel. */
    readonly missing: Readonly<Partial<Record<'cpus' | 'mem' | 'disk' | 'gpus', number>>>;
    /** How many of those that are placed all or none would have found a node. */
    readonly fitting?: number;
  };
};
