import type { AppDefinition } from '../domain/app/definition/definition.ts';
import type { Gang } from '../domain/instance/instance.facts.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { Funnel, Unplaceable } from '../domain/placement/outcome.ts';
import type { Search } from '../domain/placement/search.ts';
import type { Debt } from './performer.ts';

/** Placements of one class that are served before the next class has its turn, so that nobody waits for ten thousand of another. */
export const SLICE_MAX = 100;
/** Classes that ask for nothing now whose search is kept for the next time. */
const IDLE_MAX = 1000;

/** What a class is known by. */
export const classKey = (app: string, version: string, gang: Gang | undefined): string =>
  `${app} ${version}${gang === undefined ? '' : ` ${gang.id}`}`;

/** Instances that ask for the same: those of one version of an app; of a gang only its members. */
export class PlacementClass {
  readonly app: string;
  readonly version: string;
  readonly definition: AppDefinition;
  readonly search: Search;
  /** Of those who are placed together: all of the class, or none. */
  readonly gang: Gang | undefined;
  /** Members of the gang that are no longer waited for, and whether nobody else is. */
  gone = 0;
  settled = false;
  /** Of whom nothing is said yet, and who know that there is no place for them; the longest waiting first. */
  readonly fresh = new Map<StreamName, Debt>();
  readonly waiting = new Map<StreamName, Debt>();
  /** What those who wait were told last. */
  told: (Funnel & Pick<Unplaceable['unplaceable'], 'fitting'>) | undefined;
  /** What it sleeps for, or did last: the same object for all that wait for the same. */
  waitsFor: object | undefined;
  /** Whether a placement of others may help it where it sleeps. */
  awaitsOthers = false;

  constructor(app: string, version: string, definition: AppDefinition, search: Search, gang?: Gang) {
    this.app = app;
    this.version = version;
    this.definition = definition;
    this.search = search;
    this.gang = gang;
  }

  get key(): string {
    return classKey(this.app, this.version, this.gang);
  }

  get pending(): number {
    return this.fresh.size + this.waiting.size;
  }

  /** Whether all are there who are to be placed together. */
  get isWhole(): boolean {
    return this.gang === undefined || this.settled || this.pending + this.gone >= this.gang.size;
  }
}

/** The class of a version: the known one where that is still right. Undefined where nobody knows what the version is made of. */
export type MakeClass = (app: string, version: string, gang: Gang | undefined, known?: PlacementClass) => PlacementClass | undefined;

/**
 * Which class is served next, or woken next of those that wait for the same; those that waited longest for their turn stand first. Asked
 * before each slice.
 */
export type NextClass = (classes: Iterable<PlacementClass>) => PlacementClass | undefined;

const inTurn: NextClass = (classes) => classes[Symbol.iterator]().next().value;

/**
 * Who asks for a place, by class. Active classes are served in turn, a slice each. One for which there is no place sleeps until something
 * changed that could help it; of those that wait for the same only the first is asked, and each that finds a place wakes the next.
 */
