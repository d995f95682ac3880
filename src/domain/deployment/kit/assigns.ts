import type { DeploymentFact, DeploymentFactOf } from '../deployment.facts.ts';
import { deploymentPolicy } from '../policy.facts.ts';
import { type Course, fresh } from './course.ts';
import { asItStands } from './want.ts';

const usual = deploymentPolicy.parse({});

export const nothingYet: Course = {
  app: '',
  from: {},
  to: undefined,
  previous: undefined,
  minimumHealthCapacity: 1,
  maximumOverCapacity: 1,
  retire: [],
  untried: undefined,
  policy: usual,
  parameters: {},
  memory: {},
  tallies: undefined,
  isStale: true,
  failuresBefore: 0,
  isRescaled: false,
  paused: undefined,
  progressBy: undefined,
  weights: {},
  isTurning: false,
  winner: undefined,
  failure: undefined,
  outcome: 'succeeded',
  left: {},
};

/** The course with a fact in it: what every strategy keeps of what happened. */
export const withFact = (course: Course, fact: DeploymentFact): Course => {
  switch (fact.type) {
    case 'SlotsChanged': {
      const { tallies, progressBy } = fact;
      const seen = withKept({ ...course, tallies, isStale: false, progressBy: progressBy ?? course.progressBy });
      return course.tallies === undefined ? { ...seen, failuresBefore: fresh(seen).failed } : seen;
    }
    case 'TargetChanged':
      return course.to === undefined
        ? course
        : { ...course, to: { ...course.to, instances: fact.instances }, isRescaled: true, isStale: true };
    case 'TrafficShifted':
      return { ...course, weights: fact.weights, isTurning: false };
    case 'WinnerChosen':
      return { ...course, winner: fact.winner };
    case 'DeploymentPaused':
      return { ...course, paused: { reason: fact.reason, at: fact.at, slots: asItStands(course) }, isStale: true };
    case 'DeploymentResumed':
      return { ...course, ...resumed(course, fact), isStale: true };
    default:
      return course;
  }
};

/** What came since the last look before a pause is kept as well. */
const withKept = (course: Course): Course => {
  const { paused } = course;
  if (paused === undefined) return course;
  const seen = Object.entries(asItStands(course)).map(([version, live]) => [version, Math.max(live, paused.slots[version] ?? 0)] as const);
  return { ...course, paused: { ...paused, slots: { ...paused.slots, ...Object.fromEntries(seen) } } };
};

const resumed = ({ progressBy }: Course, { pausedMs }: DeploymentFactOf<'DeploymentResumed'>): Partial<Course> => ({
  paused: undefined,
  progressBy: progressBy === undefined ? undefined : progressBy + pausedMs,
});

/** Why a deployment fails, by the fact that made it. */
export const reasonOf = (fact: DeploymentFact, state: string): string => {
  switch (fact.type) {
    case 'GateFailed':
      return `gate '${fact.gate}' failed: ${fact.reason}`;
    case 'WinnerChosen':
      return `the ${fact.winner} version won: ${fact.reason}`;
    case 'HookFailed':
      return `the command ${fact.hook} it failed: ${fact.reason}`;
    case 'DeploymentAborted':
      return `aborted: ${fact.reason}`;
    case 'DeploymentCancelled':
      return fact.reason;
    case 'ProgressStalled':
      return 'nothing became ready for too long';
    case 'SlotsChanged':
      return 'too many instances of the new version failed';
    default:
      return `it went wrong in '${state}'`;
  }
};
