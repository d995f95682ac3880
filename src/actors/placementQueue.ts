import type { AppDefinition } from '../domain/app/definition/definition.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { Funnel } from '../domain/placement/outcome.ts';
import type { Search } from '../domain/placement/search.ts';
import type { Debt } from './performer.ts';

/** Placements of one class that are served before the next class has its turn, so that nobody waits for ten thousand of another. */
export const SLICE_MAX = 100;
/** Classes that ask for nothing now whose search is kept for the next time. */
const IDLE_MAX = 1000;

/** Instances that ask for the same: those of one version of an app. */
export class PlacementClass {
  readonly app: string;
  readonly version: string;
  readonly definition: AppDefinition;
  readonly search: Search;
  /** Of whom nothing is said yet, and who know that there is no place for them; the longest waiting first. */
  readonly fresh = new Map<StreamName, Debt>();
  readonly waiting = new Map<StreamName, Debt>();
  /** What those who wait were told last. */
  told: Funnel | undefined;

  constructor(app: string, version: string, definition: AppDefinition, search: Search) {
    this.app = app;
    this.version = version;
    this.definition = definition;
    this.search = search;
  }

  get pending(): number {
    return this.fresh.size + this.waiting.size;
  }
}

/** The class of a version: the known one where that is still right. Undefined where nobody knows what the version is made of. */
export type MakeClass = (app: string, version: string, known?: PlacementClass) => PlacementClass | undefined;

/** Which class is served next; those that waited longest for their turn stand first. */
export type NextClass = (active: Iterable<PlacementClass>) => PlacementClass | undefined;

const inTurn: NextClass = (active) => active[Symbol.iterator]().next().value;

/**
 * Who asks for a place, by class. Active classes are served in turn, a slice each. One for which there is no place sleeps until something
 * changed that could help it: ten thousand that wait cost no more than asking each class's search whether that is so.
 */
export class PlacementQueue {
  readonly #classes = new Map<string, PlacementClass>();
  readonly #active = new Set<PlacementClass>();
  readonly #asleep = new Set<PlacementClass>();
  readonly #idle = new Set<PlacementClass>();
  readonly #make: MakeClass;
  readonly #next: NextClass;
  #size = 0;
  #awaiting = 0;

  constructor(make: MakeClass, next: NextClass = inTurn) {
    this.#make = make;
    this.#next = next;
  }

  /** Instances that wait for a place or for their turn. */
  get size(): number {
    return this.#size;
  }

  get sleeping(): number {
    return this.#asleep.size;
  }

  /** Of those the ones that a placement of others may help. */
  get awaiting(): number {
    return this.#awaiting;
  }

  get isActive(): boolean {
    return this.#active.size > 0;
  }

  add(debt: Debt): void {
    const known = this.#classOf(debt) ?? this.#remake(debt);
    if (known === undefined) return;
    this.#size -= known.pending;
    known.waiting.delete(debt.stream);
    known.fresh.set(debt.stream, debt);
    this.#size += known.pending;
    this.#rouse(known);
    this.#idle.delete(known);
    this.#active.add(known);
  }

  remove(debt: Debt): void {
    const known = this.#classOf(debt);
    if (known === undefined || !(known.fresh.delete(debt.stream) || known.waiting.delete(debt.stream))) return;
    this.#size--;
    this.#settle(known);
  }

  /** The class whose turn it is. The caller says `served` when it has done with it. */
  next(): PlacementClass | undefined {
    const next = this.#next(this.#active);
    if (next === undefined) return undefined;
    // What it asks for may have changed in between, as the number of instances does.
    const made = this.#make(next.app, next.version, next);
    return made === undefined || made === next ? next : this.#replace(next, made);
  }

  /** One of the class has its place. */
  placed({ fresh, waiting }: PlacementClass, stream: StreamName): void {
    if (fresh.delete(stream) || waiting.delete(stream)) this.#size--;
  }

  /** One of the class knows that there is none. */
  deferred({ fresh, waiting }: PlacementClass, debt: Debt): void {
    if (fresh.delete(debt.stream)) waiting.set(debt.stream, debt);
  }

  /** Its slice is done: it goes behind the others, or sleeps where there is no place for it. */
  served(served: PlacementClass, isNowhere: boolean): void {
    this.#active.delete(served);
    if (served.pending === 0) this.#settle(served);
    else if (isNowhere && served.fresh.size === 0) this.#sleep(served);
    else this.#active.add(served);
  }

  /** Those for whom there may be a place by now are active again, before all others. */
  wake(mayFit: (sleeping: PlacementClass) => boolean): void {
    const others = [...this.#active];
    const woken = [...this.#asleep].filter(mayFit);
    if (woken.length === 0) return;
    this.#active.clear();
    for (const each of woken) {
      this.#rouse(each);
      this.#active.add(each);
    }
    for (const each of others) this.#active.add(each);
  }

  #sleep(one: PlacementClass): void {
    this.#asleep.add(one);
    if (one.search.awaitsOthers) this.#awaiting++;
  }

  #rouse(one: PlacementClass): void {
    if (this.#asleep.delete(one) && one.search.awaitsOthers) this.#awaiting--;
  }

  #classOf({ params }: Debt): PlacementClass | undefined {
    return this.#classes.get(`${params.app} ${params.version}`);
  }

  #remake({ params }: Debt): PlacementClass | undefined {
    const made = this.#make(params.app as string, params.version as string);
    if (made !== undefined) this.#classes.set(`${made.app} ${made.version}`, made);
    return made;
  }

  #replace(old: PlacementClass, made: PlacementClass): PlacementClass {
    for (const [stream, debt] of old.fresh) made.fresh.set(stream, debt);
    for (const [stream, debt] of old.waiting) made.waiting.set(stream, debt);
    made.told = old.told;
    this.#classes.set(`${made.app} ${made.version}`, made);
    this.#active.delete(old);
    this.#active.add(made);
    return made;
  }

  #settle(known: PlacementClass): void {
    if (known.pending > 0) return;
    this.#active.delete(known);
    this.#rouse(known);
    this.#idle.delete(known);
    this.#idle.add(known);
    if (this.#idle.size <= IDLE_MAX) return;
    const [oldest] = this.#idle;
    if (oldest === undefined) return;
    this.#idle.delete(oldest);
    this.#classes.delete(`${oldest.app} ${oldest.version}`);
  }
}
