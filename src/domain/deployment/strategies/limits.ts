/**
 * How far a rolling update may go at once, by Marathon's rule (its `TaskReplaceActor`, RestartStrategy of 1.11):
 * never fewer than ⌈instances · minimumHealthCapacity⌉ healthy, never more than ⌊instances · (1 + maximumOverCapacity)⌋ in all.
 */
export type RollingLimits = {
  readonly minHealthy: number;
  readonly maxCapacity: number;
  /** Old instances that may go before any new one is ready. */
  readonly killNow: number;
};

export type RollingSituation = {
  /** Wanted of the new version. */
  readonly instances: number;
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
  /** Running now, of any version. */
  readonly running: number;
  /** Of those, healthy. */
  readonly healthy: number;
  /** Bound to its node by its volumes: never one more than before. */
  readonly resident: boolean;
};

export const rollingLimits = (situation: RollingSituation): RollingLimits => {
  const { instances, minimumHealthCapacity, maximumOverCapacity, running, healthy, resident } = situation;
  const minHealthy = Math.ceil(instances * minimumHealthCapacity);
  const capacity = Math.floor(instances * (1 + maximumOverCapacity));
  const surplus = Math.max(0, healthy - minHealthy);
  // No room on either side: nothing could move. Make room above, or where nothing may be added, below.
  const isStuck = minHealthy === capacity && capacity <= healthy;
  const maxCapacity = isStuck && !resident ? capacity + 1 : capacity;
  const room = isStuck && resident ? surplus + 1 : surplus;
  return { minHealthy, maxCapacity, killNow: instances < running ? Math.max(running - instances, room) : room };
};
