import { z } from 'zod';
import type { FactsOf } from '../kernel/forms.ts';

const count = z.int().min(0);
const millis = z.number().min(0);
const reasons = z.record(z.string(), count);
const gang = z.object({ id: z.string(), size: z.int().min(2) });
/** Of a pod, in the order of its definition: which container is which on the host, and how each ended. */
const started = z.array(z.object({ name: z.string(), id: z.string() }));
const end = z.object({ name: z.string(), exitCode: z.int().optional(), signal: z.string().optional(), oom: z.boolean() });

/** Data of every fact of an instance's stream, `type` apart. One instance is one placement of one app version; it ends and is replaced, never revived. */
export const instanceFacts = {
  InstanceRequested: z.object({
    app: z.string(),
    /** The app's configuration version: a change of `instances` alone keeps it. */
    version: z.string(),
    slot: count,
    /** 1 for the first in its slot. */
    attempt: z.int().min(1),
    /** Launch back-off still to wait, ms. */
    delayMs: millis,
    /** Whether health or readiness checks stand between started and ready. */
    gated: z.boolean(),
    /** The deployment, or the app itself, that wants it. */
    owner: z.string(),
    replaces: z.string().optional(),
    /** It is placed together with so many others of the same id, all or none; its first one's. */
    gang: gang.optional(),
  }),
  LaunchDelayReset: z.object({}),
  InstancePlaced: z.object({
    node: z.string(),
    hostPorts: z.array(z.int().min(0).max(65_535)),
    considered: count,
    /** Nodes ruled out, by the first filter that ruled them out. */
    excluded: reasons,
    score: z.number(),
  }),
  /** No node fits now. Recorded when the reasons change, so that waiting is history too. */
  PlacementDeferred: z.object({
    considered: count,
    excluded: reasons,
    /** Of one that is placed with others or not at all: for how many of how many there was room. */
    gang: z.object({ size: count, fits: count }).optional(),
  }),
  /** Others of lower priority leave a node for it: its place there is held until they have ended. */
  InstanceNominated: z.object({
    node: z.string(),
    /** Of the app that it is of. */
    priority: z.int(),
    /** Who leaves: those that were leaving anyway have the priority that they had. */
    victims: z.array(z.object({ instance: z.string(), app: z.string(), priority: z.int() })).min(1),
    /** How long it waits for them before it looks for another place, ms. */
    patienceMs: millis,
  }),
  /** The place that was held for it is no use any more: it looks for another one. */
  NominationLapsed: z.object({ node: z.string(), why: z.string() }),
  /** The node no longer takes it: placed again elsewhere. */
  PlacementRevoked: z.object({ node: z.string(), why: z.string() }),
  ContainerStarted: z.object({ containerId: z.string(), ipAddresses: z.array(z.string()), containers: started.optional() }),
  ImagePullFailed: z.object({ image: z.string(), registry: z.string(), status: z.int().optional(), message: z.string() }),
  ImageMissing: z.object({ image: z.string(), message: z.string() }),
  PortTaken: z.object({ port: z.int().optional(), message: z.string() }),
  CommandNotFound: z.object({ command: z.string(), message: z.string() }),
  ArtifactFetchFailed: z.object({ uri: z.string(), message: z.string() }),
  StartRejected: z.object({ message: z.string() }),
  ContainerExited: z.object({
    exitCode: z.int().optional(),
    signal: z.string().optional(),
    oom: z.boolean(),
    /** Those that had started. */
    containers: z.array(end).optional(),
  }),
  /** One container of a pod has ended, and the others go on. */
  PodContainerExited: end,
  /** The host has nothing of that name though it had started; how it ended is unknown. */
  ContainerVanished: z.object({ node: z.string() }),
  /** All health checks pass and the readiness check, if any, answers. */
  InstanceBecameReady: z.object({}),
  InstanceBecameUnhealthy: z.object({ probe: z.string(), failures: count, cause: z.string() }),
  InstanceBecameHealthy: z.object({ probe: z.string() }),
  InstanceStopRequested: z.object({
    reason: z.string(),
    signal: z.string(),
    /** Time it stays up but out of discovery, ms. */
    drainMs: millis,
    /** Absolute, so that a repeat after a crash does not start the grace period anew. */
    killAt: z.number(),
  }),
  InstanceCancelled: z.object({ reason: z.string() }),
  InstanceBecameUnreachable: z.object({
    node: z.string(),
    /** Absent when the app waits for its node for ever. */
    inactiveAfterMs: millis.optional(),
    expungeAfterMs: millis.optional(),
  }),
  InstanceBecameReachable: z.object({ node: z.string() }),
  /** Its node is gone for good. */
  InstanceLost: z.object({ node: z.string(), why: z.string() }),
} as const;

export type Gang = z.infer<typeof gang>;
export type InstanceFact = FactsOf<typeof instanceFacts>;
export type InstanceFactOf<T extends InstanceFact['type']> = Extract<InstanceFact, { type: T }>;

export const INSTANCE = 'instance';
