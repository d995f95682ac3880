import type { SlotsByVersion, Target } from '../../app/app.facts.ts';
import type { Instant } from '../../kernel/units.ts';
import type { Tallies, Tally, Weights } from '../deployment.facts.ts';
import type { DeploymentPolicy } from '../policy.facts.ts';

export type Outcome = 'succeeded' | 'cancelled' | 'failed';

/**
 * What a strategy knows of its deployment: where it comes from, where it goes, and what has been seen of it. All of it follows from the
 * deployment's facts; a guard or a target is a pure function of it.
 * @typeParam P the strategy's parameters
 * @typeParam M what the strategy itself remembers
 */
export type Course<P = unknown, M = unknown> = {
  readonly app: string;
  /** Instances by version when it began. */
  readonly from: SlotsByVersion;
  readonly to: Target | undefined;
  readonly previous: Target | undefined;
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
  readonly retire: readonly string[];
  /** An old version that nobody has seen through: a deployment brought it in from which this one took over. */
  readonly untried: string | undefined;
  readonly policy: DeploymentPolicy;
  readonly parameters: P;
  readonly memory: M;
  /** What was seen last; absent before the first look, which is always worth a fact. */
  readonly tallies: Tallies | undefined;
  /** A look is due: nobody acts on what was seen before. */
  readonly isStale: boolean;
  /** Launches of the new version that had failed before it began. */
  readonly failuresBefore: number;
  /** Its number of instances was changed on the way. */
  readonly isRescaled: boolean;
  /** `slots`: what is kept meanwhile, as many of each version as were ever seen in the pause. */
  readonly paused: { readonly reason: string; readonly at: Instant; readonly slots: SlotsByVersion } | undefined;
  /** When the next progress is due. */
  readonly progressBy: Instant | undefined;
  /** By which weights new requests go, as far as it has asked for some. */
  readonly weights: Weights;
  /** It goes back, and the balancer has not yet said that requests do. */
  readonly isTurning: boolean;
  readonly winner: 'new' | 'old' | undefined;
  /** Why it goes back, or ended without success. */
  readonly failure: string | undefined;
  readonly outcome: Outcome;
  /** What is kept when it has ended. */
  readonly left: SlotsByVersion;
};

export const NOBODY: Tally = { live: 0, ready: 0, leaving: 0, failed: 0 };

/** The instances of the new version. */
export const fresh = ({ to, tallies }: Pick<Course, 'to' | 'tallies'>): Tally =>
  to === undefined ? NOBODY : (tallies?.[to.configVersion] ?? NOBODY);

/** The instances of all other versions together. */
export const old = ({ to, tallies = {} }: Pick<Course, 'to' | 'tallies'>): Tally => othersThan(to?.configVersion, tallies);

/** Sum of the tallies of all versions but one. */
export const othersThan = (version: string | undefined, tallies: Tallies): Tally =>
  Object.entries(tallies)
    .filter(([other]) => other !== version)
    .reduce(
      (sum, [, { live, ready, leaving, failed }]) => ({
        live: sum.live + live,
        ready: sum.ready + ready,
        leaving: sum.leaving + leaving,
        failed: sum.failed + failed,
      }),
      NOBODY,
    );

/** How many of the new version are wanted in the end. */
export const wanted = ({ to }: Pick<Course, 'to'>): number => to?.instances ?? 0;

/** How many of the old serve while all of them are to: as many as there were, or as many as are wanted now where that was changed. */
export const before = (course: Pick<Course, 'from' | 'to' | 'isRescaled'>): number => {
  const { from, to, isRescaled } = course;
  const were = Object.entries(from).reduce((sum, [version, count]) => (version === to?.configVersion ? sum : sum + count), 0);
  return isRescaled && were > 0 ? wanted(course) : were;
};

/** All of the new version are up and fit to serve; there may be others beside them. */
export const isReady = (course: Pick<Course, 'to' | 'tallies'>): boolean => fresh(course).ready >= wanted(course);

/** The whole of the new version, and nothing else, is there and ready. */
export const isThere = (course: Pick<Course, 'to' | 'tallies'>): boolean => {
  const { live, ready, leaving } = fresh(course);
  const others = old(course);
  return others.live + others.leaving === 0 && leaving === 0 && live === wanted(course) && ready === live;
};

/** None of the old is left. */
export const isEmptyOfOld = (course: Pick<Course, 'to' | 'tallies'>): boolean => {
  const { live, leaving } = old(course);
  return live + leaving === 0;
};

/** Launches of the new version that failed since the deployment began, and instances that came to be ready too late. */
export const failures = (course: Pick<Course, 'to' | 'tallies' | 'failuresBefore'>): number => {
  const { failed, late = 0 } = fresh(course);
  return Math.max(0, failed - course.failuresBefore) + late;
};

/** More of the new version failed than may; one that is late is one too many where nobody said how many may be. */
export const isHopeless = (course: Course): boolean => {
  const { maxFailures } = course.policy;
  return maxFailures === undefined ? (fresh(course).late ?? 0) > 0 : failures(course) >= maxFailures;
};
