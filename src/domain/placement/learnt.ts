import { FILTERS, type Filter } from './filters.ts';
import type { Ledger } from './ledger.ts';
import type { Unplaceable } from './outcome.ts';

/** That no node would do, and up to where that has been looked after since. */
export type Nowhere = {
  readonly unplaceable: Unplaceable['unplaceable'];
  /** The next change of `ledger.grown` to look at. */
  grown: number;
  readonly stamps: readonly number[];
  /** The next change of `ledger.moved` that the explanation knows nothing of. */
  readonly moved: number;
};

/** What equal requests have found out about nodes: which filter turned one away for good, that is until something is given back there. */
export class Learnt {
  readonly #ledger: Ledger;
  #filter: Uint8Array<ArrayBuffer> = NOTHING;
  #growth: Float64Array<ArrayBuffer> = NONE;

  nowhere: Nowhere | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The place of the filter in `FILTERS`, one behind the last for another one; −1 where nothing is known. */
  failing(row: number): number {
    const known = this.#filter[row] ?? 0;
    return known !== 0 && this.#growth[row] === this.#ledger.growthOf(row) ? known - 1 : -1;
  }

  note(row: number, filter: number): void {
    if (row >= this.#filter.length) this.#widen();
    this.#filter[row] = filter + 1;
    this.#growth[row] = this.#ledger.growthOf(row);
  }

  #widen(): void {
    const rows = Math.max(64, this.#ledger.rowsMade * 2);
    const [filter, growth] = [this.#filter, this.#growth];
    this.#filter = new Uint8Array(rows);
    this.#filter.set(filter);
    this.#growth = new Float64Array(rows);
    this.#growth.set(growth);
  }
}

const NOTHING = new Uint8Array(0);
const NONE = new Float64Array(0);

const PLACES = new Map<Filter, number>(FILTERS.map((filter, place) => [filter, place]));
/** Where a filter stands among all; one that is not among them stands behind the last. */
export const placeOf = (filter: Filter): number => PLACES.get(filter) ?? FILTERS.length;
