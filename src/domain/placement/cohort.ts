import type { ValueCounts } from './constraints.ts';

/** Instances that are counted together: how many on each node, and per value of each field that a constraint has asked for. */
export class Cohort {
  readonly #perRow = new Map<number, number>();
  readonly #fields = new Map<string, Map<string | undefined, number>>();
  readonly #fieldValue: (row: number, field: string) => string | undefined;
  size = 0;

  constructor(fieldValue: (row: number, field: string) => string | undefined) {
    this.#fieldValue = fieldValue;
  }

  onRow(row: number): number {
    return this.#perRow.get(row) ?? 0;
  }

  /** Where they are, in no order. */
  rows(): Iterable<number> {
    return this.#perRow.keys();
  }

  /** Counted from the rows on first use, kept up from then on. */
  values(field: string): ValueCounts {
    let counts = this.#fields.get(field);
    if (counts === undefined) {
      counts = new Map();
      for (const [row, count] of this.#perRow) bump(counts, this.#fieldValue(row, field), count);
      this.#fields.set(field, counts);
    }
    return counts;
  }

  count(row: number, by: 1 | -1): void {
    bump(this.#perRow, row, by);
    for (const [field, counts] of this.#fields) bump(counts, this.#fieldValue(row, field), by);
    this.size += by;
  }

  forgetFields(): void {
    this.#fields.clear();
  }
}

const bump = <K>(counts: Map<K, number>, key: K, by: number): void => {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
};
