import type { SlotsByVersion } from '../../app/app.facts.ts';
import type { Tallies } from '../deployment.facts.ts';
import { rollingLimits } from '../strategies/limits.ts';
import { before, type Course, fresh, old, othersThan, wanted } from './course.ts';

/** How many instances of the new version, and how many of the old ones together. */
export type Goal = {
  readonly new: number;
  readonly old: number;
  /** Nobody is started while so many are present, those on their way out included; 0: nobody at all. Absent: whatever is present. */
  readonly most?: number;
};

/**
 * What the conductor is told: how many of which version, how many may be present at once where that is bounded, and whether nobody is to
 * be stopped however many there are.
 */
export type Wanted = { readonly slots: SlotsByVersion; readonly most?: number; readonly keeps?: boolean };

/**
 * A goal within the limits of the app's `upgradeStrategy`: an instance that must still serve is not stopped before another one is ready
 * in its place, and no more are started than may be present at once (Marathon's rule, see `rollingLimits`). It follows from what was seen
 * alone, so that looking twice changes nothing.
 */
export const carefully = (course: Course, goal: Goal): Wanted => {
  const { to, minimumHealthCapacity, maximumOverCapacity, tallies = {} } = course;
  const { minHealthy, maxCapacity } = rollingLimits({
    instances: wanted(course),
    minimumHealthCapacity,
    maximumOverCapacity,
    running: othersThan(undefined, tallies).live,
    // Those that are not ready hold their place too: what never becomes ready must not keep the next from starting.
    healthy: othersThan(undefined, tallies).live,
    resident: false,
  });
  const [now, olds] = [fresh(course), old(course)];
  const comes = Math.max(goal.new, Math.min(now.live, minHealthy - olds.ready));
  const stays = Math.max(goal.old, Math.min(olds.live, minHealthy - Math.min(now.ready, comes)));
  return { slots: slotsFrom(course, comes, stays, to?.configVersion), most: maxCapacity };
};

/** How many of `count` old ones there is room for beside so many new ones, by the surge that the app allows. */
export const roomFor = (
  course: Pick<Course, 'to' | 'maximumOverCapacity' | 'minimumHealthCapacity'>,
  beside: number,
  count: number,
): number => {
  const capacity = Math.floor(wanted(course) * (1 + course.maximumOverCapacity));
  return Math.max(0, Math.min(count, capacity - beside));
};

/** `count` of the new ones, or as many as leave room for one of the old: for as long as that one gets requests, it stays. */
export const besideOne = (course: Course, count: number): number => Math.min(count, Math.max(1, capacityOf(course) - oneOfBefore(course)));

/** So many new ones, and of the old as many as there is room for; one of them at least, for requests are still sent there. */
export const beside = (course: Course, count: number): Goal => ({
  new: count,
  old: Math.max(oneOfBefore(course), roomFor(course, count, before(course))),
});

const oneOfBefore = (course: Course): number => Math.min(1, before(course));

const capacityOf = (course: Course): number => {
  const { minimumHealthCapacity, maximumOverCapacity } = course;
  const instances = wanted(course);
  return rollingLimits({ instances, minimumHealthCapacity, maximumOverCapacity, running: 0, healthy: instances, resident: false })
    .maxCapacity;
};

/** A goal as it is: old ones are stopped at once, and new ones started, whatever serves meanwhile. */
export const exactly = (course: Course, { new: comes, old: stays, most }: Goal): Wanted => ({
  slots: slotsFrom(course, comes, stays, course.to?.configVersion),
  ...(most !== undefined && { most }),
});

const slotsFrom = (course: Course, comes: number, stays: number, version: string | undefined): SlotsByVersion =>
  slotsOf([...oldSlots(course, stays), ...(version === undefined ? [] : [[version, Math.max(0, comes)] as const])]);

/**
 * `count` of the old ones: of those that are there the ready ones of every version first, and what misses is started of the version that
 * would be returned to.
 */
const oldSlots = (course: Course, count: number): readonly (readonly [string, number])[] => {
  const { to, from, tallies } = course;
  let left = Math.max(0, count);
  const take = (most: number): number => {
    const taken = Math.min(left, most);
    left -= taken;
    return taken;
  };
  const seen: Tallies =
    tallies ?? Object.fromEntries(Object.entries(from).map(([v, live]) => [v, { live, ready: live, leaving: 0, failed: 0 }]));
  const others = Object.keys(seen).filter((version) => version !== to?.configVersion);
  // What nobody has seen through goes first.
  const versions = others.toSorted((a, b) => Number(a === course.untried) - Number(b === course.untried));
  const ready = versions.map((version) => take(Math.min(seen[version]?.live ?? 0, seen[version]?.ready ?? 0)));
  const kept = new Map(versions.map((version, i) => [version, (ready[i] ?? 0) + take((seen[version]?.live ?? 0) - (ready[i] ?? 0))]));
  const home = homeOf(course);
  if (left > 0 && home !== undefined) kept.set(home, (kept.get(home) ?? 0) + left);
  return [...kept];
};

/** The version to return to: the one that was the app's, or where none of it was there, the one that most were of. */
export const homeOf = ({ from, previous, to, untried }: Pick<Course, 'from' | 'previous' | 'to' | 'untried'>): string | undefined => {
  const there = Object.entries(from).filter(([version, count]) => version !== to?.configVersion && count > 0);
  const tried = there.filter(([version]) => version !== untried);
  const others = tried.length > 0 ? tried : there;
  // A scale that is taken back stays with its version.
  if (previous !== undefined && previous.configVersion === to?.configVersion && (from[previous.configVersion] ?? 0) > 0)
    return previous.configVersion;
  if (previous !== undefined && others.some(([version]) => version === previous.configVersion)) return previous.configVersion;
  return others.sort(([, a], [, b]) => b - a)[0]?.[0];
};

/** As it stands: a deployment that goes no further starts nobody of its own. */
export const asItStands = ({ to, from, tallies, isRescaled }: Pick<Course, 'to' | 'from' | 'tallies' | 'isRescaled'>): SlotsByVersion => {
  if (tallies === undefined) return slotsOf(Object.entries(from));
  const wanted = to?.instances ?? 0;
  // More than there ever were to be are doubles of those that were thought lost.
  const most = (version: string): number =>
    version === to?.configVersion ? wanted : Math.max(from[version] ?? Number.POSITIVE_INFINITY, isRescaled ? wanted : 0);
  return slotsOf(Object.entries(tallies).map(([version, { live }]) => [version, Math.min(live, most(version))]));
};

/** Only the versions of which some are wanted. */
export const slotsOf = (entries: readonly (readonly [string, number])[]): SlotsByVersion =>
  Object.fromEntries(entries.filter(([, count]) => count > 0));
