import type { Recorded } from '../domain/kernel/recorded.ts';
import type { RosterRow } from '../domain/ports/views.ts';
import { UuidTable } from './uuidTable.ts';

/** Numbers kept per row: revision, position, due. */
const NUMBERS = 3;
/** Words kept per row, by their place in `words`: chart, state, owes. */
const WORDS = 3;
const INITIAL_ROWS = 1024;
/** Words that there may be: they are kept in 16 bits. */
const WORDS_MAX = 65_536;

type Put = Omit<RosterRow, 'due'> & { readonly due: number | undefined };

/** Rows of the roster whose streams are named by UUIDs: 50 bytes each, and none for the garbage collector to look at. */
export class RosterColumns {
  readonly #ids = new UuidTable();
  #numbers = new Float64Array(INITIAL_ROWS * NUMBERS);
  #named = new Uint16Array(INITIAL_ROWS * WORDS);
  readonly #words: string[] = [];
  readonly #numberOfWord = new Map<string, number>();

  take({ stream, revision, position, meta }: Recorded, from: number): void {
    this.put({ stream, chart: meta.chart ?? '', state: meta.state, owes: meta.owes, revision, position, due: meta.due }, from);
  }

  /** A row as it stands now; its chart is the one that came with it first. */
  put({ stream, chart, state, owes, revision, position, due }: Put, from: number): void {
    const before = this.#ids.size;
    const row = this.#ids.add(stream, from);
    if (row === before) {
      this.#grow();
      this.#named[row * WORDS] = this.#wordOf(chart);
    }
    this.#named[row * WORDS + 1] = this.#wordOf(state);
    this.#named[row * WORDS + 2] = this.#wordOf(owes);
    const at = row * NUMBERS;
    this.#numbers[at] = revision;
    this.#numbers[at + 1] = position;
    this.#numbers[at + 2] = due ?? Number.NaN;
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

  *active(prefix: string): Generator<RosterRow, void> {
    const nothing = this.#numberOfWord.get('');
    for (let row = 0; row < this.#ids.size; row++)
      if (this.#named[row * WORDS + 2] !== nothing || !Number.isNaN(this.#numbers[row * NUMBERS + 2]))
        yield this.#rowOf(row, prefix + this.#ids.idOf(row));
  }

  *kinds(prefix: string): Generator<RosterRow, void> {
    const seen = new Set<number>();
    for (let row = 0; row < this.#ids.size; row++) {
      const at = row * WORDS;
      const named = ((this.#named[at] ?? 0) * WORDS_MAX + (this.#named[at + 1] ?? 0)) * WORDS_MAX + (this.#named[at + 2] ?? 0);
      const kind = named * 2 + Number(Number.isNaN(this.#numbers[row * NUMBERS + 2]));
      if (seen.has(kind)) continue;
      seen.add(kind);
      yield this.#rowOf(row, prefix + this.#ids.idOf(row));
    }
  }

  get size(): number {
    return this.#ids.size;
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
