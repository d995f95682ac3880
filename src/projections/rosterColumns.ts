import type { Recorded } from '../domain/kernel/recorded.ts';
import type { RosterRow } from '../domain/ports/views.ts';
import { UuidTable } from './uuidTable.ts';

/** Numbers kept per row: revision, position, due. */
const NUMBERS = 3;
/** Words kept per row, by their place in `words`: chart, state, owes. */
const WORDS = 3;
const INITIAL_ROWS = 1024;

/** Rows of the roster whose streams are named by UUIDs: 50 bytes each, and none for the garbage collector to look at. */
export class RosterColumns {
  #ids = new UuidTable();
  #numbers = new Float64Array(INITIAL_ROWS * NUMBERS);
  #named = new Uint16Array(INITIAL_ROWS * WORDS);
  readonly #words: string[] = [];
  readonly #numberOfWord = new Map<string, number>();

  take({ stream, revision, position, meta }: Recorded, from: number): void {
    const before = this.#ids.size;
    const row = this.#ids.add(stream, from);
    if (row === before) {
      this.#grow();
      this.#named[row * WORDS] = this.#wordOf(meta.chart ?? '');
    }
    this.#named[row * WORDS + 1] = this.#wordOf(meta.state);
    this.#named[row * WORDS + 2] = this.#wordOf(meta.owes);
    const at = row * NUMBERS;
    this.#numbers[at] = revision;
    this.#numbers[at + 1] = position;
    this.#numbers[at + 2] = meta.due ?? Number.NaN;
  }

  has(stream: string, from: number): boolean {
    return this.#ids.find(stream, from) >= 0;
  }

  get(stream: string, prefix: string): RosterRow | undefined {
    const row = this.#ids.find(stream, prefix.length);
    return row < 0 ? undefined : this.#rowOf(row, stream);
  }

  *all(prefix: string): Generator<RosterRow, void> {
    for (let row = 0; row < this.#ids.size; row++) yield this.#rowOf(row, prefix + this.#ids.idOf(row));
  }

  /** As plain data that can be copied, written and moved between threads. */
  dump(): RosterColumnsDump {
    const { size } = this.#ids;
    return {
      ids: this.#ids.dump(),
      numbers: this.#numbers.slice(0, size * NUMBERS),
      named: this.#named.slice(0, size * WORDS),
      words: [...this.#words],
    };
  }

  static from({ ids, numbers, named, words }: RosterColumnsDump): RosterColumns {
    const columns = new RosterColumns();
    columns.#ids = UuidTable.from(ids);
    columns.#numbers = new Float64Array(Math.max(numbers.length, INITIAL_ROWS * NUMBERS));
    columns.#numbers.set(numbers);
    columns.#named = new Uint16Array(Math.max(named.length, INITIAL_ROWS * WORDS));
    columns.#named.set(named);
    for (const word of words) columns.#wordOf(word);
    return columns;
  }

  #rowOf(row: number, stream: string): RosterRow {
    const at = row * NUMBERS;
    const due = this.#numbers[at + 2] as number;
    const word = (nth: number): string => this.#words[this.#named[row * WORDS + nth] ?? 0] ?? '';
    return {
      stream,
      chart: word(0),
      state: word(1),
      owes: word(2),
      revision: this.#numbers[at] as number,
      position: this.#numbers[at + 1] as number,
      ...(!Number.isNaN(due) && { due }),
    };
  }

  #wordOf(text: string): number {
    let word = this.#numberOfWord.get(text);
    if (word === undefined) {
      word = this.#words.push(text) - 1;
      this.#numberOfWord.set(text, word);
    }
    return word;
  }

  #grow(): void {
    const { size } = this.#ids;
    if (this.#numbers.length < size * NUMBERS) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    if (this.#named.length < size * WORDS) {
      const larger = new Uint16Array(this.#named.length * 2);
      larger.set(this.#named);
      this.#named = larger;
    }
  }
}

export type RosterColumnsDump = {
  readonly ids: { readonly words: Uint32Array; readonly size: number };
  readonly numbers: Float64Array;
  readonly named: Uint16Array;
  readonly words: readonly string[];
};
