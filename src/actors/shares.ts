/** Who waits for a share of something that is short, each in turn. Whoever comes while others wait stands behind them. */
export class Shares<K> {
  readonly #waiting = new Set<K>();
  readonly #called = new Set<K>();

  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many were called and are not done. */
  get called(): number {
    return this.#called.size;
  }

  /** Whether it may take something now: nobody waits, or it was called. */
  mayTake(one: K): boolean {
    return this.#waiting.size === 0 || this.#called.has(one);
  }

  /** Whether anybody else waits, or was called and is not done. */
  isShared(one: K): boolean {
    return this.#waiting.size > 0 || this.#called.size > (this.#called.has(one) ? 1 : 0);
  }

  wait(one: K): void {
    this.#waiting.add(one);
  }

  /** The one that has waited longest; the turn is its own until it is done. */
  call(): K | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    this.#waiting.delete(first);
    this.#called.add(first);
    return first;
  }

  done(one: K): void {
    this.#called.delete(one);
  }
}
