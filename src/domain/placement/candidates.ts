import { CPUS, MEM } from './amounts.ts';
import { type Filter, type FilterName, failingByItself } from './filters.ts';
import { FreeIndex } from './freeIndex.ts';
import type { Ledger } from './ledger.ts';
import type { Need } from './request.ts';

/**
 * The nodes that may do for all requests which ask the same of a node: those that are of the right kind, role and attributes and take
 * something new, by how free they are, and in lanes by a field's value where one is asked for. The others are counted by what they fail, and
 * never looked at again until they change. Kept up when it is used, from what has changed since.
 */
export class Candidates {
  readonly index = new FreeIndex();
  readonly #ledger: Ledger;
  readonly #need: Need;
  readonly #field: string | undefined;
  readonly #failing: (Filter | undefined)[] = [];
  readonly #lanes = new Map<string | undefined, number>();
  readonly #values: (string | undefined)[] = [];
  #turnedAway: Partial<Record<FilterName, number>> = {};
  #place = -1;
  /** Nodes that are out by what they are, and their number by the first filter that they fail. A new object after each change. */
  outside = 0;
  excluded: Readonly<Partial<Record<FilterName, number>>> = {};
  /** The largest there are, in thousandths: nodes with less than the same share of these free can't hold an amount. They never shrink. */
  largestCpus = 0;
  largestMem = 0;

  constructor(ledger: Ledger, need: Need, field: string | undefined) {
    this.#ledger = ledger;
    this.#need = need;
    this.#field = field;
  }

  /** The value of each lane. */
  get values(): readonly (string | undefined)[] {
    return this.#values;
  }

  laneOf(row: number): number {
    return this.#field === undefined ? 0 : (this.#lanes.get(this.#ledger.valueOf(row, this.#field)) ?? 0);
  }

  /** What turns a node away whatever is taken there. */
  failing(row: number): Filter | undefined {
    return this.#failing[row];
  }

  *rows(): Generator<number> {
    for (let row = 0; row < this.#ledger.rowsMade; row++) if (this.index.has(row)) yield row;
  }

  bringUp(): void {
    const log = this.#ledger.moved;
    const { end } = log;
    if (this.#place === end) return;
    if (this.#place < 0 || !log.reaches(this.#place) || end - this.#place > this.#ledger.rowsMade) {
      const isNew = this.#place < 0 || !log.reaches(this.#place);
      for (let row = 0; row < this.#ledger.rowsMade; row++) isNew ? this.#judge(row) : this.#move(row);
      if (!isNew) for (let at = this.#place; at < end; at++) this.#judgeIfRenewed(log.at(at));
    } else for (let at = this.#place; at < end; at++) this.#follow(log.at(at));
    this.#place = end;
  }

  #follow(change: number): void {
    if (change < 0) this.#judge(~change);
    else this.#move(change);
  }

  #judgeIfRenewed(change: number): void {
    if (change < 0) this.#judge(~change);
  }

  #move(row: number): void {
    if (this.index.has(row)) this.index.set(row, this.#ledger.bucketOf(row), this.laneOf(row));
  }

  #judge(row: number): void {
    const before = this.#failing[row];
    if (before !== undefined) this.#countOut(before.name, -1);
    this.#failing[row] = undefined;
    this.index.remove(row);
    if (!this.#ledger.isThere(row)) return;
    const failing = failingByItself(this.#ledger, row, this.#need);
    if (failing !== undefined) {
      this.#failing[row] = failing;
      this.#countOut(failing.name, 1);
      return;
    }
    this.largestCpus = Math.max(this.largestCpus, this.#ledger.capacity(row, CPUS));
    this.largestMem = Math.max(this.largestMem, this.#ledger.capacity(row, MEM));
    this.index.set(row, this.#ledger.bucketOf(row), this.#lane(row));
  }

  #lane(row: number): number {
    if (this.#field === undefined) return 0;
    const value = this.#ledger.valueOf(row, this.#field);
    let lane = this.#lanes.get(value);
    if (lane === undefined) {
      lane = this.#values.length;
      this.#lanes.set(value, lane);
      this.#values.push(value);
    }
    return lane;
  }

  #countOut(name: FilterName, by: 1 | -1): void {
    const { [name]: known = 0, ...others } = this.#turnedAway;
    this.#turnedAway = known + by === 0 ? others : { ...this.#turnedAway, [name]: known + by };
    this.excluded = this.#turnedAway;
    this.outside += by;
  }
}
