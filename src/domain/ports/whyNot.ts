import type { Either } from 'fp-ts/lib/Either.js';
import type { Change } from '../placement/change.ts';
import type { Remedy } from '../placement/remedy.ts';
import type { Retraced } from '../placement/retrace.ts';
import type { Surveyed, Without } from '../placement/survey.ts';
import type { NoAnswer } from './why.ts';

export type WhyNot = {
  readonly app: string;
  /** Configuration version. */
  readonly version: string;
  readonly node: string;
  readonly position: number;
  /** State of the node. */
  readonly state: string;
  readonly free: { readonly cpus: number; readonly mem: number; readonly disk: number; readonly gpus: number; readonly ports: number };
  /** Empty where one more instance would go there. */
  readonly failed: readonly Remedy[];
  /** Changes after which all filters pass, the fewest; tried out. Absent where nothing does, or nothing is needed. */
  readonly smallest?: readonly Change[];
  readonly paragraph: readonly string[];
};

/** Instances of one version that wait alike. */
export type Waiting = {
  readonly version: string;
  readonly count: number;
  /** The first of them, by id. */
  readonly instances: readonly string[];
  readonly waitsFor: 'place' | 'back-off';
  /** ISO 8601: since when the first one waits, and until when its back-off lasts. */
  readonly since: string;
  readonly until?: string;
  readonly nodes: number;
  /** Nodes by the first filter that turns them away. */
  readonly excluded: Readonly<Record<string, number>>;
  /** Nodes by every filter that they fail. */
  readonly failing: Readonly<Record<string, number>>;
  /** Nodes that would take one. */
  readonly fitting: number;
  /** The smallest change anywhere that lets one of them run. */
  readonly smallest?: { readonly node: string; readonly changes: readonly Change[] };
};

export type WhyWaiting = {
  readonly app: string;
  readonly position: number;
  readonly waiting: readonly Waiting[];
  /** The deployment that has the lock. */
  readonly deployment?: string;
  readonly paragraph: readonly string[];
};

export type Decision = {
  readonly instance: string;
  readonly app: string;
  readonly version: string;
  /** Of the fact that records it. */
  readonly position: number;
  /** ISO 8601. */
  readonly at: string;
  readonly recorded: {
    readonly considered: number;
    readonly excluded: Readonly<Record<string, number>>;
    /** Absent where no node would do. */
    readonly node?: string;
    readonly score?: number;
  };
  /** How far the account behind it leads to the same decision; absent where it does not. */
  readonly retraced?: Retraced;
  /** Where the account had to be set back or forward from the one just before the fact, since it was decided earlier: what was, by position. */
  readonly adjusted: readonly number[];
  /** Equal requests that were placed between its own request and it. */
  readonly together: number;
  /** Every node, the best first, as far as they are shown. */
  readonly nodes: readonly Surveyed[];
  /** Nodes that are not shown. */
  readonly more: number;
  readonly ranking: readonly { readonly node: string; readonly score: number }[];
  readonly without?: {
    readonly left: Without;
    readonly ranking: readonly { readonly node: string; readonly score: number }[];
    /** Absent where still none would do. */
    readonly chosen?: string;
    readonly changes: boolean;
  };
  readonly paragraph: readonly string[];
};

export type DecisionOptions = { readonly without?: Without; readonly node?: string };

export type PlacementAnswers = {
  whyNot(app: string, node: string, position: number): Either<NoAnswer, WhyNot>;
  whyWaiting(app: string, position: number): Either<NoAnswer, WhyWaiting>;
  /** The last decision about an instance up to a position. */
  decision(instance: string, position: number, options?: DecisionOptions): Either<NoAnswer, Decision>;
};
