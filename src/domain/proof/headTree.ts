import { HASH_BYTES, type Sha256 } from '../kernel/chain.ts';
import type { StreamName } from '../kernel/ids.ts';
import { auditPath, type Levels, leafHash, levelsOf, rootOf } from './merkle.ts';
import { headBytes, type StreamHead } from './streamHead.ts';

export type Inclusion = { readonly index: number; readonly head: StreamHead; readonly path: readonly Uint8Array[] };

/**
 * The heads of all streams as one tree, in the order of their names (by UTF-16 code units, which for ASCII are bytes). It follows a log:
 * only leaves of streams that moved are hashed again, while the nodes above them are computed each time, as a new stream may stand
 * anywhere. About 150 bytes are kept for a stream.
 */
export type HeadTree = {
  /** A stream has moved on. `number` is a small number of its own, from 0 or 1 without large gaps; its name is asked for once. */
  take(number: number, name: (number: number) => StreamName, revision: number, hash: Uint8Array): void;
  /** Streams that there are. */
  size(): number;
  root(): Uint8Array;
  /** Where a stream stands in the tree, and the way from there to its root. */
  prove(name: StreamName): Inclusion | undefined;
};

export const headTree = (sha256: Sha256): HeadTree => {
  const names: (StreamName | undefined)[] = [];
  let revisions = new Float64Array(1024);
  let hashes = new Uint8Array(1024 * HASH_BYTES);
  let leaves = new Uint8Array(1024 * HASH_BYTES);
  /** Numbers of all streams but the fresh ones, by name. */
  let order = new Int32Array(0);
  let fresh: number[] = [];
  let moved = new Set<number>();
  let levels: Levels | undefined;

  const grow = (number: number): void => {
    const room = Math.max(number + 1, revisions.length * 2);
    const wider = <A extends Float64Array | Uint8Array>(larger: A, from: A): A => {
      larger.set(from);
      return larger;
    };
    revisions = wider(new Float64Array(room), revisions);
    hashes = wider(new Uint8Array(room * HASH_BYTES), hashes);
    leaves = wider(new Uint8Array(room * HASH_BYTES), leaves);
  };
  const nameOf = (number: number): StreamName => names[number] ?? '';
  const hashOf = (number: number): Uint8Array => hashes.subarray(number * HASH_BYTES, (number + 1) * HASH_BYTES);
  const headOf = (number: number): StreamHead => ({
    stream: nameOf(number),
    revision: revisions[number] ?? 0,
    hash: hashOf(number),
  });
  const byName = (a: number, b: number): number => (nameOf(a) < nameOf(b) ? -1 : 1);

  /** The fresh ones take their places among the others. */
  const settle = (): void => {
    if (fresh.length === 0) return;
    fresh.sort(byName);
    const merged = new Int32Array(order.length + fresh.length);
    let next = 0;
    let place = 0;
    for (const number of order) {
      while (next < fresh.length && byName(fresh[next] as number, number) < 0) merged[place++] = fresh[next++] as number;
      merged[place++] = number;
    }
    while (next < fresh.length) merged[place++] = fresh[next++] as number;
    order = merged;
    fresh = [];
  };

  const build = (): Levels => {
    if (levels !== undefined) return levels;
    settle();
    for (const number of moved) leaves.set(leafHash(sha256, headBytes(headOf(number))), number * HASH_BYTES);
    moved = new Set();
    const packed = new Uint8Array(order.length * HASH_BYTES);
    for (let i = 0; i < order.length; i++) {
      const number = order[i] as number;
      packed.set(leaves.subarray(number * HASH_BYTES, (number + 1) * HASH_BYTES), i * HASH_BYTES);
    }
    levels = levelsOf(sha256, packed);
    return levels;
  };

  return {
    take: (number, name, revision, hash) => {
      if (number >= revisions.length) grow(number);
      if (names[number] === undefined) {
        names[number] = name(number);
        fresh.push(number);
      }
      revisions[number] = revision;
      hashes.set(hash.length === HASH_BYTES ? hash : new Uint8Array(HASH_BYTES), number * HASH_BYTES);
      moved.add(number);
      levels = undefined;
    },
    size: () => order.length + fresh.length,
    root: () => {
      const root = rootOf(build()).slice();
      // Half as much memory again as all else: kept only between two proofs.
      levels = undefined;
      return root;
    },
    prove: (name) => {
      const built = build();
      let [low, high] = [0, order.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (nameOf(order[middle] as number) < name) low = middle + 1;
        else high = middle;
      }
      const number = order[low];
      if (number === undefined || nameOf(number) !== name) return undefined;
      const { stream, revision, hash } = headOf(number);
      return { index: low, head: { stream, revision, hash: hash.slice() }, path: auditPath(built, low).map((hash) => hash.slice()) };
    },
  };
};
