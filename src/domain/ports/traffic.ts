import type { RouteTable } from '../traffic/table.ts';
import type { PoolCounters } from './balancer.ts';

/** What is known of the traffic to apps, live only. */
export type Traffic = {
  /** What the balancers are to do. */
  table(): RouteTable;
  /** What of the definitions could not be had, such as a host that another app has. */
  warnings(): readonly string[];
  balancers(): readonly BalancerState[];
  counters(): Promise<readonly (PoolCounters & { readonly balancer: string })[]>;
};

export type BalancerState = {
  readonly name: string;
  /** It does what it is to. */
  readonly isCurrent: boolean;
  readonly reloads: number;
  /** Why it does not take the table; it is tried again. */
  readonly trouble?: string;
  /** What of the table it could not do. */
  readonly warnings: readonly string[];
};
