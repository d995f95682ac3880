import { scatter } from '../freeIndex.ts';
import type { Ledger } from '../ledger.ts';

/** Nodes in the order of their load, kept so while loads change. Of equal ones the seed decides. */
export class Loads {
  readonly #ledger: Ledger;
  readonly #seed: number;
  readonly #rows: number[];
  readonly #load = new Map<number, number>();

  constructor(ledger: Ledger, rows: Iterable<number>, seed: number) {
    this.#ledger = ledger;
    this.#seed = scatter(seed);
    for (const row of rows) this.#load.set(row, ledger.load(row, 0, 0));
    this.#rows = [...this.#load.keys()].sort((a, b) => this.#order(a, b));
  }

  get size(): number {
    return this.#rows.length;
  }

  has(row: number): boolean {
    return this.#load.has(row);
  }

  /** The least loaded first. */
  *rising(): Generator<number> {
    for (let at = 0; at < this.#rows.length; at++) yield this.#rows[at] as number;
  }

  /** The most loaded first, of those with at most this load. */
  *falling(most = Number.POSITIVE_INFINITY): Generator<number> {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.loadOf(this.#rows[middle] as number) > most) high = middle;
      else low = middle + 1;
    }
    for (let at = low - 1; at >= 0; at--) yield this.#rows[at] as number;
  }

  /** As it was when it was last brought up. */
  loadOf(row: number): number {
    return this.#load.get(row) ?? 0;
  }

  /** Takes over what the account says of a node by now. */
  bringUp(row: number): void {
    if (!this.#load.has(row)) return;
    this.#rows.splice(this.#placeOf(row), 1);
    this.#load.set(row, this.#ledger.load(row, 0, 0));
    this.#rows.splice(this.#placeOf(row), 0, row);
  }

  remove(row: number): void {
    if (!this.#load.has(row)) return;
    this.#rows.splice(this.#placeOf(row), 1);
    this.#load.delete(row);
  }

  /** Where it stands, or would stand. */
  #placeOf(row: number): number {
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#order(this.#rows[middle] as number, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #order(a: number, b: number): number {
    return this.loadOf(a) - this.loadOf(b) || this.#lot(a) - this.#lot(b) || a - b;
  }

  #lot(row: number): number {
    return scatter(this.#ledger.nameOf(row) ^ this.#seed);
  }
}
