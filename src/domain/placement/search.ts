import type { PolicyName } from '../app/definition/policyName.ts';
import { CPUS, DISK, GPUS, MEM } from './amounts.ts';
import { FILTERS, type Filter, type FilterName, firstFailing } from './filters.ts';
import { scatter } from './freeIndex.ts';
import type { Holding } from './holdings.ts';
import { Learnt, type Nowhere, placeOf } from './learnt.ts';
import type { Ledger, Relief } from './ledger.ts';
import { Lookout } from './lookout.ts';
import type { Funnel, Placement, Unplaceable } from './outcome.ts';
import { Nearby } from './policies/near.ts';
import type { Related } from './policies/relations.ts';
import { scoreFor } from './policies/weighed.ts';
import { unmetOf } from './policies/wishes.ts';
import { type Need, needOf, type PlacementRequest } from './request.ts';
import type { Score } from './scores.ts';
import { isWithinQuota, quota } from './tenancyFilters.ts';

export type SearchOptions = {
  /** In place of what the app and the cluster say. */
  readonly score?: Score;
  /** How the cluster chooses where an app does not say it. */
  readonly policy?: PolicyName;
  /** One more filter, behind all others. */
  readonly also?: Filter;
  /** Feasible nodes compared per instance. A search without a find has always seen every node. */
  readonly sample?: number;
};

/** Feasible nodes compared per instance, unless told otherwise. */
export const SAMPLE = 14;

/** Feasible nodes compared per instance of an app whose wishes none of them meets. */
export const WISHED_MAX = 1024;

/**
 * The search for places of one class: instances that ask for the same. It remembers what it learnt about nodes from batch to batch, and
 * what it learnt of one node until something is given back there.
 */
export class Search {
  readonly need: Need;
  readonly #ledger: Ledger;
  readonly #score: Score;
  readonly #sample: number;
  readonly #also: Filter | undefined;
  readonly #holding: Holding;
  /** Filters that are asked node by node, and their places. */
  #filters: readonly Filter[] = [];
  #places: readonly number[] = [];
  #recovering: readonly Filter[] = [];
  #learnt: Learnt;
  #lookout: Lookout;
  /** Whom others are kept apart from may change while a class goes on. */
  #keepers: readonly Related[];
  readonly #nearby: Nearby;
  /** Of an app with wishes: rows that were looked at before all others. */
  readonly #seen = new Set<number>();
  /** The last time that its role was to have no more, as long as that stands. */
  #beyond: Unplaceable['unplaceable'] | undefined;
  /** The last time that not all of some found a place. */
  #gang: (Nowhere & { readonly together: number }) | undefined;
  /** Nodes turned away one by one in the last look, by the place of the filter. */
  readonly #turned = new Int32Array(FILTERS.length + 1);
  #excluded: Funnel['excluded'] = {};
  #excludedBy: Readonly<{ base: Funnel['excluded']; turned: Int32Array }> | undefined;
  // What the last look found.
  #row = -1;
  #lowest = 0;
  #lot = -1;
  #considered = 0;
  #feasible = 0;
  /** Those among them that meet as much of the wishes as their level can. */
  #met = 0;

  constructor(ledger: Ledger, request: PlacementRequest, { score, policy, also, sample = SAMPLE }: SearchOptions = {}) {
    // Whoever brings a score of his own brings his own wishes.
    this.need = score === undefined ? needOf(request) : { ...needOf(request), wishes: [] };
    this.#ledger = ledger;
    this.#score = score ?? scoreFor(this.need, policy);
    this.#sample = sample;
    this.#also = also;
    this.#holding = ledger.holdingOf(request);
    this.#nearby = new Nearby(ledger, this.need);
    this.#keepers = ledger.keepers.against(request.app);
    this.#filters = this.#filtersNow();
    this.#places = this.#filters.map(placeOf);
    this.#recovering = this.#filters.filter(({ mayRecover }) => mayRecover === true);
    this.#learnt = this.#learntNow();
    this.#lookout = new Lookout(ledger, this.need, this.#score.fullestFirst === true);
  }

  #filtersNow(): readonly Filter[] {
    const asked = FILTERS.filter(({ applies }) => applies?.(this.need, this.#ledger) !== false);
    return this.#also === undefined ? asked : [...asked, this.#also];
  }

  #learntNow(): Learnt {
    const isShared = this.#also === undefined && this.#recovering.length === 0;
    return isShared ? this.#ledger.shared.learnt(this.need) : new Learnt(this.#ledger);
  }

