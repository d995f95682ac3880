/** Rows in the order in which something about them changed. Each reader goes on from where it was, at its own time. */
export class ChangeLog {
  #rows: number[] = [];
  #start = 0;

  /** Where the next change will stand. */
  get end(): number {
    return this.#start + this.#rows.length;
  }

  note(row: number): void {
    this.#rows.push(row);
    if (this.#rows.length < KEPT * 2) return;
    this.#rows = this.#rows.slice(KEPT);
    this.#start += KEPT;
  }

  /** Whether all that came from a place on is still here. */
  reaches(place: number): boolean {
    return place >= this.#start;
  }

  at(place: number): number {
    return this.#rows[place - this.#start] as number;
  }
}

/** Changes that are kept at least; a reader that is farther behind looks at everything anew, which costs it no more. */
const KEPT = 16_384;
