import type { Either } from 'fp-ts/lib/Either.js';
import type { Principal, StreamName, Uuid } from '../kernel/ids.ts';

/** One fact in an answer. */
export type Step = {
  readonly position: number;
  /** ISO 8601. */
  readonly at: string;
  readonly by: Principal;
  readonly stream: StreamName;
  readonly type: string;
  readonly sentence: string;
  /** Written by a leader that had been succeeded. */
  readonly void?: true;
  /** Steps between this one and the one it led to that say no more than it does. */
  readonly skipped?: number;
};

/** Where causation ends: with somebody's request, or with what nobody asked for. */
export type Origin =
  | { readonly kind: 'request'; readonly id: Uuid; readonly by: Principal; readonly command: string }
  /** A host told it, or a probe found it; the engine's own clock, or a rule that it keeps. */
  | { readonly kind: 'host' | 'probe' | 'clock' | 'engine'; readonly says: string }
  /** The walk was broken off. */
  | { readonly kind: 'too-far' };

export type Consequence = Step & {
  /** `cause` is recorded as the cause; `replaces` is recorded in the instance that came in its place. */
  readonly link: 'cause' | 'replaces';
  readonly consequences: readonly Consequence[];
  /** Further ones that are not shown, by type. */
  readonly more: Readonly<Record<string, number>>;
};

/** From a fact back to where it came from: newest first. */
export type Chain = { readonly steps: readonly Step[]; readonly origin: Origin };

export type Subject = {
  readonly kind: 'app' | 'instance' | 'deployment' | 'plan' | 'group' | 'node' | 'request' | 'fact' | 'strategy' | 'lease';
  readonly id: string;
  readonly stream: StreamName;
};

export type Why = {
  readonly thing: Subject;
  /** The answer is as of here. */
  readonly position: number;
  /** What was asked of the thing, in its state then: such as 'why is it dead'. */
  readonly question: string;
  readonly state: string;
  /** Plain sentences. */
  readonly paragraph: readonly string[];
  /** The fact that answers, and what led to it. */
  readonly chain: Chain;
  /** What belongs to the answer without being its cause: the attempt before, launches that failed. */
  readonly asides: readonly { readonly title: string; readonly chain: Chain }[];
  /** What followed from the fact that answers, up to the same position. */
  readonly consequences: readonly Consequence[];
  readonly more: Readonly<Record<string, number>>;
};

/** Why there is no answer. */
export type NoAnswer = {
  readonly code: 'not-found' | 'ambiguous' | 'invalid';
  readonly message: string;
  readonly details?: readonly string[];
};

export type WhyAnswers = {
  /** @param thing an app (`/web`), an instance or a deployment (an id or the beginning of one), a node, a request, or a fact (`#4711`) */
  why(thing: string, position: number): Either<NoAnswer, Why>;
};
