import type { Archivable, RetentionFactOf } from '../retention/retention.facts.ts';

/** What the key of a subject hides. */
export type Hidden = Pick<RetentionFactOf<'SubjectShredded'>, 'subject' | 'key' | 'hidden'>;

/** Keys of sealed subjects, as whoever destroys them sees them. */
export type Shredding = {
  /** What a subject's key hides in the log; undefined where it has none. Looks at every fact. */
  hiddenBy(subject: string): Promise<Hidden | undefined>;
  /** Destroys a key; nothing where it is gone already. @throws Error where the keys can't be written now */
  destroy(key: string): void;
};

/** Days that ended streams are kept in the log, by noun; those of others stay. */
export type Policies = Readonly<Partial<Record<Archivable, number>>>;

/** What one look at the policies archived. */
export type ArchivedRun = {
  readonly archives: readonly string[];
  readonly streams: number;
  readonly facts: number;
  /** Streams that an earlier run, which did not come to its end, had left. */
  readonly resumed: number;
};

export type Retention = {
  state(): Promise<{
    readonly policies: Policies;
    readonly archives: readonly RetentionFactOf<'StreamsArchived'>[];
    readonly directory?: string;
  }>;
  /** Archives now what the policies let go; absent where no directory was named. */
  run?(): Promise<ArchivedRun>;
};
