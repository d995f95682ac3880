import { z } from 'zod';
import { slotsByVersion, target } from '../app/app.facts.ts';
import { gateReading } from '../gate/gate.facts.ts';
import type { FactsOf } from '../kernel/forms.ts';
import { deploymentPolicy } from './policy.facts.ts';

const count = z.int().min(0);
const reason = z.string();
const weights = z.record(z.string(), z.number().min(0));

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
  /** Of the live ones: up, and failing their checks. */
  unhealthy: count.optional(),
  /** Of the live ones: not ready though the deployment's healthy deadline has passed since they were placed. */
  late: count.optional(),
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
    /** Configuration that a deployment was bringing in from which this one took over. */
    untried: z.string().optional(),
    /** What the app's definition says of deployments, its defaults filled in; absent of those that began before there was such a thing. */
    policy: deploymentPolicy.optional(),
  }),
  /** The instances as they are now, by version; recorded when it differs from what the deployment knew. */
  SlotsChanged: z.object({
    tallies: z.record(z.string(), tally),
    /** When the next progress is due, where there was some and the policy says so: an instant, ms. */
    progressBy: z.number().optional(),
  }),
  TargetChanged: z.object({ instances: count }),
  /** Stops where it stands: another deployment takes over, or somebody wants it gone. */
  DeploymentCancelled: z.object({ reason }),
  /** Goes back to what was there before. */
  DeploymentAborted: z.object({ reason }),
  /** Keeps what is there and goes no further; timers keep what is left of them. */
  DeploymentPaused: z.object({ reason, at: z.number() }),
  DeploymentResumed: z.object({ pausedMs: z.number().min(0) }),
  /** Somebody let it go on where it asked. */
  DeploymentApproved: z.object({ comment: z.string().optional() }),
  WinnerChosen: z.object({ winner: z.enum(['new', 'old']), reason }),
  /** The balancer sends new requests by these weights now; by version, empty where every server counts alike. */
  TrafficShifted: z.object({ weights }),
  GatesPassed: z.object({ readings: z.array(gateReading) }),
  GateFailed: z.object({ gate: z.string(), reason, readings: z.array(gateReading) }),
  HookSucceeded: z.object({ hook: z.enum(['before', 'after']), instance: z.string() }),
  HookFailed: z.object({ hook: z.enum(['before', 'after']), instance: z.string(), reason }),
  /** Nothing became ready for as long as the policy allows. */
  ProgressStalled: z.object({ progressBy: z.number() }),
  /** The app has taken its lock back. */
  AppReleased: z.object({}),
} as const;

export type DeploymentFact = FactsOf<typeof deploymentFacts>;
export type DeploymentFactOf<T extends DeploymentFact['type']> = Extract<DeploymentFact, { type: T }>;
export type Tally = z.infer<typeof tally>;
export type Tallies = Readonly<Record<string, Readonly<Tally>>>;
export type Weights = Readonly<Record<string, number>>;

export const DEPLOYMENT = 'deployment';
