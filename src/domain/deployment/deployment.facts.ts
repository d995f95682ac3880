import { z } from 'zod';
import { slotsByVersion, target } from '../app/app.facts.ts';
import type { FactsOf } from '../kernel/forms.ts';

const count = z.int().min(0);

/** Instances of one version, as a strategy sees them. */
export const tally = z.object({
  /** Asked for or running, and not on the way out. */
  live: count,
  /** Of those, fit to serve. */
  ready: count,
  /** On the way out, still holding resources. */
  leaving: count,
  /** Launches of this version that failed so far. */
  failed: count,
});

export const deploymentFacts = {
  DeploymentStarted: z.object({
    app: z.string(),
    from: slotsByVersion,
    to: target.optional(),
    previous: target.optional(),
    minimumHealthCapacity: z.number(),
    maximumOverCapacity: z.number(),
    retire: z.array(z.string()),
  }),
  /** The instances as they are now, by version; recorded when it differs from what the deployment knew. */
  SlotsChanged: z.object({ tallies: z.record(z.string(), tally) }),
  TargetChanged: z.object({ instances: count }),
  DeploymentCancelled: z.object({ reason: z.string() }),
  /** The app has taken its lock back. */
  AppReleased: z.object({}),
} as const;

export type DeploymentFact = FactsOf<typeof deploymentFacts>;
export type DeploymentFactOf<T extends DeploymentFact['type']> = Extract<DeploymentFact, { type: T }>;
export type Tally = z.infer<typeof tally>;
export type Tallies = Readonly<Record<string, Readonly<Tally>>>;

export const DEPLOYMENT = 'deployment';
