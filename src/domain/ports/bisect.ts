import type { Either } from 'fp-ts/Either';
import type { Uuid } from '../kernel/ids.ts';
import type { Instant } from '../kernel/units.ts';

/** A place in the log, and when its fact was recorded; 0 at position 0, where nothing was. */
export type Place = { readonly position: number; readonly at: Instant };

export type BisectQuestion = {
  /** Position at which the assertion holds. */
  readonly good: number;
  /** Position at which it fails; behind `good`. */
  readonly bad: number;
  /** A CEL expression over the document that `src/history/README.md` describes. */
  readonly assert: string;
  /** Look at every change in order for the very first, instead of halving for any. */
  readonly first: boolean;
};

/** One fact as someone on call reads it. */
export type ToldFact = {
  readonly position: number;
  readonly at: Instant;
  readonly stream: string;
  readonly type: string;
  readonly by: string;
  readonly sentence: string;
};

export type BisectAnswer = {
  readonly assert: string;
  readonly first: boolean;
  /** The interval that was asked about. */
  readonly good: Place;
  readonly bad: Place;
  /** Neighbours: it held at the one and fails at the other. */
  readonly lastGood: Place;
  readonly firstBad: Place;
  /** What came between the two. */
  readonly change: ToldFact;
  /** The request that this goes back to; absent where a host or the engine's clock began it. */
  readonly request?: ToldFact & { readonly id: Uuid };
  /** Why it could not be told at `firstBad`, which counts as failing, such as an app that is not there. */
  readonly untold?: string;
  /** The expression names `now`: it may have failed because time passed, whatever the fact says. */
  readonly byTime: boolean;
  /** How often the expression was evaluated. */
  readonly evaluations: number;
};

export type BisectRefusal =
  /** The expression is wrong: nothing was searched. `column` counts characters from 1. */
  | { readonly kind: 'expression'; readonly message: string; readonly column: number }
  /** An end of the interval is not what it has to be. */
  | { readonly kind: 'interval'; readonly field: 'good' | 'bad'; readonly message: string }
  /** The assertion fails where it should hold, or the other way round. */
  | { readonly kind: 'not-so'; readonly field: 'good' | 'bad'; readonly message: string }
  /** It would take too long. */
  | { readonly kind: 'limit'; readonly message: string };

export type Bisect = (question: BisectQuestion) => Either<BisectRefusal, BisectAnswer>;
