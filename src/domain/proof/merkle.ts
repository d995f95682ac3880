import { HASH_BYTES, type Sha256 } from '../kernel/chain.ts';

/**
 * Merkle trees as in RFC 6962, section 2.1 (RFC 9162 has the same): a leaf is SHA-256(0x00 ‖ entry), a node SHA-256(0x01 ‖ left ‖ right).
 * Pairing level by level and carrying an odd last node up unchanged gives exactly the tree that the RFC defines by halves.
 */
const LEAF = 0x00;
const NODE = 0x01;

export const leafHash = (sha256: Sha256, entry: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(1 + entry.length);
  bytes[0] = LEAF;
  bytes.set(entry, 1);
  return sha256(bytes);
};

/** @returns a function that reuses one buffer: a tree of millions of leaves makes no garbage but its digests */
export const nodeHash = (sha256: Sha256): ((left: Uint8Array, right: Uint8Array) => Uint8Array) => {
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES);
  bytes[0] = NODE;
  return (left, right) => {
    bytes.set(left, 1);
    bytes.set(right, 1 + HASH_BYTES);
    return sha256(bytes);
  };
};

/** Levels of a tree from the leaves up, each packed: 32 bytes per node. The last one is the root alone. */
export type Levels = readonly Uint8Array[];

/** @param leaves leaf hashes, packed. A tree without leaves has the root SHA-256 of nothing. */
export const levelsOf = (sha256: Sha256, leaves: Uint8Array): Levels => {
  if (leaves.length === 0) return [sha256(new Uint8Array(0))];
  const node = nodeHash(sha256);
  const levels = [leaves];
  for (let below = leaves; below.length > HASH_BYTES; ) {
    const count = below.length / HASH_BYTES;
    const level = new Uint8Array(Math.ceil(count / 2) * HASH_BYTES);
    for (let i = 0; i < count; i += 2) level.set(i + 1 < count ? node(at(below, i), at(below, i + 1)) : at(below, i), (i / 2) * HASH_BYTES);
    levels.push(level);
    below = level;
  }
  return levels;
};

export const rootOf = (levels: Levels): Uint8Array => levels.at(-1) ?? new Uint8Array(0);

/** The audit path of a leaf (RFC 6962, 2.1.1): what its hash must be paired with, from the bottom up. */
export const auditPath = (levels: Levels, index: number): readonly Uint8Array[] => {
  const path: Uint8Array[] = [];
  let place = index;
  for (const level of levels.slice(0, -1)) {
    const sibling = place ^ 1;
    if (sibling < level.length / HASH_BYTES) path.push(at(level, sibling));
    place >>= 1;
  }
  return path;
};

/** The root that a path leads to (RFC 9162, 2.1.3.2), or undefined where no tree of this size has such a path. */
export const rootFromPath = (
  sha256: Sha256,
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined => {
  if (!Number.isInteger(index) || index < 0 || index >= size) return undefined;
  const node = nodeHash(sha256);
  let place = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (place % 2 === 1 || place === last) {
      root = node(sibling, root);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else root = node(root, sibling);
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
};

const at = (level: Uint8Array, index: number): Uint8Array => level.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
