import { Tally, type ValueCounts } from './tally.ts';

/** Instances that are counted together: how many on each node, and per value of each field that has been asked for. */
export class Cohort {
  readonly #perRow = new Map<number, number>();
  readonly #fields = new Map<string, Tally>();
  readonly #fieldValue: (row: number, field: string) => string | undefined;
  size = 0;
  /** Two numbers that grow with each instance that came, and with each that went. */
  came = 0;
  went = 0;

  constructor(fieldValue: (row: number, field: string) => string | undefined) {
    this.#fieldValue = fieldValue;
  }

  onRow(row: number): number {
    return this.#perRow.get(row) ?? 0;
  }

  /** The nodes that have at least one, each with how many. */
  rows(): Iterable<[row: number, count: number]> {
    return this.#perRow.entries();
  }

  /** Counted from the rows on first use, kept up from then on. */
  values(field: string): ValueCounts {
    let tally = this.#fields.get(field);
    if (tally === undefined) {
      tally = new Tally();
      this.#fields.set(field, tally);
      for (const [row, count] of this.#perRow) tally.count(this.#fieldValue(row, field), count);
    }
    return tally;
  }

  count(row: number, by: number): void {
    const count = (this.#perRow.get(row) ?? 0) + by;
    if (count === 0) this.#perRow.delete(row);
    else this.#perRow.set(row, count);
    if (this.#fields.size > 0) for (const [field, tally] of this.#fields) tally.count(this.#fieldValue(row, field), by);
    this.size += by;
    if (by > 0) this.came += by;
    else this.went -= by;
  }

  forgetFields(): void {
    this.#fields.clear();
  }
}
