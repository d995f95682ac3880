import { z } from 'zod';
import type { FactsOf } from '../kernel/forms.ts';

/** Longest text of a strategy with all that it imports, in characters. */
export const SOURCE_MAX = 262_144;

export const strategyFacts = {
  /** An operator's strategy with its whole text: it is compiled from here, so that what began by it ends by it when the file is gone. */
  StrategyRegistered: z.object({
    /** `name.vN`. */
    id: z.string(),
    name: z.string(),
    version: z.int().min(1),
    description: z.string(),
    /** Of `source`, hexadecimal. */
    sha256: z.string(),
    /** One module in JavaScript that imports the kit and nothing else. */
    source: z.string(),
    /** Where it was read from. */
    file: z.string(),
    /** What the explorer went through without finding a fault. */
    explored: z.object({ instances: z.int().min(0), faults: z.int().min(0), states: z.int().min(0) }).optional(),
    /** Why it counts although it was not explored, or the explorer found a fault. */
    uncheckedBecause: z.string().optional(),
  }),
} as const;

export type StrategyFact = FactsOf<typeof strategyFacts>;
export type StrategyRegistration = Omit<StrategyFact, 'type'>;

/** One stream per name: `strategy-<name>`, a fact for each of its versions. */
export const STRATEGY = 'strategy';
