import type { Clock } from '../domain/kernel/ports.ts';
import type { Balancer, PoolCounters } from '../domain/ports/balancer.ts';
import type { RouteTable } from '../domain/traffic/table.ts';

/** Requests to each route, per second. */
const REQUESTS_PER_SECOND = 100;
/** From a table to its effect, ms. */
const APPLY_MS = 200;

/** A balancer that leads nobody: it takes every table, and counts requests without errors as the weights say. */
export const modelBalancer = (clock: Clock): Balancer => {
  let table: RouteTable = { listeners: [], routes: [] };
  let countedTo = clock.now();
  const counted = new Map<string, { route: string; app: string; version: string; requests: number }>();
  const count = (): void => {
    const requests = ((clock.now() - countedTo) / 1000) * REQUESTS_PER_SECOND;
    countedTo = clock.now();
    for (const { id: route, app, pools } of table.routes) {
      const weightOf = ({ weight, servers }: (typeof pools)[number]): number => (servers.length === 0 ? 0 : (weight ?? servers.length));
      const all = pools.reduce((sum, pool) => sum + weightOf(pool), 0);
      for (const pool of all === 0 ? [] : pools) {
        const key = `${route} ${pool.version}`;
        const known = counted.get(key) ?? { route, app, version: pool.version, requests: 0 };
        known.requests += (requests * weightOf(pool)) / all;
        counted.set(key, known);
      }
    }
  };
  return {
    name: 'model',
    apply: async (next) => {
      await new Promise<void>((resolve) => clock.schedule(APPLY_MS, resolve));
      count();
      table = next;
    },
    counters: async () => {
      count();
      return [...counted.values()].map(
        ({ requests, ...pool }): PoolCounters => ({
          ...pool,
          requests: Math.floor(requests),
          errors: 0,
          retries: 0,
          bytesIn: 0,
          bytesOut: 0,
          responseTimeMs: { mean: 20, p50: 18, p95: 40, p99: 60 },
          current: 0,
        }),
      );
    },
    busyWith: async () => 0,
    reloads: () => 0,
    close: async () => {},
  };
};
