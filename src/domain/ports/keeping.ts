import type { RetentionFactOf } from '../retention/retention.facts.ts';

/** What the key of a subject hides. */
export type Hidden = Pick<RetentionFactOf<'SubjectShredded'>, 'subject' | 'key' | 'hidden'>;

/** Keys of sealed subjects, as whoever destroys them sees them. */
export type Shredding = {
  /** What a subject's key hides in the log; undefined where it has none. Looks at every fact. */
  hiddenBy(subject: string): Promise<Hidden | undefined>;
  /** Destroys a key; nothing where it is gone already. @throws Error where the keys can't be written now */
  destroy(key: string): void;
};
