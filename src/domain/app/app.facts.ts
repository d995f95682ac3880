import { z } from 'zod';
import { scalingReading } from '../autoscale/policy.facts.ts';
import { deploymentPolicy } from '../deployment/policy.facts.ts';
import type { FactsOf } from '../kernel/forms.ts';
import type { AppDefinition } from './definition/definition.ts';

const count = z.int().min(0);

/** How many instances of which configuration version. */
export const slotsByVersion = z.record(z.string(), count);

/** A version of an app as a deployment aims at it. */
export const target = z.object({
  /** ISO 8601 in ms, Marathon's version of the app. */
  version: z.string(),
  /** The version since which nothing but `instances` has changed: what instances are made of. */
  configVersion: z.string(),
  instances: count,
});

/** Parsed and defaulted before it became a fact; its own shape is checked by the parser of definitions. */
const definition = z.custom<AppDefinition>((value) => typeof value === 'object' && value !== null);

export const appFacts = {
  /** A version is kept for ever. */
  AppVersionAdded: z.object({
    app: z.string(),
    version: z.string(),
    configVersion: z.string(),
    definition,
    reason: z.enum(['create', 'change', 'scale', 'restart', 'rollback']),
    /** What asked for it, where a rule of the app's own did. */
    because: z.string().optional(),
  }),
  /** Its policy asks for another number of instances; the version that has it follows in the same commit. */
  AutoscaleDecided: z.object({
    from: count,
    to: count,
    /** The arithmetic, in words. */
    because: z.string(),
    readings: z.array(scalingReading),
  }),
  /** Its policy asks for another number, and a deployment stands in the way: said once for each such deployment. */
  AutoscaleDeferred: z.object({ from: count, to: count, because: z.string(), deployment: z.string() }),
  /** The app's lock: while it stands, no other deployment begins unless it takes over. */
  DeploymentBegan: z.object({
    deployment: z.string(),
    /** Name of the strategy, of which the newest version is taken, or one of its versions, such as `rolling.v1`. */
    strategy: z.string(),
    /** What is there when it begins. */
    from: slotsByVersion,
    /** Absent when the app is to go. */
    to: target.optional(),
    /** The version to return to when this is rolled back; absent for a first one. */
    previous: target.optional(),
    minimumHealthCapacity: z.number().min(0).max(1),
    maximumOverCapacity: z.number().min(0).max(1),
    /** Instances to stop first when there are too many. */
    retire: z.array(z.string()),
    supersedes: z.string().optional(),
    /** Configuration that the one it takes over from was bringing in: nobody has seen it through. */
    untried: z.string().optional(),
    /** The plan of a group that this is a part of: the lock is taken now, the move waits until the plan's step comes. */
    partOf: z.string().optional(),
    /** What the definition says of deployments. */
    policy: deploymentPolicy.optional(),
  }),
  /** The plan has come to this app. */
  DeploymentTurnCame: z.object({ deployment: z.string() }),
  /** A deployment that the plan took over from has stopped, and this is what it left: kept until the plan comes to this app. */
  DeploymentStopped: z.object({ deployment: z.string(), slots: slotsByVersion }),
  DeploymentEnded: z.object({
    deployment: z.string(),
    outcome: z.enum(['succeeded', 'cancelled', 'failed']),
    slots: slotsByVersion,
    /** Why it did not succeed. */
    reason: z.string().optional(),
  }),
  AppDestroyed: z.object({ app: z.string() }),
} as const;

export type AppFact = FactsOf<typeof appFacts>;
export type AppFactOf<T extends AppFact['type']> = Extract<AppFact, { type: T }>;
export type SlotsByVersion = Readonly<Record<string, number>>;
export type Target = z.infer<typeof target>;

export const APP = 'app';
