import type { Clock } from '../../domain/kernel/ports.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { PoolCounters } from '../../domain/ports/balancer.ts';
import type { Counters } from '../../domain/ports/gates.ts';

export type Statistic = 'mean' | 'p50' | 'p95' | 'p99';

/** What was asked of an app since the last look, over all of its routes. */
export type Demand = {
  readonly requestsPerSecond: number;
  /** Weighted by the requests of each pool; absent where there were none, or where a balancer doesn't know it. */
  latencyMs(statistic: Statistic): number | undefined;
};

export type DemandMeter = {
  /** undefined at the first look, after one that is longer ago than `staleAfterMs`, and where the balancer doesn't answer. */
  measure(app: string, staleAfterMs: Millis): Promise<Demand | undefined>;
  forget(app: string): void;
};

type Seen = { readonly at: Instant; readonly requests: ReadonlyMap<string, number> };

/** Turns counters that only grow into what happened between two looks. */
export const demandMeter = (clock: Clock, counters: Counters): DemandMeter => {
  const seen = new Map<string, Seen>();
  return {
    measure: async (app, staleAfterMs) => {
      const all = await counters().catch(() => undefined);
      const pools = all?.filter((pool) => pool.app === app) ?? [];
      const before = seen.get(app);
      // An app without a route is not one that nobody asks for anything.
      if (pools.length === 0) {
        seen.delete(app);
        return undefined;
      }
      const at = clock.now();
      seen.set(app, { at, requests: new Map(pools.map((pool) => [keyOf(pool), pool.requests])) });
      const ms = before === undefined ? 0 : at - before.at;
      if (before === undefined || ms <= 0 || ms > staleAfterMs) return undefined;
      const fresh = pools.map((pool) => ({ pool, requests: pool.requests - (before.requests.get(keyOf(pool)) ?? 0) }));
      if (fresh.some(({ requests }) => requests < 0)) return undefined;
      const total = fresh.reduce((sum, { requests }) => sum + requests, 0);
      return {
        requestsPerSecond: (total * 1000) / ms,
        latencyMs: (statistic) => {
          const busy = fresh.flatMap(({ pool, requests }) => {
            const time = pool.responseTimeMs?.[statistic];
            return requests === 0 || time === undefined ? [] : [{ requests, time }];
          });
          const counted = busy.reduce((sum, { requests }) => sum + requests, 0);
          return counted === 0 ? undefined : busy.reduce((sum, { requests, time }) => sum + requests * time, 0) / counted;
        },
      };
    },
    forget: (app) => seen.delete(app),
  };
};

const keyOf = ({ route, version }: PoolCounters): string => `${route} ${version}`;
