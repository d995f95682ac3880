import type { PoolCounters } from '../ports/balancer.ts';
import type { GateReading, GateSpecOf } from './gate.facts.ts';

type Count = { readonly version: string; readonly requests: number; readonly errors: number };

/** What the counters have grown by since a gate was begun. */
export type Growth = {
  /** Counters as they were then, by route and version; a pool that was not there began at nothing. */
  readonly base: ReadonlyMap<string, Count>;
  /** When the requests of the new version last grew, ms since the gate was begun; and to how many. */
  readonly grewAtMs: number;
  readonly requests: number;
};

/** @param pools of one app */
export const growthFrom = (pools: readonly PoolCounters[]): Growth => ({ base: countsOf(pools), grewAtMs: 0, requests: 0 });

/** By route and version; several balancers may serve the same. */
const countsOf = (pools: readonly PoolCounters[]): ReadonlyMap<string, Count> => {
  const counts = new Map<string, Count>();
  for (const { route, version, requests, errors } of pools) {
    const key = JSON.stringify([route, version]);
    const known = counts.get(key) ?? { version, requests: 0, errors: 0 };
    counts.set(key, { version, requests: known.requests + requests, errors: known.errors + errors });
  }
  return counts;
};

type Seen = { readonly requests: number; readonly errors: number };

/** A request that no server could be given is an error, and may not be counted among those that were passed on. */
const seenOf = ({ base }: Growth, pools: readonly PoolCounters[], version: string): Seen => {
  let [requests, errors] = [0, 0];
  for (const [key, count] of countsOf(pools)) {
    if (count.version !== version) continue;
    requests += count.requests - (base.get(key)?.requests ?? 0);
    errors += count.errors - (base.get(key)?.errors ?? 0);
  }
  return { requests: Math.max(requests, errors), errors };
};

/** Counters only grow; where they did not, the balancer counts anew, and what it counted before is lost. */
const countsAnew = ({ base }: Growth, pools: readonly PoolCounters[]): boolean =>
  [...countsOf(pools)].some(([key, { requests, errors }]) => {
    const from = base.get(key);
    return from !== undefined && (requests < from.requests || errors < from.errors);
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
