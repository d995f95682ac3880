import { z } from 'zod';
import type { DeepReadonly } from '../kernel/forms.ts';
import { isTimeZone } from './localTime.ts';

/** Most instances that a policy may ask for. */
export const MOST_INSTANCES = 100_000;
/** Longest cool-down, s. */
export const LONGEST_COOLDOWN_SECONDS = 86_400;
/** Longest time between two looks, s. */
export const LONGEST_INTERVAL_SECONDS = 3_600;

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

const count = z.int().min(1).max(MOST_INSTANCES);
const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 08:30');

/** What is measured, and how much of it one instance should have. */
export const scalingTarget = z.discriminatedUnion('metric', [
  /** Used share of the reserved cpus, on average over the instances; above 1 where they may use more than they reserved. */
  z.strictObject({ metric: z.literal('cpu'), target: z.number().min(0.01).max(100) }),
  /** Used share of the reserved memory, on average over the instances. */
  z.strictObject({ metric: z.literal('memory'), target: z.number().min(0.01).max(1) }),
  /** Requests per second and instance, over all routes to the app. */
  z.strictObject({ metric: z.literal('requests'), target: z.number().min(0.001).max(1e9) }),
  /** Response time in ms, over all routes to the app. */
  z.strictObject({
    metric: z.literal('latency'),
    target: z.number().min(0.1).max(3_600_000),
    statistic: z.enum(['mean', 'p50', 'p95', 'p99']).default('mean'),
  }),
]);

/** Other bounds on some days between two times of day. One whose `to` is not after its `from` ends on the next day. */
export const scalingWindow = z.strictObject({
  /** Days on which it begins; every day where absent. */
  days: z.array(z.enum(DAYS)).min(1).optional(),
  from: timeOfDay,
  to: timeOfDay,
  /** Of the IANA database, such as `Europe/Berlin`. */
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin').default('UTC'),
  min: count.optional(),
  max: count.optional(),
  /** So many, whatever is measured. */
  desired: count.optional(),
});

const pace = (cooldownSeconds: number) =>
  z
    .strictObject({
      /** Least time from a change of the number of instances to the next one in this direction. */
      cooldownSeconds: z.number().min(0).max(LONGEST_COOLDOWN_SECONDS).default(cooldownSeconds),
      /** Most instances that one decision adds or takes away; the bounds themselves are kept at once. */
      maxStep: count.optional(),
    })
    .default({ cooldownSeconds });

/** How many instances an app has: the field `autoscaling` of its definition. */
export const autoscalingPolicy = z
  .strictObject({
    min: count,
    max: count,
    /** The largest need of them wins. */
    targets: z.array(scalingTarget).max(16).default([]),
    /** As many where nothing is measured. */
    desired: count.optional(),
    /** The first window that is in force replaces what it names. */
    schedule: z.array(scalingWindow).max(64).default([]),
    intervalSeconds: z.number().min(1).max(LONGEST_INTERVAL_SECONDS).default(15),
    /** So far from its target, as a share of it, a reading changes nothing. */
    tolerance: z.number().min(0).max(1).default(0.1),
    scaleUp: pace(60),
    scaleDown: pace(300),
  })
  .check(({ value, issues }) => {
    const wrong = (message: string, ...path: readonly (string | number)[]) =>
      issues.push({ code: 'custom', message, path: [...path], input: value });
    const { min, max, desired, targets, schedule } = value;
    if (min > max) wrong(`must not be less than min (${min})`, 'max');
    if (targets.length === 0 && desired === undefined && schedule.length === 0)
      wrong('must name a target, or there must be a schedule', 'targets');
    if (targets.length > 0 && desired !== undefined) wrong('means nothing beside targets', 'desired');
    if (desired !== undefined && (desired < min || desired > max)) wrong(`must be between min (${min}) and max (${max})`, 'desired');
    schedule.forEach((window, nth) => {
      const [least, most] = [window.min ?? min, window.max ?? max];
      if (least > most) wrong(`leaves min (${least}) above max (${most})`, 'schedule', nth);
      if (window.desired !== undefined && (window.desired < least || window.desired > most))
        wrong(`must be between min (${least}) and max (${most})`, 'schedule', nth, 'desired');
    });
  });

/** What was measured for one target when it was decided. */
export const scalingReading = z.object({
  metric: z.enum(['cpu', 'memory', 'requests', 'latency']),
  target: z.number(),
  /** In the unit of the target; absent where nothing new was known. */
  value: z.number().optional(),
  /** Instances that it is the average of. */
  instances: z.int().min(0),
});

export type AutoscalingPolicy = DeepReadonly<z.infer<typeof autoscalingPolicy>>;
export type ScalingTarget = DeepReadonly<z.infer<typeof scalingTarget>>;
export type ScalingWindow = DeepReadonly<z.infer<typeof scalingWindow>>;
export type ScalingReading = DeepReadonly<z.infer<typeof scalingReading>>;
