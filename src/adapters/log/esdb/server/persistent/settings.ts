import type { Millis } from '../../../../../domain/kernel/units.ts';

/** How a group shares its messages out. `PinnedByCorrelation` pins by `$correlationId` instead of by stream. */
export const STRATEGIES = ['RoundRobin', 'DispatchToSingle', 'Pinned', 'PinnedByCorrelation'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Where a group begins that has no checkpoint: at the first event, behind the last one there is, or at an event (included). */
export type StartFrom = 'start' | 'end' | bigint;

/** What is asked of a group, in EventStoreDB's words. */
export type GroupSettings = {
  readonly startFrom: StartFrom;
  /** Whether links (`$>`) are followed to the event that they mean. */
  readonly resolveLinks: boolean;
  readonly extraStatistics: boolean;
  /** After this a message that was not answered is tried again; 0: never. */
  readonly messageTimeout: Millis;
  /** Tries behind the first one; then a message is parked. */
  readonly maxRetryCount: number;
  readonly checkpointAfter: Millis;
  /** Messages that must be done since the last checkpoint before time makes one. */
  readonly minCheckpointCount: number;
  /** Messages after which a checkpoint is made at once. */
  readonly maxCheckpointCount: number;
  /** Consumers at a time; 0: any number. */
  readonly maxSubscriberCount: number;
  /** Kept and told, and of no effect: live events are read like those of the past. */
  readonly liveBufferSize: number;
  /** Messages read at a time. */
  readonly readBatchSize: number;
  /** Messages that wait for a consumer. */
  readonly historyBufferSize: number;
  readonly strategy: Strategy;
};

type Rule = { readonly field: keyof GroupSettings; readonly least: number };

const RULES: readonly Rule[] = [
  { field: 'messageTimeout', least: 0 },
  { field: 'maxRetryCount', least: 0 },
  { field: 'checkpointAfter', least: 0 },
  { field: 'minCheckpointCount', least: 0 },
  { field: 'maxCheckpointCount', least: 1 },
  { field: 'maxSubscriberCount', least: 0 },
  { field: 'liveBufferSize', least: 0 },
  { field: 'readBatchSize', least: 1 },
  { field: 'historyBufferSize', least: 1 },
];

/** Which setting makes no sense, and why; undefined where all do. */
export const settingsProblem = (settings: GroupSettings): string | undefined => {
  for (const { field, least } of RULES) {
    const value = settings[field];
    if (!Number.isSafeInteger(value) || (value as number) < least)
      return `${field} must be a whole number of at least ${least}, not ${value}`;
  }
  if (settings.minCheckpointCount > settings.maxCheckpointCount)
    return `minCheckpointCount (${settings.minCheckpointCount}) must not be above maxCheckpointCount (${settings.maxCheckpointCount})`;
  if (settings.readBatchSize > settings.historyBufferSize)
    return `readBatchSize (${settings.readBatchSize}) must not be above historyBufferSize (${settings.historyBufferSize})`;
  return undefined;
};

/**
 * Which name no group may have: the name of its parked stream, `<stream>::<group>`, must say which is which.
 * @returns undefined for a name that may be used
 */
export const groupNameProblem = (group: string): string | undefined => {
  if (group === '') return 'a group needs a name';
  return group.startsWith(':') || group.includes('::') ? `the group name '${group}' must not begin with ':' nor hold '::'` : undefined;
};
