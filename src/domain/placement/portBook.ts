/** Host ports of one node: its ranges, and which are taken. Ports outside the ranges can be held but not found. */
export class PortBook {
  #ranges: readonly (readonly [number, number])[] = [];
  readonly #taken = new Map<number, number>();
  #next = 0;
  free = 0;

  setRanges(ranges: readonly (readonly [number, number])[]): void {
    this.#ranges = ranges;
    this.free = ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
    for (const port of this.#taken.keys()) if (this.offers(port)) this.free--;
  }

  offers(port: number): boolean {
    return this.#ranges.some(([from, to]) => from <= port && port <= to);
  }

  isFree(port: number): boolean {
    return this.offers(port) && !this.#taken.has(port);
  }

  /** Counts holders, since two that were placed before a restart of the world may name the same one. */
  take(port: number): void {
    const holders = this.#taken.get(port) ?? 0;
    if (holders === 0 && this.offers(port)) this.free--;
    this.#taken.set(port, holders + 1);
  }

  release(port: number): void {
    const holders = this.#taken.get(port) ?? 0;
    if (holders > 1) this.#taken.set(port, holders - 1);
    else if (this.#taken.delete(port) && this.offers(port)) this.free++;
  }

  /** Whether distinct `fixed` ports and `any` others could be had together. */
  canGive(fixed: readonly number[], any: number): boolean {
    if (fixed.length + any > this.free) return false;
    return fixed.every((port) => this.isFree(port)) && (fixed.length < 2 || new Set(fixed).size === fixed.length);
  }

  /**
   * A port for each wish (0: any), consecutive from where the last search ended, so that a port rests before it is used again.
   * @param spared ports that others ask for by number: given to those who take any only when nothing else is free
   */
  choose(wishes: readonly number[], spared: Pick<ReadonlySet<number>, 'has'> = NONE): readonly number[] {
    const avoid = wishes.filter((wish) => wish !== 0);
    return wishes.map((wish) => {
      if (wish !== 0) return wish;
      const port = this.#search(avoid, spared) ?? this.#search(avoid, NONE);
      if (port === undefined) throw new Error('no free port, though they were counted');
      avoid.push(port);
      return port;
    });
  }

  #search(avoid: readonly number[], spared: Pick<ReadonlySet<number>, 'has'>): number | undefined {
    const at = this.#ranges.findIndex(([, to]) => this.#next <= to);
    const start = at === -1 ? 0 : at;
    for (let turn = 0; turn <= this.#ranges.length; turn++) {
      const [from, to] = this.#ranges[(start + turn) % this.#ranges.length] ?? [0, -1];
      for (let port = turn === 0 && at !== -1 ? Math.max(from, this.#next) : from; port <= to; port++) {
        if (this.#taken.has(port) || spared.has(port) || avoid.includes(port)) continue;
        this.#next = port + 1;
        return port;
      }
    }
    return undefined;
  }
}

const NONE: ReadonlySet<number> = new Set();
