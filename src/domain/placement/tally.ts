/** How often each value was counted, and how many values were counted so often: both are kept up with every change. */
export class Tally implements ValueCounts {
  readonly #counts = new Map<string | undefined, number>();
  readonly #levels = new Map<number, number>();

  get size(): number {
    return this.#counts.size;
  }

  get(value: string | undefined): number | undefined {
    return this.#counts.get(value);
  }

  has(value: string | undefined): boolean {
    return this.#counts.has(value);
  }

  values(): Iterable<number> {
    return this.#counts.values();
  }

  entries(): Iterable<[string | undefined, number]> {
    return this.#counts.entries();
  }

  count(value: string | undefined, by: number): void {
    const before = this.#counts.get(value) ?? 0;
    const now = before + by;
    if (now === 0) this.#counts.delete(value);
    else this.#counts.set(value, now);
    if (before !== 0) this.#level(before, -1);
    if (now !== 0) this.#level(now, 1);
  }

  /** By how much all values together are above so many each. Takes time in proportion to the different counts, which are few. */
  above(each: number): number {
    let sum = 0;
    for (const [level, values] of this.#levels) if (level > each) sum += (level - each) * values;
    return sum;
  }

  #level(count: number, by: 1 | -1): void {
    const values = (this.#levels.get(count) ?? 0) + by;
    if (values === 0) this.#levels.delete(count);
    else this.#levels.set(count, values);
  }
}

/** Instances per value of a field. */
export type ValueCounts = Pick<ReadonlyMap<string | undefined, number>, 'get' | 'has' | 'size'> & { values(): Iterable<number> };

export const aboveIn = (counts: ValueCounts, each: number): number => {
  if (counts instanceof Tally) return counts.above(each);
  let sum = 0;
  for (const count of counts.values()) sum += Math.max(0, count - each);
  return sum;
};
