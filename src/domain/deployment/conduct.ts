import type { SlotsByVersion } from '../app/app.facts.ts';
import { phaseOf } from '../instance/instance.states.ts';
import type { Tallies, Tally } from './deployment.facts.ts';

/** What is wanted of an app: how many of which version, how many may be present at once for another one to start, and who goes by name. */
export type Wish = {
  readonly slots: SlotsByVersion;
  readonly retire: readonly string[];
  readonly most?: number;
  /** Nobody is stopped, however many there are. */
  readonly keeps?: boolean;
};

/** An instance, as far as its owner must know it. */
export type Present = {
  readonly id: string;
  readonly version: string;
  readonly slot: number;
  readonly attempt: number;
  /** Of the instance's chart. */
  readonly state: string;
};

/** What is there of an app. */
export type There<P extends Present> = {
  readonly tallies: Tallies;
  /** Asked for, and not among the tallies yet. */
  pending(version: string): number;
  /** Given up, and not to be replaced for now. */
  heldBack(version: string): number;
  /** Versions of which nobody is stopped before their owner has looked again. */
  readonly unknown: ReadonlySet<string>;
  /** Live ones that nobody has asked to stop. */
  live(): readonly P[];
  /** Given up, and not known to have ended. */
  forsaken(): readonly P[];
  /** Somebody who was asked for by name is being stopped. */
  readonly isAwaited: boolean;
  /** Up to `most` of these, and all of the named ones, by the app's own rules: ids. */
  pick(from: readonly P[], most: number, named: ReadonlySet<string>): readonly string[];
};

export type Surplus<P extends Present> = { readonly row: P; readonly reason: string };

/** What to do so that what is there becomes what is wanted. */
export type Orders<P extends Present> = {
  readonly starts: readonly (readonly [version: string, count: number])[];
  readonly stops: readonly Surplus<P>[];
};

/** The conductor's rule, whole: whom to ask for and whom to stop. It follows from what is wanted and what is there, and from nothing else. */
export const conduct = <P extends Present>(wish: Wish, there: There<P>): Orders<P> => ({
  starts: startsOf(wish, there),
  stops: wish.keeps === true ? [] : [...stopsOfForsaken(wish, there), ...stopsOf(wish, there)],
});

/**
 * Versions of which more is there than somebody knows who wants: none of these is too many before he has looked again, for another one
 * may be there in the place of one that he let go, or one that he gave up may be back.
 */
export const unknownOf = (known: Tallies | undefined, now: Tallies): ReadonlySet<string> =>
  new Set(Object.keys(now).filter((version) => (now[version]?.live ?? 0) > (known?.[version]?.live ?? 0)));

/**
 * Whether somebody wants what he wants without knowing that less is there by now. It looks again first: acting on both the old and the
 * new judgement would start what is then too much and stop what is then too little, over and over.
 * @param hadSome whether anything was there when it began: then, as where anything is there now, nothing is done before the first look
 */
export const isOutdated = (known: Tallies | undefined, now: Tallies, hadSome: boolean): boolean =>
  known === undefined
    ? hadSome || Object.keys(now).length > 0
    : [...new Set([...Object.keys(known), ...Object.keys(now)])].some((version) =>
        hasLess(known[version] ?? NOBODY, now[version] ?? NOBODY),
      );

const NOBODY: Tally = { live: 0, ready: 0, leaving: 0, failed: 0 };

const hasLess = (before: Tally, now: Tally): boolean => now.live < before.live || now.ready < before.ready || now.leaving > before.leaving;

const startsOf = <P extends Present>({ slots, most }: Wish, { tallies, pending, heldBack }: There<P>): Orders<P>['starts'] => {
  const present = Object.values(tallies).reduce((sum, { live, leaving }) => sum + live + leaving, 0);
  const asked = Object.keys(slots).reduce((sum, version) => sum + pending(version), 0);
  let room = most === undefined ? Number.POSITIVE_INFINITY : most - present - asked;
  return Object.entries(slots).flatMap(([version, count]) => {
    const missing = Math.min(room, count - (tallies[version]?.live ?? 0) - heldBack(version) - pending(version));
    if (missing <= 0) return [];
    room -= missing;
    return [[version, missing] as const];
  });
};

