import type { z } from 'zod';
import type { DeploymentFact } from '../deployment.facts.ts';
import type { Course } from './course.ts';
import type { Owes } from './owes.ts';

/** What a strategy may wait for. All else (the first look, pause, abort, deadlines, hooks, the way back) is the frame's. */
export type CourseFact = Extract<
  DeploymentFact,
  { type: 'SlotsChanged' | 'TrafficShifted' | 'GatesPassed' | 'GateFailed' | 'DeploymentApproved' | 'WinnerChosen' | 'TargetChanged' }
>;

/** The ends that a strategy may go to, besides states of its own: `failed` goes back to what was there before. */
export const ENDS = ['succeeded', 'failed'] as const;

export type CourseTransition<P, M> = {
  /** A state beside this one, or `succeeded`, or `failed`. Absent: it stays, and only remembers. */
  readonly target?: string;
  /** Asked of the course with the fact already in it. */
  readonly guard?: (course: Course<P, M>, fact: DeploymentFact) => boolean;
  /** What the strategy remembers besides. */
  readonly remember?: (course: Course<P, M>, fact: DeploymentFact) => Partial<M>;
  /** Why it fails, for people; where absent the fact says it. */
  readonly because?: (course: Course<P, M>, fact: DeploymentFact) => string;
};

type Transitions<P, M> = string | CourseTransition<P, M> | readonly CourseTransition<P, M>[];

export type CourseState<P, M> = {
  readonly description?: string;
  /** What this state wants to be true. */
  readonly entry?: Owes<P, M> | readonly Owes<P, M>[];
  readonly on?: { readonly [T in CourseFact['type']]?: Transitions<P, M> };
  /** By the name of a delay. Durable: it survives any number of restarts, and a pause keeps what is left of it. */
  readonly after?: Readonly<Record<string, Transitions<P, M>>>;
};

/** A strategy as its author writes it: states, what each wants to be true, and by which facts it goes on. */
export type StrategySpec<P = Record<never, never>, M = Record<never, never>> = {
  /** `name.vN`: another version for each change of what old deployments would fold to. */
  readonly id: `${string}.v${number}`;
  readonly description: string;
  /** A zod schema of an object, with defaults. */
  readonly parameters?: z.ZodType<P>;
  /** What it remembers at the start. */
  readonly memory?: M;
  /** How it goes back: `rolling` (where absent), or stopping the new ones before the old ones come. */
  readonly wayBack?: 'rolling' | 'recreate';
  /** The room that it can't do without, as `upgradeStrategy` gives it: a definition with less is refused. */
  readonly needs?: { readonly maximumOverCapacity: number };
  readonly initial: string;
  readonly states: Readonly<Record<string, CourseState<P, M>>>;
  /** Milliseconds, fixed when the state is entered; Infinity: never. */
  readonly delays?: Readonly<Record<string, (course: Course<P, M>) => number>>;
};

/** Whether it ever asks that requests go by other weights. */
export const shiftsTraffic = ({ states }: AnyStrategy): boolean =>
  Object.values(states).some(({ entry = [] }) => ([] as readonly Owes[]).concat(entry as never).some(({ owes }) => owes === 'traffic'));

// biome-ignore lint/suspicious/noExplicitAny: each strategy has parameters and a memory of its own
export type AnyStrategy = StrategySpec<any, any>;
