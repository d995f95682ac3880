import { z } from 'zod';

/** Longest that any part of a deployment may be told to wait, s. */
export const LONGEST_WAIT_SECONDS = 30 * 86_400;

const wait = z.number().min(0.001).max(LONGEST_WAIT_SECONDS);

/** A command that is run once, of the new version, where one of its instances could run; its exit 0 lets the deployment go on. */
export const hook = z.strictObject({
  cmd: z.string().min(1),
  /** Longest it may take, from its request to its exit. */
  timeoutSeconds: wait.default(600),
  /** How often it is tried in all. */
  attempts: z.int().min(1).max(100).default(1),
});

/** How an app is deployed: the field `deployment` of its definition. */
export const deploymentPolicy = z.strictObject({
  /** Name of a strategy, without its version: a built-in one or one that the operator loaded. */
  strategy: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and dashes, beginning with a letter')
    .optional(),
  /** By the strategy's own schema. */
  parameters: z.record(z.string(), z.unknown()).default({}),
  /** A new instance that is not ready so long after it was placed counts as failed. */
  healthyDeadlineSeconds: wait.optional(),
  /** Longest that nothing may become ready. */
  progressDeadlineSeconds: wait.optional(),
  /** Longest that an approval is waited for. */
  approvalDeadlineSeconds: wait.optional(),
  /** Longest that the whole may take, pauses apart. */
  deadlineSeconds: wait.optional(),
  /** Failed launches and late instances of the new version that make it fail. */
  maxFailures: z.int().min(1).max(100_000).optional(),
  /** Whether one that fails goes back to what was there before; else it stops where it stands. */
  rollback: z.boolean().default(true),
  before: hook.optional(),
  after: hook.optional(),
});

export type DeploymentPolicy = z.infer<typeof deploymentPolicy>;
export type Hook = z.infer<typeof hook>;
