/**
 * A map in plain data of which one more entry copies little: entries are spread over SHARDS records by a hash of their key. A fold that copied
 * one large record at each fact would take time by the square of their number.
 */
export type Shards<V> = readonly Readonly<Record<string, V>>[];

const SHARDS = 256;

export const noShards = <V>(): Shards<V> => [];

export const shardGet = <V>(shards: Shards<V>, key: string): V | undefined => shards[shardOf(key)]?.[key];

export const shardSet = <V>(shards: Shards<V>, entries: Iterable<readonly [string, V]>): Shards<V> => {
  const copied = new Map<number, Record<string, V>>();
  for (const [key, value] of entries) own(shards, copied, shardOf(key))[key] = value;
  return withCopies(shards, copied);
};

export const shardDelete = <V>(shards: Shards<V>, keys: Iterable<string>): Shards<V> => {
  const copied = new Map<number, Record<string, V>>();
  for (const key of keys) if (shardGet(shards, key) !== undefined) delete own(shards, copied, shardOf(key))[key];
  return withCopies(shards, copied);
};

/** In no order that means anything. */
export const shardValues = <V>(shards: Shards<V>): readonly V[] => shards.flatMap((shard) => Object.values(shard));

/** FNV-1a (Fowler, Noll, Vo), folded to a shard's number. */
const shardOf = (key: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % SHARDS;
};

const own = <V>(shards: Shards<V>, copied: Map<number, Record<string, V>>, nth: number): Record<string, V> => {
  const mine = copied.get(nth) ?? { ...shards[nth] };
  copied.set(nth, mine);
  return mine;
};

const withCopies = <V>(shards: Shards<V>, copied: ReadonlyMap<number, Readonly<Record<string, V>>>): Shards<V> => {
  if (copied.size === 0) return shards;
  const next = Array.from({ length: SHARDS }, (_, nth) => shards[nth] ?? {});
  for (const [nth, shard] of copied) next[nth] = shard;
  return next;
};
