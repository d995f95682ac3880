import type { Filter } from './filter.ts';
import type { GroupName } from './names.ts';
import type { GroupSettings } from './settings.ts';

/** What is kept of a group. */
export type GroupRecord = GroupName & {
  readonly settings: GroupSettings;
  /** Of a group of `$all`. */
  readonly filter: Filter | undefined;
  /** The place behind which it began: where `end` was when it was created. */
  readonly start: bigint;
  /** Everything up to here is done; undefined before the first one. */
  readonly checkpoint: bigint | undefined;
  /** Parked messages before this revision of the parked stream are to be tried again. */
  readonly replayUntil: number;
};

/** Where groups are kept. What it says was written is on disk; a checkpoint may be an older one after power was lost. */
export type GroupRecords = {
  all(): readonly GroupRecord[];
  save(record: GroupRecord): void;
  checkpoint(name: GroupName, place: bigint): void;
  replay(name: GroupName, until: number): void;
  remove(name: GroupName): void;
  close(): void;
};
