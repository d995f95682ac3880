import type { z } from 'zod';
import type { Course } from './course.ts';
import type { Owes } from './owes.ts';
import type { CourseFact, CourseTransition, ENDS, StrategySpec } from './strategy.ts';

type Way<P, M, S extends string> = Omit<CourseTransition<P, M>, 'target'> & {
  /** A state beside this one, `succeeded` or `failed`. Absent: it stays, and only remembers. */
  readonly target?: S | (typeof ENDS)[number];
};

type Ways<P, M, S extends string> = S | (typeof ENDS)[number] | Way<P, M, S> | readonly Way<P, M, S>[];

/** One state: what it wants to be true, and by which facts or delays it goes on. */
export type State<P, M, S extends string, D extends string> = {
  readonly description?: string;
  readonly entry?: Owes<P, M> | readonly Owes<P, M>[];
  readonly on?: { readonly [T in CourseFact['type']]?: Ways<P, M, S> };
  readonly after?: { readonly [N in D]?: Ways<P, M, S> };
};

/** What a strategy is called, takes and remembers. */
export type Head<P, M> = Pick<StrategySpec, 'id' | 'description' | 'wayBack' | 'needs'> & {
  /** A zod schema of an object, with defaults: what an app may say in `deployment.parameters`. */
  readonly parameters?: z.ZodType<P>;
  /** What it remembers at the start; changed by `remember` of a transition, and by nothing else. */
  readonly memory?: M;
};

/** Its states and delays, known by name, so that a target which there is not does not compile. */
export type Body<P, M, S extends string, D extends string> = {
  readonly initial: NoInfer<S>;
  readonly states: { readonly [N in S]: State<P, M, NoInfer<S>, NoInfer<D>> };
  /** Milliseconds, fixed when the state is entered; Infinity: never. */
  readonly delays?: { readonly [N in D]: (course: Course<P, M>) => number };
};

type Nothing = Record<never, never>;

/**
 * Writes a strategy: what it is called, takes and remembers; then its states. Both are put together as they are, with the types of
 * parameters and memory in every function of the states. Two arguments, because TypeScript then knows the first when it reads the second.
 */
export const strategy = <S extends string, D extends string = never, P = Nothing, M = Nothing>(
  head: Head<P, M>,
  body: Body<NoInfer<P>, NoInfer<M>, S, D>,
): StrategySpec<P, M> => ({ ...head, ...body }) as unknown as StrategySpec<P, M>;
