import type { PoolCounters } from '../ports/balancer.ts';
import type { GateReading, GateSpecOf } from './gate.facts.ts';

/** What the counters have grown by since a gate was begun, by version and route. */
export type Growth = {
  /** Counters as they were when the gate was begun, by route and version; a pool that was not there began at nothing. */
  readonly base: ReadonlyMap<string, Pick<PoolCounters, 'requests' | 'errors'>>;
  /** When the requests of the new version last grew, ms since the gate was begun; and to how many. */
  readonly grewAtMs: number;
  readonly requests: number;
};

const keyOf = ({ route, version }: PoolCounters): string => JSON.stringify([route, version]);

/** @param pools of one app */
export const growthFrom = (pools: readonly PoolCounters[]): Growth => ({
  base: new Map(pools.map((pool) => [keyOf(pool), { requests: pool.requests, errors: pool.errors }])),
  grewAtMs: 0,
  requests: 0,
});

type Seen = { readonly requests: number; readonly errors: number };

const seenOf = ({ base }: Growth, pools: readonly PoolCounters[], version: string): Seen =>
  pools
    .filter((pool) => pool.version === version)
    .map((pool) => ({ pool, from: base.get(keyOf(pool)) ?? { requests: 0, errors: 0 } }))
    .reduce(
      (sum, { pool, from }) => ({
        requests: sum.requests + pool.requests - from.requests,
        errors: sum.errors + pool.errors - from.errors,
      }),
      { requests: 0, errors: 0 },
    );

/** Counters only grow; where they did not, the balancer counts anew, and what it counted before is lost. */
const countsAnew = ({ base }: Growth, pools: readonly PoolCounters[]): boolean =>
  pools.some((pool) => {
    const from = base.get(keyOf(pool));
    return from !== undefined && (pool.requests < from.requests || pool.errors < from.errors);
  });

type Versions = { readonly fresh: string; readonly old: readonly string[] };
type TrafficGate = GateSpecOf<'errorRate'> | GateSpecOf<'latency'>;

/**
 * One reading of a gate over the balancer's counters.
 * @param pools of the app, as they are now
 * @param atMs since the gate was begun
 */
export const readPools = (
  spec: TrafficGate,
  growth: Growth,
  pools: readonly PoolCounters[],
  { fresh, old }: Versions,
  atMs: number,
): { readonly reading: GateReading; readonly growth: Growth } => {
  const at = { gate: spec.name, atMs };
  if (countsAnew(growth, pools)) {
    const note = 'the balancer counts anew';
    return { reading: { ...at, samples: 0, note }, growth: { ...growthFrom(pools), grewAtMs: atMs } };
  }
  const seen = seenOf(growth, pools, fresh);
  const grew = seen.requests > growth.requests;
  const now: Growth = grew ? { ...growth, requests: seen.requests, grewAtMs: atMs } : growth;
  const silent = (note: string) => ({ reading: { ...at, samples: seen.requests, note }, growth: now });
  if (seen.requests === 0) return silent('no request yet');
  if (atMs - now.grewAtMs > spec.staleSeconds * 1000) return silent(`no request for ${Math.floor((atMs - now.grewAtMs) / 1000)} s`);
  // A few requests of the old version say as little as a few of the new one.
  const others = old.filter((version) => seenOf(growth, pools, version).requests > 0);
  const ofOthers = others.map((version) => seenOf(growth, pools, version));
  const othersRequests = ofOthers.reduce((sum, { requests }) => sum + requests, 0);
  const isComparable = othersRequests >= spec.minimumSamples;
  const baselineOf = (baseline: number | undefined) => (isComparable && baseline !== undefined ? { baseline } : {});
  const told = { ...at, samples: seen.requests };
  if (spec.kind === 'errorRate') {
    const baseline = ofOthers.reduce((sum, { errors }) => sum + errors, 0) / othersRequests;
    return { reading: { ...told, value: seen.errors / seen.requests, ...baselineOf(baseline) }, growth: now };
  }
  const value = slowest(pools, [fresh], spec.quantile);
  if (value === undefined) return silent(`the balancer tells no ${spec.quantile} of its response time`);
  return { reading: { ...told, value, ...baselineOf(fastest(pools, others, spec.quantile)) }, growth: now };
};

const timesOf = (pools: readonly PoolCounters[], versions: readonly string[], quantile: GateSpecOf<'latency'>['quantile']) =>
  pools.flatMap(({ version, responseTimeMs }) => (versions.includes(version) ? (responseTimeMs?.[quantile] ?? []) : []));

/** Of several routes the worst counts for the new version, and the best for what it is compared with. */
const slowest = (...of: Parameters<typeof timesOf>): number | undefined => atBest(timesOf(...of), Math.max);
const fastest = (...of: Parameters<typeof timesOf>): number | undefined => atBest(timesOf(...of), Math.min);
const atBest = (times: readonly number[], choose: (...times: number[]) => number): number | undefined =>
  times.length === 0 ? undefined : choose(...times);
