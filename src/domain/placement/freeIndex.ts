/**
 * Rows bucketed by the share of a node that is free, so that a search begins at the emptiest, or at the fullest that may do, and never
 * looks at the others. They may be kept apart in lanes as well, such as one per rack. Moving a row and stepping to the next are constant time.
 */
export class FreeIndex {
  readonly #buckets: (number[] | undefined)[] = [];
  readonly #slotOf: number[] = [];
  readonly #placeIn: number[] = [];
  /** Rows of a bucket in all lanes together: most buckets are empty. */
  readonly #inBucket = new Float64Array(BUCKETS);
  readonly #inLane: number[] = [];
  size = 0;

  set(row: number, bucket: number, lane = 0): void {
    const slot = lane * BUCKETS + bucket;
    if (this.#slotOf[row] === slot) return;
    this.remove(row);
    let rows = this.#buckets[slot];
    if (rows === undefined) {
      rows = [];
      this.#buckets[slot] = rows;
    }
    this.#slotOf[row] = slot;
    this.#placeIn[row] = rows.length;
    rows.push(row);
    this.#count(slot, 1);
  }

  remove(row: number): void {
    const slot = this.#slotOf[row] ?? NOWHERE;
    const rows = slot === NOWHERE ? undefined : this.#buckets[slot];
    const last = rows?.pop();
    if (rows === undefined || last === undefined) return;
    const place = this.#placeIn[row] ?? 0;
    if (last !== row) {
      rows[place] = last;
      this.#placeIn[last] = place;
    }
    this.#slotOf[row] = NOWHERE;
    this.#count(slot, -1);
  }

  has(row: number): boolean {
    return (this.#slotOf[row] ?? NOWHERE) !== NOWHERE;
  }

  rows(lane: number, bucket: number): readonly number[] {
    return this.#buckets[lane * BUCKETS + bucket] ?? NONE;
  }

  /** Rows of a bucket in all lanes together. */
  inBucket(bucket: number): number {
    return this.#inBucket[bucket] ?? 0;
  }

  inLane(lane: number): number {
    return this.#inLane[lane] ?? 0;
  }

  #count(slot: number, by: 1 | -1): void {
    const bucket = slot % BUCKETS;
    const lane = (slot - bucket) / BUCKETS;
    this.#inBucket[bucket] = (this.#inBucket[bucket] ?? 0) + by;
    this.#inLane[lane] = (this.#inLane[lane] ?? 0) + by;
    this.size += by;
  }
}

/** The last bucket: nodes with no cpus or no memory left. The others are equal shares, the emptiest nodes first. */
export const FULL = 64;
export const BUCKETS = FULL + 1;
const NOWHERE = -1;
const NONE: readonly number[] = [];

/** @param share free share of the scarcer of cpus and memory; at most 0 when one of them is used up. */
export const bucketOf = (share: number): number => (share <= 0 ? FULL : FULL - 1 - Math.min(Math.floor(share * FULL), FULL - 1));

/** Neighbouring seeds start far apart (a multiplicative hash by 2^32 / φ). */
export const scatter = (seed: number): number => Math.imul(seed | 0, 0x9e3779b1) >>> 0;
