/** Entries that a new table has room for. */
const INITIAL_ROWS = 1024;
/** Words of a UUID: 128 bits. */
const WORDS = 4;
/** Length of a UUID as text. */
const LENGTH = 36;

/**
 * Gives each UUID a number, counted from 0 in the order in which they came. Ids stand as 16 bytes in typed arrays, found by open addressing: a
 * million of them cost the garbage collector nothing, where as many texts in a map cost it a hundred megabytes to look through.
 */
export class UuidTable {
  #words = new Uint32Array(INITIAL_ROWS * WORDS);
  /** Row + 1 by slot; 0 is free. Twice as many slots as rows at least. */
  #slots = new Uint32Array(INITIAL_ROWS * 2);
  #size = 0;
  /** The id that is looked for. */
  readonly #sought = new Uint32Array(WORDS);

  get size(): number {
    return this.#size;
  }

  /** Whether a text, from a place on, is one that this table can hold: a UUID in small letters. */
  static holds(text: string, from = 0): boolean {
    if (text.length !== from + LENGTH) return false;
    for (let at = 0; at < LENGTH; at++) {
      const code = text.charCodeAt(from + at);
      const isHex = (code >= ZERO && code <= NINE) || (code >= LETTERS && code <= LAST_LETTER);
      if (isHex === (at === 8 || at === 13 || at === 18 || at === 23)) return false;
      if (!isHex && code !== DASH) return false;
    }
    return true;
  }

  /** The row of an id; -1 where it never came. @param from where the id begins in the text */
  find(text: string, from = 0): number {
    this.#parse(text, from);
    return (this.#slots[this.#slotOf()] ?? 0) - 1;
  }

  /** The row of an id, a new one where it never came. */
  add(text: string, from = 0): number {
    this.#parse(text, from);
    const slot = this.#slotOf();
    const known = this.#slots[slot] ?? 0;
    if (known !== 0) return known - 1;
    const row = this.#size++;
    if (this.#words.length < this.#size * WORDS) this.#words = doubled(this.#words);
    this.#words.set(this.#sought, row * WORDS);
    this.#slots[slot] = row + 1;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    return row;
  }

  idOf(row: number): string {
    let hex = '';
    for (let word = 0; word < WORDS; word++) hex += (this.#words[row * WORDS + word] ?? 0).toString(16).padStart(8, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  #parse(text: string, from: number): void {
    let at = from;
    for (let word = 0; word < WORDS; word++) {
      let value = 0;
      for (let digit = 0; digit < 8; ) {
        const code = text.charCodeAt(at++);
        if (code === DASH) continue;
        value = (value << 4) | (code < LETTERS ? code - ZERO : code - TEN);
        digit++;
      }
      this.#sought[word] = value >>> 0;
    }
  }

  /** Where the sought id stands, or would. */
  #slotOf(): number {
    const [a = 0, b = 0, c = 0, d = 0] = [this.#sought[0], this.#sought[1], this.#sought[2], this.#sought[3]];
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(a, b, c, d) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) return slot;
      const at = row * WORDS;
      if (this.#words[at] === a && this.#words[at + 1] === b && this.#words[at + 2] === c && this.#words[at + 3] === d) return slot;
    }
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    this.#fill();
  }

  #fill(): void {
    for (let row = 0; row < this.#size; row++) {
      this.#sought.set(this.#words.subarray(row * WORDS, (row + 1) * WORDS));
      this.#slots[this.#slotOf()] = row + 1;
    }
  }
}

const ZERO = 0x30;
const NINE = 0x39;
const DASH = 0x2d;
/** Codes from here on are letters. */
const LETTERS = 0x61;
const LAST_LETTER = 0x66;
const TEN = LETTERS - 10;

/** Ids made by a counter differ in few bits, so all of them are mixed by multiplying and shifting. */
const hashOf = (a: number, b: number, c: number, d: number): number => {
  let mixed = Math.imul(a ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f), 0x9e3779b1);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) >>> 0;
};

const doubled = (words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  const larger = new Uint32Array(words.length * 2);
  larger.set(words);
  return larger;
};
