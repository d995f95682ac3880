import type { Candidates } from './candidates.ts';
import type { FilterName } from './filters.ts';
import { BUCKETS, bucketOf, FULL } from './freeIndex.ts';
import { type Grouping, groupingFor } from './grouping.ts';
import type { Ledger } from './ledger.ts';
import type { Need } from './request.ts';

/** In which order the nodes that may do are looked at for one request: by level of their group, then by how free they are. */
export class Lookout {
  readonly #ledger: Ledger;
  readonly #need: Need;
  readonly #fullestFirst: boolean;
  #candidates: Candidates | undefined;
  #grouping: Grouping | undefined;
  #renewed = -1;
  /** By lane; not a number where it is out, or done. */
  #levels: number[] = [];
  #lanesOut = 0;
  /** Nodes of lanes that are out, by the filter. */
  #out: Partial<Record<FilterName, number>> = {};
  #level = 0;
  #wasAsked = false;

  constructor(ledger: Ledger, need: Need, fullestFirst = false) {
    this.#ledger = ledger;
    this.#need = need;
    this.#fullestFirst = fullestFirst;
  }

  get candidates(): Candidates {
    if (this.#candidates === undefined || this.#renewed !== this.#ledger.renewed) {
      this.#grouping = groupingFor(this.#ledger, this.#need);
      this.#candidates = this.#ledger.shared.candidates(this.#need, this.#grouping?.field);
      this.#renewed = this.#ledger.renewed;
    }
    this.#candidates.bringUp();
    return this.#candidates;
  }

  /** To be called before each look: takes in what has changed. */
  begin(): void {
    const { values, index } = this.candidates;
    this.#lanesOut = 0;
    this.#out = {};
    this.#wasAsked = false;
    this.#level = 0;
    const grouping = this.#grouping;
    if (grouping === undefined) return;
    this.#levels.length = values.length;
    for (let lane = 0; lane < values.length; lane++) {
      const level = grouping.level(this.#ledger, values[lane], this.#need);
      if (typeof level === 'string') {
        const nodes = index.inLane(lane);
        this.#lanesOut += nodes;
        if (nodes > 0) this.#out[level] = (this.#out[level] ?? 0) + nodes;
      }
      this.#levels[lane] = typeof level === 'string' ? Number.NaN : level;
    }
  }

  /** Lanes of the lowest level that has not been asked for yet; none when there is no more. */
  nextLevel(): readonly number[] {
    if (this.#grouping === undefined) {
      if (this.#wasAsked) return NONE;
      this.#wasAsked = true;
      return ONLY;
    }
    let lowest = Number.POSITIVE_INFINITY;
    for (const level of this.#levels) if (level < lowest) lowest = level;
    this.#level = lowest;
    const lanes: number[] = [];
    for (let lane = 0; lane < this.#levels.length; lane++) {
      if (this.#levels[lane] !== lowest) continue;
      this.#levels[lane] = Number.NaN;
      lanes.push(lane);
    }
    return lanes;
  }

  /** Of the lanes that came last; infinite when there were no more. */
  get level(): number {
    return this.#level;
  }

  /** What lanes are made by. */
  get field(): string | undefined {
    return this.#grouping?.field;
  }

  /** Whether a node is in a lane of which all are turned away. To be asked after `begin`. */
  isOut(row: number): boolean {
    const { candidates } = this;
    return this.#grouping !== undefined && typeof this.#levelOf(candidates.laneOf(row)) === 'string';
  }

  #levelOf(lane: number): number | FilterName {
    return this.#grouping?.level(this.#ledger, this.candidates.values[lane], this.#need) ?? 0;
  }

  /** Nodes that are turned away without being looked at one by one. */
  get outside(): number {
    return this.candidates.outside + this.#lanesOut;
  }

  /** By which filters those are; the same object as long as it is the same. */
  excluded(): Readonly<Partial<Record<FilterName, number>>> {
    const { excluded } = this.candidates;
    if (this.#lanesOut === 0 || this.#grouping === undefined) return excluded;
    const all = { ...excluded };
    for (const [name, count] of Object.entries(this.#out)) all[name as FilterName] = (all[name as FilterName] ?? 0) + count;
    return all;
  }

  /** The first bucket, the last, and the step between: those that are too full for it are left out. */
  get buckets(): readonly [first: number, last: number, step: 1 | -1] {
    const { largestCpus, largestMem } = this.candidates;
    const { cpus, mem } = this.#need;
    // Where nothing of one is asked for, it does not matter that there is none left.
    const fullest = cpus > 0 && mem > 0 ? bucketOf(Math.min(cpus / (largestCpus || 1), mem / (largestMem || 1))) : FULL;
    return this.#fullestFirst ? [fullest, 0, -1] : [0, fullest, 1];
  }

  /** When a node is looked at, the lower the sooner: −1 where it is turned away with all that are like it. */
  turnOf(row: number): number {
    const { candidates } = this;
    if (candidates.failing(row) !== undefined) return -1;
    const level = this.#levelOf(candidates.laneOf(row));
    if (typeof level === 'string') return -1;
    const bucket = this.#ledger.bucketOf(row);
    return level * BUCKETS + (this.#fullestFirst ? FULL - bucket : bucket);
  }

  /** Whether a node is too full to be even looked at, unless nobody will do. */
  passesOver(row: number): boolean {
    const [first, last, step] = this.buckets;
    return this.turnOf(row) !== -1 && this.#ledger.bucketOf(row) > (step === 1 ? last : first);
  }
}

/** Nodes of a higher level are looked at only where nobody of the lower ones will do; −1 for those that are turned away together. */
export const levelOf = (turn: number): number => Math.floor(turn / BUCKETS);

const NONE: readonly number[] = [];
const ONLY: readonly number[] = [0];