const stopsOfForsaken = <P extends Present>({ slots }: Wish, { forsaken }: There<P>): readonly Surplus<P>[] =>
  forsaken()
    .filter(({ state, version }) => state === 'unreachable.inactive' && slots[version] === undefined)
    .map((row) => ({ row, reason: 'no longer wanted' }));

const stopsOf = <P extends Present>(
  { slots, retire }: Wish,
  { tallies, live, unknown, isAwaited, pick }: There<P>,
): readonly Surplus<P>[] => {
  const isTooMany = ([version, { live }]: readonly [string, Tally]): boolean => live > (slots[version] ?? 0) && !unknown.has(version);
  if (isAwaited || (retire.length === 0 && !Object.entries(tallies).some(isTooMany))) return [];
  const known = unknown.size === 0 ? live() : live().filter(({ version }) => !unknown.has(version));
  return chooseStops(known, slots, retire, pick);
};

/**
 * Whom to stop now. Those asked for by name go alone: their owner looks again at what is left before anyone else goes, for they are
 * stopped whether their version has too many or not.
 */
export const chooseStops = <P extends Present>(
  live: readonly P[],
  slots: SlotsByVersion,
  retire: readonly string[],
  pick: There<P>['pick'],
): readonly Surplus<P>[] => {
  const all = chooseSurplus(live, slots, retire, pick);
  const named = all.filter(({ row }) => retire.includes(row.id));
  return named.length > 0 ? named : all;
};

/** Whom to stop so that no version has more live instances than wanted: second ones of a slot first, then by the app's own rules. */
const chooseSurplus = <P extends Present>(
  live: readonly P[],
  slots: SlotsByVersion,
  retire: readonly string[],
  pick: There<P>['pick'],
): readonly Surplus<P>[] => {
  const named = new Set(retire);
  const isRemoved = Object.keys(slots).length === 0;
  return [...Map.groupBy(live, ({ version }) => version)].flatMap(([version, rows]) => {
    const wanted = slots[version] ?? 0;
    const count = rows.length - wanted;
    if (count <= 0 && !rows.some(({ id }) => named.has(id))) return [];
    const doubles = secondsInSlot(rows).slice(0, Math.max(0, count));
    const others = rows.filter((row) => !doubles.includes(row));
    const most = count - doubles.length;
    // One that serves is not stopped for the sake of evenness while another one does not serve.
    const first = pick(
      others.filter((row) => !isReady(row) || named.has(row.id)),
      most,
      named,
    );
    const picked = new Set([
      ...first,
      ...pick(
        others.filter((row) => isReady(row) && !named.has(row.id)),
        most - first.length,
        named,
      ),
    ]);
    // A version of which some stay is only scaled down when there is no other one: else it gives way, step by step.
    const isAlone = Object.keys(slots).length === 1;
    const why = wanted > 0 && isAlone ? 'scaled down' : isRemoved ? 'the app is removed' : 'replaced by another version';
    return [
      ...doubles.map((row) => ({ row, reason: 'its slot is taken by its replacement' })),
      ...others.filter(({ id }) => picked.has(id)).map((row) => ({ row, reason: named.has(row.id) ? 'asked for' : why })),
    ];
  });
};

/** Of those that share a slot all but one: the ready one stays, of two ready ones the replacement. */
const secondsInSlot = <P extends Present>(rows: readonly P[]): readonly P[] =>
  [...Map.groupBy(rows, ({ slot }) => slot).values()].flatMap((inSlot) =>
    inSlot.toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)) || b.attempt - a.attempt).slice(1),
  );

const isReady = ({ state }: Present): boolean => phaseOf(state) === 'ready';