export class PlacementQueue {
  readonly #classes = new Map<string, PlacementClass>();
  readonly #active = new Set<PlacementClass>();
  /** Those that wait for the same, by what they share; whoever shares nothing stands alone. */
  readonly #asleep = new Map<object, Set<PlacementClass>>();
  readonly #sleepingOf = new Map<string, Set<PlacementClass>>();
  readonly #idle = new Set<PlacementClass>();
  readonly #make: MakeClass;
  readonly #next: NextClass;
  #size = 0;
  #sleeping = 0;
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
    return this.#sleeping;
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
    if (known.isWhole) this.#active.add(known);
  }

  remove(debt: Debt): void {
    const known = this.#classOf(debt);
    if (known === undefined || !(known.fresh.delete(debt.stream) || known.waiting.delete(debt.stream))) return;
    this.#size--;
    known.gone++;
    // Who stays may be all there are to come.
    if (known.gang !== undefined && known.pending > 0 && known.isWhole) this.#activate(known);
    // It may have been woken for a place that it does not take now.
    if (known.pending === 0) this.#wakeNext(known);
    this.#settle(known);
  }

  /** Members of gangs that wait for others of theirs, by the key of their class. */
  musters(key: string): PlacementClass | undefined {
    const known = this.#classes.get(key);
    return known === undefined || known.isWhole ? undefined : known;
  }

  /** Nobody else is waited for. */
  settle(known: PlacementClass): void {
    known.settled = true;
    this.#activate(known);
  }

  /** What the app asks for is something else than before: those who sleep look again. */
  changed(app: string): void {
    for (const each of this.#sleepingOf.get(app) ?? []) this.#activate(each);
  }

  #activate(known: PlacementClass): void {
    this.#rouse(known);
    this.#active.add(known);
  }

  /** The class whose turn it is. The caller says `served` when it has done with it. */
  next(): PlacementClass | undefined {
    const next = this.#next(this.#active);
    if (next === undefined) return undefined;
    // What it asks for may have changed in between, as the number of instances does.
    const made = this.#make(next.app, next.version, next.gang, next);
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

  /**
   * Its slice is done: it goes behind the others, or sleeps where there is no place for it. Where there was one, the next of those that wait
   * for the same is woken.
   * @param isAlone whether it waits for something of its own
   */
  served(served: PlacementClass, isNowhere: boolean, isAlone = false): void {
    this.#active.delete(served);
    if (!isNowhere) this.#wakeNext(served);
    if (served.pending === 0) this.#settle(served);
    else if (isNowhere && served.fresh.size === 0) this.#sleep(served, isAlone ? served : served.search.memory);
    else this.#active.add(served);
  }

  /**
   * Those for whom there may be a place by now are active again, before all others; of those that wait for the same, the next one.
   * @param each whether they may no longer wait for the same, so that each is asked
   */
  wake(mayFit: (sleeping: PlacementClass) => boolean, each = false): void {
    const woken: PlacementClass[] = [];
    for (const alike of this.#asleep.values()) {
      if (each) {
        for (const one of alike) if (mayFit(one)) woken.push(one);
        continue;
      }
      const next = this.#next(alike);
      if (next !== undefined && mayFit(next)) woken.push(next);
    }
    if (woken.length === 0) return;
    const others = [...this.#active];
    this.#active.clear();
    for (const one of woken) this.#activate(one);
    for (const one of others) this.#active.add(one);
  }

  /** Whoever waits for the same as one that waits no longer, or has just found a place. */
  #wakeNext({ waitsFor, search }: PlacementClass): void {
    for (const what of new Set([waitsFor, search.memory])) {
      const next = what === undefined ? undefined : this.#next(this.#asleep.get(what) ?? []);
      if (next !== undefined) this.#activate(next);
    }
  }

  #sleep(one: PlacementClass, waitsFor: object): void {
    this.#asleep.set(waitsFor, (this.#asleep.get(waitsFor) ?? new Set()).add(one));
    this.#sleepingOf.set(one.app, (this.#sleepingOf.get(one.app) ?? new Set()).add(one));
    one.waitsFor = waitsFor;
    this.#sleeping++;
    one.awaitsOthers = one.search.awaitsOthers;
    if (one.awaitsOthers) this.#awaiting++;
  }

  #rouse(one: PlacementClass): void {
    const { waitsFor } = one;
    const alike = waitsFor === undefined ? undefined : this.#asleep.get(waitsFor);
    if (waitsFor === undefined || alike?.delete(one) !== true) return;
    if (alike.size === 0) this.#asleep.delete(waitsFor);
    const ofApp = this.#sleepingOf.get(one.app);
    ofApp?.delete(one);
    if (ofApp?.size === 0) this.#sleepingOf.delete(one.app);
    this.#sleeping--;
    if (one.awaitsOthers) this.#awaiting--;
  }

  #classOf({ params }: Debt): PlacementClass | undefined {
    return this.#classes.get(classKey(params.app as string, params.version as string, params.gang as Gang | undefined));
  }

  #remake({ params }: Debt): PlacementClass | undefined {
    const made = this.#make(params.app as string, params.version as string, params.gang as Gang | undefined);
    if (made !== undefined) this.#classes.set(made.key, made);
    return made;
  }

  #replace(old: PlacementClass, made: PlacementClass): PlacementClass {
    for (const [stream, debt] of old.fresh) made.fresh.set(stream, debt);
    for (const [stream, debt] of old.waiting) made.waiting.set(stream, debt);
    made.told = old.told;
    made.waitsFor = old.waitsFor;
    made.gone = old.gone;
    made.settled = old.settled;
    this.#classes.set(made.key, made);
    this.#active.delete(old);
    this.#active.add(made);
    return made;
  }

  #settle(known: PlacementClass): void {
    if (known.pending > 0) return;
    this.#active.delete(known);
    this.#rouse(known);
    this.#idle.delete(known);
    if (known.gang !== undefined) {
      this.#classes.delete(known.key);
      return;
    }
    this.#idle.add(known);
    if (this.#idle.size <= IDLE_MAX) return;
    const [oldest] = this.#idle;
    if (oldest === undefined) return;
    this.#idle.delete(oldest);
    this.#classes.delete(oldest.key);
  }
}