  /** Whether others have come to be kept apart from it, or no longer are, since it last looked. */
  get isOutdated(): boolean {
    return this.#ledger.keepers.against(this.need.request.app) !== this.#keepers;
  }

  /** Begins anew where somebody's rule has come to mean the app, or no longer does. */
  #keepUp(): void {
    if (!this.isOutdated) return;
    this.#keepers = this.#ledger.keepers.against(this.need.request.app);
    this.#filters = this.#filtersNow();
    this.#places = this.#filters.map(placeOf);
    this.#recovering = this.#filters.filter(({ mayRecover }) => mayRecover === true);
    this.#learnt = this.#learntNow();
    this.#lookout = new Lookout(this.#ledger, this.need, this.#score.fullestFirst === true);
    this.#gang = undefined;
  }

  /**
   * Places instances one after the other, and reserves in the ledger what each gets. One that holds something already keeps its place.
   * When one finds no node, neither do the ones after it: they share its explanation.
   * @param seed where the search begins; the caller counts it up, so that ties fall differently without dice
   * @param allOrNone where one finds no node, none is placed
   */
  place(instances: readonly string[], seed: number, allOrNone = false): readonly (Placement | Unplaceable)[] {
    let nowhere = this.mayFit(allOrNone ? instances.length : 0)
      ? undefined
      : (this.#beyond ?? (allOrNone ? this.#gang?.unplaceable : undefined) ?? this.#nowhereStill());
    const placed: string[] = [];
    const outcomes = instances.map((instance, nth): Placement | Unplaceable => {
      if (this.#ledger.holds(instance)) return this.#kept(instance);
      if (nowhere === undefined && !isWithinQuota(this.#ledger, this.need)) {
        this.#beyond = this.#whyNowhere();
        nowhere = this.#beyond;
      }
      if (nowhere === undefined && this.#look(seed + nth)) {
        if (allOrNone) placed.push(instance);
        return this.#take(instance);
      }
      nowhere ??= this.#remember();
      return { instance, unplaceable: nowhere };
    });
    if (!allOrNone || nowhere === undefined) return outcomes;
    for (const instance of placed) this.#ledger.remove(instance);
    const unplaceable = { ...nowhere, fitting: placed.length };
    this.#gang = { ...this.#nowhereNow(unplaceable), together: instances.length };
    return instances.map((instance) => (this.#ledger.holds(instance) ? this.#kept(instance) : { instance, unplaceable }));
  }

  /**
   * Whether there may be a place by now: false while nothing changed that could help since none was found.
   * @param together how many are to be placed all or none
   * @param relief what was given back lately, found out once for all who ask
   */
  mayFit(together = 0, relief?: Relief): boolean {
    this.#keepUp();
    if (isWithinQuota(this.#ledger, this.need)) this.#beyond = undefined;
    else if (this.#beyond !== undefined) return false;
    const gang = this.#gang;
    const gangMayFit = together === 0 || gang === undefined || together < gang.together || this.#mayBeOver(gang, relief);
    return gangMayFit && (this.#learnt.nowhere === undefined || this.#mayBeOver(this.#learnt.nowhere, relief));
  }

  /** What it remembers: the same object for all searches that remember the same. */
  get memory(): object {
    return this.#learnt;
  }

  /** Whether a placement of others may help it. */
  get awaitsOthers(): boolean {
    return this.#recovering.some(({ stamps, awaitsOthers }) => stamps === undefined || awaitsOthers === true);
  }

  /** Why there was no place the last time, as long as that stands. */
  get nowhere(): Unplaceable['unplaceable'] | undefined {
    return this.#beyond ?? this.#learnt.nowhere?.unplaceable;
  }

  #mayBeOver(nowhere: Nowhere, relief: Relief | undefined): boolean {
    const { grown } = this.#ledger;
    // What is not a number is not even the same as itself.
    if (!grown.reaches(nowhere.grown)) return true;
    if (this.#recovering.length > 0 && this.#stamps().some((stamp, nth) => stamp !== nowhere.stamps[nth])) return true;
    if (relief !== undefined && nowhere.grown >= relief.since && !this.#mayRelieve(relief)) nowhere.grown = relief.until;
    for (const { end } = grown; nowhere.grown < end; nowhere.grown++) {
      const row = grown.at(nowhere.grown);
      if (this.#ledger.isThere(row) && firstFailing(this.#ledger, row, this.need, this.#also) === undefined) return true;
    }
    return false;
  }

  #mayRelieve({ most }: Relief): boolean {
    for (const name of AMOUNT_NAMES) if (this.need[name] > 0 && this.need[name] > (most[COLUMNS[name]] as number)) return false;
    return true;
  }

  #stamps(): readonly number[] {
    return this.#recovering.flatMap(({ stamps }) => stamps?.(this.#ledger, this.need) ?? [Number.NaN]);
  }

  #kept(instance: string): Placement {
    const { node = '', ports: hostPorts = [] } = this.#ledger.reservation(instance) ?? {};
    return { instance, node, hostPorts, explanation: { considered: 0, excluded: {}, score: 0 } };
  }

  #take(instance: string): Placement {
    const row = this.#row;
    const { hostPorts: wishes } = this.need.request;
    const hostPorts = wishes.length === 0 ? wishes : this.#ledger.ports(row).choose(wishes, this.#ledger.fixedPorts);
    this.#ledger.reserve(instance, row, this.#holding, hostPorts);
    const explanation = { considered: this.#considered, excluded: this.#excludedNow(), score: this.#lowest };
    return { instance, node: this.#ledger.at(row).id, hostPorts, explanation };
  }

  /** Compares enough nodes that would do; false where there is none, and then all have been seen. */
  #look(seed: number): boolean {
    const lookout = this.#lookout;
    lookout.begin();
    this.#turned.fill(0);
    this.#row = -1;
    this.#feasible = 0;
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#considered = lookout.outside;
    this.#met = 0;
    this.#seen.clear();
    const { index } = lookout.candidates;
    const near = this.#nearby.find(lookout.field);
    if (near !== undefined) {
      const rows = near.rows.filter((row) => index.has(row) && !lookout.isOut(row));
      if (near.only) return this.#lookAtOnly(rows, seed);
      this.#lookAt(rows, seed);
      if (this.#met > 0) return true;
      for (const row of rows) this.#seen.add(row);
    }
    const [first, last, step] = lookout.buckets;
    for (let lanes = lookout.nextLevel(); lanes.length > 0 && this.#goesOn(lookout.level); lanes = lookout.nextLevel())
      for (let bucket = first; bucket !== last + step; bucket += step) {
        if (index.inBucket(bucket) === 0) continue;
        const from = lanes.length === 1 ? 0 : scatter(seed) % lanes.length;
        for (let nth = 0; nth < lanes.length; nth++) {
          const lane = lanes[(from + nth) % lanes.length] as number;
          if (this.#lookAt(index.rows(lane, bucket), seed)) return true;
        }
      }
    return this.#feasible > 0;
  }

  /** Whether enough have been found. */
  #lookAt(rows: readonly number[], seed: number): boolean {
    const { length } = rows;
    let place = length < 2 ? 0 : scatter(seed) % length;
    for (let step = 0; step < length; step++) {
      const row = rows[place] as number;
      place = place + 1 === length ? 0 : place + 1;
      if (this.#seen.size > 0 && this.#seen.has(row)) continue;
      this.#considered++;
      const failing = this.#failing(row);
      if (failing !== -1) {
        this.#turned[failing] = (this.#turned[failing] as number) + 1;
        continue;
      }
      const value = this.#score(this.#ledger, row, this.need);
      if (value < this.#lowest || this.#row === -1) {
        this.#lowest = value;
        this.#row = row;
        this.#lot = -1;
      } else if (value === this.#lowest) this.#drawLots(row, seed);
      this.#feasible++;
      if (this.#isEnough(row, value)) return true;
    }
    return false;
  }

  /** Of an app with wishes only those count that meet as much as any of their level could; of others there is an end as well. */
  #isEnough(row: number, value: number): boolean {
    if (this.need.wishes.length === 0) return this.#feasible >= this.#sample;
    const { level } = this.#lookout;
    if (value < level + 1 && unmetOf(this.#ledger, row, this.need) <= level + TINY) this.#met++;
    return this.#met >= this.#sample || this.#feasible >= WISHED_MAX;
  }

  /** Whether nodes of a level are worth a look: of an app with wishes while they may be better than the best so far. */
  #goesOn(level: number): boolean {
    return this.#feasible === 0 || (this.need.wishes.length > 0 && level < this.#lowest);
  }

  /** The others that are not out for another reason have nobody beside them, all at once. */
  #lookAtOnly(rows: readonly number[], seed: number): boolean {
    const others = this.#ledger.size - this.#lookout.outside - rows.length;
    this.#considered += others;
    this.#turned[AFFINITY] = (this.#turned[AFFINITY] as number) + others;
    this.#lookAt(rows, seed);
    return this.#feasible > 0;
  }

  /** Of equals the same one is taken by whoever asks with the same seed, in whatever order they are looked at. */
  #drawLots(row: number, seed: number): void {
    if (this.#lot === -1) this.#lot = scatter(this.#ledger.nameOf(this.#row) ^ scatter(seed));
    const lot = scatter(this.#ledger.nameOf(row) ^ scatter(seed));
    if (lot >= this.#lot) return;
    this.#lot = lot;
    this.#row = row;
  }

  /** The place of a filter that a candidate fails: the one that is remembered, or the first. −1 where it would do. */
  #failing(row: number): number {
    const known = this.#learnt.failing(row);
    if (known !== -1) return known;
    for (let nth = 0; nth < this.#filters.length; nth++) {
      const filter = this.#filters[nth] as Filter;
      if (filter.passes(this.#ledger, row, this.need)) continue;
      const place = this.#places[nth] as number;
      if (filter.mayRecover !== true) this.#learnt.note(row, place);
      return place;
    }
    return -1;
  }

  /** The same object as long as the counts are the same. */
  #excludedNow(): Funnel['excluded'] {
    const base = this.#lookout.excluded();
    const turned = this.#turned;
    const known = this.#excludedBy;
    if (known !== undefined && known.base === base && turned.every((count, place) => known.turned[place] === count)) return this.#excluded;
    this.#excludedBy = { base, turned: turned.slice() };
    const counts: Partial<Record<FilterName, number>> = { ...base };
    turned.forEach((count, place) => {
      const name = (FILTERS[place] ?? this.#also)?.name;
      if (count > 0 && name !== undefined) counts[name] = (counts[name] ?? 0) + count;
    });
    this.#excluded = counts;
    return counts;
  }

  /** Still no place, and why by now: whoever is told is told how it stands. */
  #nowhereStill(): Unplaceable['unplaceable'] | undefined {
    const { nowhere } = this.#learnt;
    if (nowhere === undefined || nowhere.moved === this.#ledger.moved.end) return nowhere?.unplaceable;
    return this.#remember();
  }

  #remember(): Unplaceable['unplaceable'] {
    const unplaceable = this.#whyNowhere();
    this.#learnt.nowhere = this.#nowhereNow(unplaceable);
    return unplaceable;
  }

  #nowhereNow(unplaceable: Unplaceable['unplaceable']): Nowhere {
    return { unplaceable, grown: this.#ledger.grown.end, stamps: this.#stamps(), moved: this.#ledger.moved.end };
  }

  /** Every node through the whole funnel, full ones too. */
  #whyNowhere(): Unplaceable['unplaceable'] {
    const { candidates } = this.#lookout;
    const excluded: Partial<Record<FilterName, number>> = { ...candidates.excluded };
    const missing: Partial<Record<keyof typeof COLUMNS, number>> = {};
    for (const row of candidates.rows()) {
      const place = this.#failing(row);
      const name = place === -1 ? quota.name : (FILTERS[place] ?? this.#also)?.name;
      if (name === undefined) continue;
      excluded[name] = (excluded[name] ?? 0) + 1;
      if (name === 'cpus' || name === 'mem' || name === 'disk' || name === 'gpus')
        missing[name] = Math.min(
          missing[name] ?? Number.POSITIVE_INFINITY,
          (this.need[name] - this.#ledger.free(row, COLUMNS[name])) / 1000,
        );
    }
    return { considered: this.#ledger.size, excluded, missing };
  }
}

const AFFINITY = FILTERS.findIndex(({ name }) => name === 'affinity');
/** Sums of shares of weights are as exact as this. */
const TINY = 1e-9;

const COLUMNS = { cpus: CPUS, mem: MEM, disk: DISK, gpus: GPUS } as const;
const AMOUNT_NAMES = ['cpus', 'mem', 'disk', 'gpus'] as const;
