import type { Instant } from '../../../../../domain/kernel/units.ts';
import type { GroupSettings } from './settings.ts';

/** When it is time to keep up to where everything is done. */
export type Checkpoints = {
  /** Messages that were done, or were read and are none of the group's. */
  count(messages: number): void;
  /** What is to be kept now, of what is done; undefined while it can wait. */
  due(done: bigint, now: Instant): bigint | undefined;
  kept(place: bigint, now: Instant): void;
  /** When time alone makes the next one; undefined where too little was done. */
  next(done: bigint): Instant | undefined;
  last(): bigint;
};

type Limits = Pick<GroupSettings, 'checkpointAfter' | 'minCheckpointCount' | 'maxCheckpointCount'>;

/** By time once `minCheckpointCount` messages are done, and at once when `maxCheckpointCount` are. */
export const checkpointsBy = (
  { checkpointAfter, minCheckpointCount, maxCheckpointCount }: Limits,
  start: bigint,
  now: Instant,
): Checkpoints => {
  let last = start;
  let lastAt = now;
  let counted = 0;
  const isEnough = (done: bigint): boolean => done > last && counted >= minCheckpointCount;
  return {
    count: (messages) => {
      counted += messages;
    },
    due: (done, at) => {
      if (!isEnough(done)) return undefined;
      return counted >= maxCheckpointCount || at - lastAt >= checkpointAfter ? done : undefined;
    },
    kept: (place, at) => {
      last = place;
      lastAt = at;
      counted = 0;
    },
    next: (done) => (isEnough(done) ? lastAt + checkpointAfter : undefined),
    last: () => last,
  };
};
