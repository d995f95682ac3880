import type { Archivable, RetentionFactOf } from './retention.facts.ts';

export type RetentionCommand =
  | { readonly type: 'SetRetentionPolicy'; readonly noun: Archivable; readonly keepDays: number }
  | { readonly type: 'ClearRetentionPolicy'; readonly noun: Archivable }
  /** The file stands where it is named, and is on disk. */
  | ({ readonly type: 'RecordArchive' } & Omit<RetentionFactOf<'StreamsArchived'>, 'type'>)
  | ({ readonly type: 'ShredSubject' } & Omit<RetentionFactOf<'SubjectShredded'>, 'type'>);
