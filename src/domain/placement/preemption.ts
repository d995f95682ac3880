import type { Instant } from '../kernel/units.ts';
import { AMOUNT_NAMES } from './amounts.ts';
import { FILTERS, type FilterName, firstFailing } from './filters.ts';
import type { Ledger } from './ledger.ts';
import type { Reservation } from './node.ts';
import { type Need, thousandths } from './request.ts';

/** Who holds room on a node, and what is known of him to choose by. */
export type Holder = {
  readonly held: Reservation;
  readonly priority: number;
  readonly since: Instant;
  /** Was asked to stop already, for whatever reason. */
  readonly leaving: boolean;
};

/** For whom room is to be made. */
export type Preemptor = {
  readonly need: Need;
  readonly priority: number;
  /** How many more instances of an app may be asked to leave now. */
  mayLose(app: string): number;
};

/** Those who would have to leave a node; none of them for nothing. */
export type Sacrifice = { readonly row: number; readonly victims: readonly Holder[] };

/** Nodes on which room could be made that are compared for one class of requests. */
export const SACRIFICES_MAX = 64;

/**
 * Where room can be made, the least harm first: nobody but those who leave anyway, else victims of the lowest priority, then the fewest,
 * then the youngest. Kubernetes' scheduler has the same order. Rows are looked at as they come until enough would do.
 */
export const sacrifices = (
  ledger: Ledger,
  preemptor: Preemptor,
  rows: Iterable<number>,
  holdersOn: (row: number) => readonly Holder[],
): readonly Sacrifice[] => {
  const found: Sacrifice[] = [];
  for (const row of rows) {
    const victims = victimsOn(ledger, row, preemptor, holdersOn(row));
    if (victims !== undefined) found.push({ row, victims });
    if (found.length >= SACRIFICES_MAX) break;
  }
  return found.toSorted((a, b) => harm(a.victims, b.victims) || a.row - b.row);
};

/** Who would have to leave a node for one more; undefined where it would not take it even so. Nobody: it does as it is. */
export const victimsOn = (ledger: Ledger, row: number, preemptor: Preemptor, holders: readonly Holder[]): readonly Holder[] | undefined => {
  const { need, priority, mayLose } = preemptor;
  if (!CANNOT_BE_MADE.every(({ passes }) => passes(ledger, row, need))) return undefined;
  const leaving = holders.filter((each) => each.leaving);
  const evictable = withinBudgets(
    holders.filter((each) => !each.leaving && each.priority < priority),
    mayLose,
  );
  const isEnough = roomOn(ledger, row, need);
  if (!isEnough([...leaving, ...evictable])) return undefined;
  const chosen = chooseFrom(evictable, (some) => isEnough([...leaving, ...some]));
  const victims = [...chosen, ...without(leaving, (some) => isEnough([...chosen, ...some]))];
  if (fitsWithout(ledger, row, need, victims)) return victims;
  // Sums are not all: what somebody gives back may be kept for another role than the one that it is needed for.
  const all = [...leaving, ...evictable];
  return fitsWithout(ledger, row, need, all) ? without(all.toSorted(byLoss), (some) => fitsWithout(ledger, row, need, some)) : undefined;
};

/** Those who leave anyway first, then by harm. */
const byLoss = (a: Holder, b: Holder): number => Number(b.leaving) - Number(a.leaving) || byHarm(a, b);

/** What somebody who leaves gives back; the other filters are about the node and the app, or about what all nodes have together. */
const MADE_BY_LEAVING: ReadonlySet<FilterName> = new Set<FilterName>(['cpus', 'mem', 'disk', 'gpus', 'reservation', 'ports']);
const CANNOT_BE_MADE = FILTERS.filter(({ name }) => !MADE_BY_LEAVING.has(name));

/** Of each app no more than it may lose: the youngest of them. */
const withinBudgets = (holders: readonly Holder[], mayLose: Preemptor['mayLose']): readonly Holder[] => {
  const left = new Map<string, number>();
  return holders.toSorted(byHarm).filter(({ held: { app } }) => {
    const more = left.get(app) ?? mayLose(app);
    left.set(app, more - 1);
    return more > 0;
  });
};

/** The lowest priority first, then the youngest. */
const byHarm = (a: Holder, b: Holder): number =>
  a.priority - b.priority || b.since - a.since || (a.held.instance < b.held.instance ? -1 : 1);

type Enough = (leavers: readonly Holder[]) => boolean;

/** One who is enough alone, where there is one who is worth no more than the many; else all but those who may stay. */
const chooseFrom = (evictable: readonly Holder[], isEnough: Enough): readonly Holder[] => {
  if (isEnough([])) return [];
  const many = without(evictable, isEnough);
  const one = evictable.find((each) => isEnough([each]));
  return one === undefined || harm([one], many) > 0 ? many : [one];
};

/** Those who may stay are let off one after the other, whoever would be missed most first. */
const without = (holders: readonly Holder[], isEnough: Enough): readonly Holder[] => {
  let left = holders;
  for (const each of holders.toReversed()) {
    const rest = left.filter((other) => other !== each);
    if (isEnough(rest)) left = rest;
  }
  return left;
};

/** Below 0 where it does less harm that the first ones leave. */
export const harm = (a: readonly Holder[], b: readonly Holder[]): number => {
  const [ours, theirs] = [a, b].map((victims) => victims.filter(({ leaving }) => !leaving));
  if (ours === undefined || theirs === undefined) return 0;
  const highest = (of: readonly Holder[]): number => Math.max(Number.NEGATIVE_INFINITY, ...of.map(({ priority }) => priority));
  const sum = (of: readonly Holder[]): number => of.reduce((so, { priority }) => so + priority, 0);
  const oldest = (of: readonly Holder[]): number => Math.min(Number.POSITIVE_INFINITY, ...of.map(({ since }) => since));
  return (
    compare(highest(ours), highest(theirs)) ||
    ours.length - theirs.length ||
    sum(ours) - sum(theirs) ||
    a.length - b.length ||
    compare(oldest(theirs), oldest(ours))
  );
};

const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether amounts and ports would be enough when some leave: sums alone, so that many sets of them can be compared. */
const roomOn = (ledger: Ledger, row: number, need: Need): Enough => {
  const missing = AMOUNT_NAMES.map((name, column) => (need[name] === 0 ? 0 : Math.max(0, need[name] - ledger.free(row, column))));
  const book = ledger.ports(row);
  const taken = need.fixedPorts.filter((port) => !book.isFree(port));
  const wanted = need.fixedPorts.length + need.anyPorts;
  return (leavers) => {
    const given = leavers.flatMap(({ held }) => held.ports);
    return (
      AMOUNT_NAMES.every((name, column) => leavers.reduce((sum, { held }) => sum + thousandths(held[name]), 0) >= (missing[column] ?? 0)) &&
      (taken.length === 0 || taken.every((port) => given.includes(port))) &&
      (wanted === 0 || book.free + given.length >= wanted)
    );
  };
};

/** Every filter, from scratch, as if they had left; the account is as before afterwards. */
export const fitsWithout = (ledger: Ledger, row: number, need: Need, victims: readonly Holder[]): boolean => {
  const given = victims.flatMap(({ held }) => ledger.reservation(held.instance) ?? []);
  for (const { instance } of given) ledger.remove(instance);
  const fits = firstFailing(ledger, row, need) === undefined;
  for (const reservation of given) ledger.add(reservation);
  return fits;
};
