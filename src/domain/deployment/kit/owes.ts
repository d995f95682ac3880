import type { SlotsByVersion } from '../../app/app.facts.ts';
import type { GateSpec } from '../../gate/gate.facts.ts';
import type { TrafficRule } from '../../ports/balancer.ts';
import type { Weights } from '../deployment.facts.ts';
import type { Course } from './course.ts';
import { carefully, exactly as exact, type Goal, type Wanted } from './want.ts';

/** Something that a state of a strategy wants to be true: a target that may be performed any number of times, never an increment. */
export type Owes<P = unknown, M = unknown> = {
  readonly owes: 'want' | 'traffic' | 'gates' | 'approval';
  readonly params: (course: Course<P, M>) => object;
};

/** Which requests go to the new version whatever the weights say; in the form of a traffic rule without its version. */
export type RuleFor = { readonly to: 'new' | 'old'; readonly when: TrafficRule['when'] };
/** `new`: percent of new requests that go to the new version; absent: to every instance alike. */
export type Share = { readonly new?: number; readonly rules?: readonly RuleFor[] };

/**
 * So many of the new version and of the old ones. Within the limits of the app's `upgradeStrategy`: nobody who must still serve is
 * stopped before another one is ready, whatever the goal says, and no more are started than may be present at once.
 */
export const want = <P, M>(goal: (course: Course<P, M>) => Goal): Owes<P, M> => ({
  owes: 'want',
  params: (course) => carefully(course as Course, goal(course)),
});

/** So many, at once and whatever serves meanwhile. For strategies that mean it; the explorer says what it can break. */
export const exactly = <P, M>(goal: (course: Course<P, M>) => Goal): Owes<P, M> => ({
  owes: 'want',
  params: (course) => exact(course as Course, goal(course)),
});

/** This share of new requests (percent) goes to the new version, the rest to the old ones. */
export const traffic = <P, M>(share: (course: Course<P, M>) => Share): Owes<P, M> => ({
  owes: 'traffic',
  params: (course) => trafficOf(course as Course, share(course)),
});

/** Waits until all of these gates pass, or one fails. */
export const gates = <P, M>(specs: (course: Course<P, M>) => readonly GateSpec[]): Owes<P, M> => ({
  owes: 'gates',
  params: (course) => ({ gates: specs(course), fresh: course.to?.configVersion ?? '', old: oldVersions(course as Course) }),
});

/** Waits until somebody says that it may go on. */
export const approval = <P, M>(question: string | ((course: Course<P, M>) => string)): Owes<P, M> => ({
  owes: 'approval',
  params: (course) => ({ question: typeof question === 'string' ? question : question(course) }),
});

export const oldVersions = ({ to, tallies = {}, from }: Course): readonly string[] =>
  [...new Set([...Object.keys(from), ...Object.keys(tallies)])].filter((version) => version !== to?.configVersion).sort();

const readyOf = ({ tallies = {} }: Course, versions: readonly string[]): number =>
  versions.reduce((sum, version) => sum + (tallies[version]?.ready ?? 0), 0);

/** Old versions that requests may go to: none that nobody has seen through, as long as the others can carry what must be served. */
const servingOlds = (course: Course): readonly string[] => {
  const all = oldVersions(course).filter((version) => readyOf(course, [version]) > 0);
  const tried = all.filter((version) => version !== course.untried);
  const least = Math.max(1, Math.ceil((course.to?.instances ?? 0) * course.minimumHealthCapacity));
  return readyOf(course, tried) >= least ? tried : all;
};

/** Weights by version: what is left for the old ones is shared among them by how many of each are fit to serve. */
export const trafficOf = (course: Course, { new: share, rules = [] }: Share): { weights: Weights; rules: readonly TrafficRule[] } => {
  const { to, tallies = {} } = course;
  if (to === undefined || share === undefined) return { weights: {}, rules: [] };
  const rest = Math.min(100, Math.max(0, 100 - share));
  const olds = servingOlds(course);
  const ready = Math.max(1, readyOf(course, olds));
  const weights = Object.fromEntries(olds.map((version) => [version, (rest * (tallies[version]?.ready ?? 0)) / ready]));
  return {
    weights: { ...weights, [to.configVersion]: Math.min(100, Math.max(0, share)) },
    rules: rules.flatMap(({ to: side, when }) =>
      side === 'new' ? [{ version: to.configVersion, when }] : olds.slice(0, 1).map((version) => ({ version, when })),
    ),
  };
};

/** What the conductor is told by a wish of the strategy, or while it is paused by what stood then. */
export const wantedOf = (course: Course, wish: Wanted): Wanted => (course.paused === undefined ? wish : kept(course.paused.slots));

/** Whoever dies is replaced when there is room for him again, nobody more comes, and nobody is stopped. */
const kept = (slots: SlotsByVersion): Wanted => ({
  slots,
  most: Object.values(slots).reduce((sum, count) => sum + count, 0),
  keeps: true,
});
