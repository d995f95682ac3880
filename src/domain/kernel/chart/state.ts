import type { Instant } from '../units.ts';

/** A timer of an active state node. `due` is fixed when the node is entered, from the recorded time of the fact that entered it. */
export type Timer = { readonly key: string; readonly due: Instant };

/** An active state node: its path, the revision of the fact that entered it, and what it waits for. */
export type ActiveNode = {
  readonly node: string;
  readonly revision: number;
  readonly timers: readonly Timer[];
};

/** A stream folded through its chart: plain data, comparable, storable. */
export type ChartState<C> = {
  /** The active leaf as a dotted path; for a chart with parallel regions, XState's value as JSON text. */
  readonly value: string;
  readonly context: C;
  /** Active nodes from the outside in. */
  readonly active: readonly ActiveNode[];
  /** Revision of the last fact folded; -1 before the first. */
  readonly revision: number;
  readonly at: Instant;
  /** The timers stand still since then; what was left of each is left when they go on. */
  readonly heldAt?: Instant;
  /** What XState's history states remember: the paths of nodes by the history state's id; only of a chart that has any. */
  readonly history?: Readonly<Record<string, readonly string[]>>;
};

/** The fact that a timer came due. Every chart with `after` knows it; no noun declares it again. */
export type TimerElapsed = {
  readonly type: 'TimerElapsed';
  /** Path of the state node that waited. */
  readonly node: string;
  /** Revision at which that node was entered: a timer of an earlier entry is dropped by decide. */
  readonly entryRevision: number;
  /** The key under `after`, which tells two timers of one node apart. */
  readonly timer: string;
};

/** One thing that a state wants to be true of the world: a target, never an increment. */
export type Owed = {
  readonly type: string;
  /** Path of the state node that owes it. */
  readonly node: string;
  /** Revision at which that node was entered; an outcome answers exactly one entry. */
  readonly entryRevision: number;
  readonly params: Readonly<Record<string, unknown>>;
};

/** A stored fact that the chart cannot explain: corruption, never a no-op. */
export class CorruptHistory extends Error {
  override name = 'CorruptHistory';
}

/** The earliest timer of a state, if it has any that runs. */
export const nextTimer = (state: ChartState<unknown>): (Timer & { readonly node: string; readonly entryRevision: number }) | undefined => {
  if (state.heldAt !== undefined) return undefined;
  let next: (Timer & { node: string; entryRevision: number }) | undefined;
  for (const { node, revision, timers } of state.active) {
    for (const timer of timers) {
      if (next === undefined || timer.due < next.due) next = { ...timer, node, entryRevision: revision };
    }
  }
  return next;
};
