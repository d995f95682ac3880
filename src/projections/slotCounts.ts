/** How many live instances hold each slot of a version. Slots are counted from 0 without gaps, so they are places in an array. */
export class SlotCounts {
  readonly #counts: number[] = [];
  #held = 0;
  /** Every slot below is held. */
  #firstFree = 0;

  static of(entries: Iterable<readonly [slot: number, count: number]>): SlotCounts {
    const slots = new SlotCounts();
    for (const [slot, count] of entries) slots.change(slot, count);
    return slots;
  }

  /** Slots that anybody holds. */
  get size(): number {
    return this.#held;
  }

  /** The lowest slot that nobody holds. */
  get firstFree(): number {
    return this.#firstFree;
  }

  has(slot: number): boolean {
    return (this.#counts[slot] ?? 0) > 0;
  }

  change(slot: number, by: number): void {
    while (this.#counts.length <= slot) this.#counts.push(0);
    const before = this.#counts[slot] ?? 0;
    const now = Math.max(0, before + by);
    this.#counts[slot] = now;
    this.#held += Number(now > 0) - Number(before > 0);
    if (now === 0) this.#firstFree = Math.min(this.#firstFree, slot);
    else while (this.has(this.#firstFree)) this.#firstFree += 1;
  }

  /** Those that are held, in order. */
  *[Symbol.iterator](): Generator<[slot: number, count: number]> {
    for (const [slot, count] of this.#counts.entries()) if (count > 0) yield [slot, count];
  }
}
