import type { StreamName } from '../kernel/ids.ts';
import type { Recorded } from '../kernel/recorded.ts';

/** Whose story is told. `stream` is its own; a group has none and stands in the tree's. */
export type Subject =
  | { readonly kind: 'app'; readonly stream: StreamName; readonly app: string }
  | { readonly kind: 'group'; readonly stream: StreamName; readonly group: string }
  | { readonly kind: 'plan' | 'request' | 'other'; readonly stream: StreamName };

/** Facts with `after` < position ≤ `upTo`. */
export type Span = { readonly after: number; readonly upTo: number };

/** All that are given must hold; an empty list asks for nothing. */
export type StoryFilter = {
  /** Names of facts, such as `ContainerExited`. */
  readonly types: readonly string[];
  /** Nouns of streams, such as `instance`. */
  readonly nouns: readonly string[];
  readonly by?: string;
  /** A part of the sentence, in any case of its letters. */
  readonly grep?: string;
};

export type StoryPage = {
  /** In the order of the log. */
  readonly facts: readonly Recorded[];
  /** More may follow behind this position; absent when this is all. */
  readonly next?: number;
};

export type Stories = {
  /** Whoever is called so: with a slash a group that stands, an app, a group that is gone; else a node, deployment, plan, instance, request, strategy, app, or the name of a stream. */
  find(name: string): Subject | undefined;
  /** The first facts of a span. */
  page(subject: Subject, span: Span, filter: StoryFilter, limit: number): StoryPage;
  /** The last facts of a span; there may be more before them. */
  last(subject: Subject, span: Span, filter: StoryFilter, count: number): readonly Recorded[];
  /** Whether facts up to now are void; for many of them at once. */
  voids(): (recorded: Pick<Recorded, 'position' | 'meta'>) => boolean;
  /** Whether a fact behind the head belongs to the story too; must be told every fact in order, for it learns from each. */
  follow(subject: Subject, filter: StoryFilter): (recorded: Recorded) => boolean;
};
