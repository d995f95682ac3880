import type { Goal } from '../../rebalance/rebalance.facts.ts';

/** Moves of one plan where nobody says how many. */
export const USUAL_MOVES = 100;

export type RebalanceAsk = {
  readonly goal: Goal;
  /** Which nodes are to be empty; of no meaning for other goals. */
  readonly nodes: readonly string[];
  readonly maxMoves: number;
  /** The same pool, the same ask and the same seed give the same plan. */
  readonly seed: number;
};

/** One instance is replaced by one on another node. */
export type Move = {
  readonly instance: string;
  readonly app: string;
  /** Configuration version. */
  readonly version: string;
  readonly slot: number;
  readonly from: string;
  readonly to: string;
  /** Moves of one wave may be under way together; counted from 0. */
  readonly wave: number;
  /** One restart, more where starting takes long or the app's priority is high. */
  readonly cost: number;
  /** By how much the score goes down. */
  readonly gain: number;
  /** What it took this instance from its place to being ready, ms; absent where that is not known. */
  readonly startMs?: number;
};

/** An instance that would have to move for the goal, and can't. */
export type Stuck = { readonly instance: string; readonly app: string; readonly node: string; readonly because: string };

/** How the pool stands. Loads are shares of cpus or memory, whichever is scarcer, of nodes that take instances. */
export type Standing = {
  /** What the plan lowers; 0 is perfect. What it counts depends on the goal. */
  readonly score: number;
  readonly highestLoad: number;
  readonly lowestLoad: number;
  /** Over all apps with GROUP_BY: by how many instances the largest group exceeds the smallest. */
  readonly skew: number;
  readonly nodesInUse: number;
};

export type RebalancePlan = {
  readonly goal: Goal;
  readonly nodes: readonly string[];
  readonly seed: number;
  /** In the order in which they are to be done; after each of them all rules hold, and the score is no worse than before. */
  readonly moves: readonly Move[];
  readonly cost: number;
  readonly before: Standing;
  readonly after: Standing;
  /** At most STUCK_TOLD of them. */
  readonly stuck: readonly Stuck[];
};

export const STUCK_TOLD = 100;
