import type { Pool, Route } from './table.ts';

/** Whether requests are split by version: else every server is alike, whatever its version. */
export const isSplit = ({ pools, rules }: Pick<Route, 'pools' | 'rules'>): boolean =>
  rules.length > 0 || pools.some(({ weight }) => weight !== undefined);

/** Servers that may get new requests. */
export const openServers = ({ servers }: Pool): number => servers.filter(({ isDraining }) => !isDraining).length;

/**
 * Which share of the requests that no rule and no cookie decides goes to each version; the shares sum to 1, or are none where nobody can
 * answer. A version without a server gets nothing and the others have its share: a refused request is worse than one that goes to the
 * wrong version. For the same reason versions of weight 0 answer when nobody else can.
 */
export const sharesOf = ({ pools }: Pick<Route, 'pools'>): ReadonlyMap<string, number> => {
  const able = pools.filter((pool) => openServers(pool) > 0);
  const hasWeights = pools.some(({ weight }) => weight !== undefined);
  const byWeight = sharesBy(able, (pool) => (hasWeights ? (pool.weight ?? 0) : openServers(pool)));
  return byWeight.size > 0 ? byWeight : sharesBy(able, openServers);
};

const sharesBy = (pools: readonly Pool[], amount: (pool: Pool) => number): ReadonlyMap<string, number> => {
  const sum = pools.reduce((total, pool) => total + amount(pool), 0);
  return new Map(sum > 0 ? pools.map((pool) => [pool.version, amount(pool) / sum]) : []);
};
