/**
 * Rows bucketed by the share of a node that is free, so that placement looks at the emptiest first and never at full ones.
 * Moving a row and stepping to the next are constant time.
 */
export class FreeIndex {
  readonly #buckets: number[][] = Array.from({ length: BUCKETS }, () => []);
  readonly #bucketOf: number[] = [];
  readonly #placeIn: number[] = [];
  size = 0;

  /** @param share free share of the scarcer of cpus and memory; at most 0 when one of them is used up. */
  set(row: number, share: number): void {
    const bucket = share <= 0 ? FULL : Math.min(Math.floor(share * FULL), FULL - 1);
    const target = share <= 0 ? FULL : FULL - 1 - bucket;
    if (this.#bucketOf[row] === target) return;
    this.remove(row);
    const rows = this.#buckets[target];
    if (rows === undefined) return;
    this.#bucketOf[row] = target;
    this.#placeIn[row] = rows.length;
    rows.push(row);
    this.size++;
  }

  remove(row: number): void {
    const bucket = this.#bucketOf[row] ?? NOWHERE;
    const rows = this.#buckets[bucket];
    const last = rows?.pop();
    if (rows === undefined || last === undefined) return;
    const place = this.#placeIn[row] ?? 0;
    if (last !== row) {
      rows[place] = last;
      this.#placeIn[last] = place;
    }
    this.#bucketOf[row] = NOWHERE;
    this.size--;
  }

  /**
   * Visits rows, the emptiest bucket first, within a bucket from a place that `seed` decides, until `visit` answers true.
   * @param skipFull leaves out those with no cpus or no memory left.
   */
  walk(seed: number, skipFull: boolean, visit: (row: number) => boolean): void {
    const buckets = skipFull ? FULL : BUCKETS;
    for (let bucket = 0; bucket < buckets; bucket++) {
      const rows = this.#buckets[bucket] ?? [];
      const { length } = rows;
      let place = length === 0 ? 0 : scatter(seed) % length;
      for (let step = 0; step < length; step++) {
        if (visit(rows[place] ?? 0)) return;
        place = place + 1 === length ? 0 : place + 1;
      }
    }
  }

  /** The bucket of a row, which decides when it is looked at: the lower the sooner. Undefined for one that is not here. */
  bucketOf(row: number): number | undefined {
    const bucket = this.#bucketOf[row] ?? NOWHERE;
    return bucket === NOWHERE ? undefined : bucket;
  }

  *all(): Generator<number> {
    for (const rows of this.#buckets) yield* rows;
  }
}

/** Sixteen shares, the emptiest nodes first, and the full ones last. */
export const FULL = 16;
const BUCKETS = FULL + 1;
const NOWHERE = -1;

/** Neighbouring seeds start far apart (a multiplicative hash by 2^32 / φ). */
const scatter = (seed: number): number => Math.imul(seed | 0, 0x9e3779b1) >>> 0;
