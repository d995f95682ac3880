import { z } from 'zod';
import type { FactsOf } from '../kernel/forms.ts';

/** What is to become better: the load of nodes and the groups of GROUP_BY more even, whole nodes free, or some nodes empty. */
export const GOALS = ['spread', 'pack', 'empty'] as const;
export type Goal = (typeof GOALS)[number];

/** Moves of one plan at most: all of them stand in one fact. */
export const MOVES_MAX = 2_000;

export const moveForm = z.object({
  instance: z.string(),
  app: z.string(),
  version: z.string(),
  slot: z.int().min(0),
  from: z.string(),
  to: z.string(),
  wave: z.int().min(0),
  cost: z.number(),
  gain: z.number(),
  startMs: z.int().min(0).optional(),
});

/** Facts of one plan to move instances to better places. Moves are counted from 0, as they stand in it. */
export const rebalanceFacts = {
  RebalanceBegan: z.object({
    goal: z.enum(GOALS),
    /** That are to be empty; none for other goals. */
    nodes: z.array(z.string()),
    moves: z.array(moveForm).min(1).max(MOVES_MAX),
    cost: z.number(),
    /** The score as it was, and as it will be when all is done. */
    before: z.number(),
    after: z.number(),
  }),
  /** The one that stands in its place is ready, on the planned node or on another one. */
  MoveCompleted: z.object({ move: z.int().min(0), instance: z.string(), node: z.string() }),
  MoveSkipped: z.object({ move: z.int().min(0), because: z.string() }),
  /** No more moves begin; those under way end as any replacement does. */
  RebalanceAborted: z.object({ reason: z.string() }),
} as const;

export type RebalanceFact = FactsOf<typeof rebalanceFacts>;
export type RebalanceFactOf<T extends RebalanceFact['type']> = Extract<RebalanceFact, { type: T }>;

export const REBALANCE = 'rebalance';
