import type { StreamName, Uuid } from '../kernel/ids.ts';
import type { Recorded } from '../kernel/recorded.ts';
import type { Instant } from '../kernel/units.ts';
import type { Views } from './views.ts';

/**
 * What was, read where nobody waits for it: synchronous, for whoever asks does so in a thread or process of its own.
 * Facts that nobody can read are not among what it answers; `unreadable` names them.
 */
export type PastLog = {
  /** Position of the last fact; 0 for an empty log. */
  head(): number;
  /** Position of the last fact that was recorded at or before an instant; 0 before the first. */
  positionAt(at: Instant): number;
  fact(position: number): Recorded | undefined;
  withId(id: Uuid): Recorded | undefined;
  /** Facts that name this fact or request as their cause, in order, up to a position. */
  causedBy(id: Uuid, upTo?: number): readonly Recorded[];
  /** One stream in order, up to a position. */
  stream(name: StreamName, upTo?: number): readonly Recorded[];
  /** Facts with `after` < position ≤ `upTo`, in order, read as they are asked for. */
  between(after: number, upTo: number): Iterable<Recorded>;
  /** Streams that belong to an app and began up to a position: its own, its deployments', its instances', in the order of their beginning. */
  streamsOf(app: string, upTo?: number): readonly StreamName[];
  /** Requests that were meant for a stream, refused ones among them, in order, up to a position. */
  requestsFor(stream: StreamName, upTo?: number): readonly Recorded[];
  /** Written by a leader that had been succeeded: history shows it, nothing follows from it. */
  isVoid(recorded: Recorded): boolean;
  /** Streams with a fact that cannot be read, and why: behind it nothing is known of them. */
  unreadable(): ReadonlyMap<StreamName, string>;
};

/** Views that go on from where they were read: facts behind their position are taken, each once. */
export type GrowingViews = Views & { take(batch: readonly Recorded[]): void };

export type Past = PastLog & {
  /** As `views`, for one who goes on from there alone; absent where they are folded as quickly from zero. */
  growing?(position: number): GrowingViews;
  /** All views as they stood when the fact at this position had been folded. */
  views(position: number): Views;
  /** The last position at or before one whose views are quick to have, 0 where there is none; absent where all cost the same. */
  boundaryBefore?(position: number): number;
  /** Views as of a position that go on with each fact that they are given, in the order of the log; absent where they are folded from zero. */
  onward?(position: number): Onward | undefined;
};

/** Views of whoever asked for them, and of nobody else. They do not follow: the roster, who is found by name, and their own position. */
export type Onward = { readonly views: Views; fold(recorded: Recorded): void };
