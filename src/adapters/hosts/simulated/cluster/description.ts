import { z } from 'zod';
import type { Span } from '../profile.ts';

/* What a simulated cluster is made of, as a profile file says it. Every limit here is one of the simulation, not of the engine. */

/** Most hosts of one simulated cluster: their addresses are numbered within 10.0.0.0/8. */
export const HOSTS_MAX = 100_000;
const CLASSES_MAX = 100;
const PARTS_MAX = 10_000;
const CPUS_MAX = 4_096;
const MEBIBYTES_MAX = 2 ** 34;
const GPUS_MAX = 1_024;
const LATENCY_MAX_MS = 3_600_000;
const SECONDS_MAX = 7 * 86_400;
const RATE_MAX_PER_HOUR = 36_000;
const APPS_MAX = 100_000;
const INSTANCES_MAX = 1_000_000;
const SUBMITTERS_MAX = 1_000;

const share = z.number().positive().max(1_000_000);
const rate = z.number().min(0).max(1);
const perHour = z.number().min(0).max(RATE_MAX_PER_HOUR);
const port = z.int().min(1).max(65_535);

/** A constant, ms, or a log-normal distribution by its median and its 99th percentile. */
const latency = z.union(
  [
    z.number().min(0).max(LATENCY_MAX_MS),
    z
      .strictObject({ medianMs: z.number().min(0).max(LATENCY_MAX_MS), p99Ms: z.number().min(0).max(LATENCY_MAX_MS) })
      .refine(({ medianMs, p99Ms }) => p99Ms >= medianMs, { path: ['p99Ms'], message: 'must not be below medianMs' }),
  ],
  `must be 0 … ${LATENCY_MAX_MS} ms, or {"medianMs": …, "p99Ms": …}`,
);

const MS_PER_SECOND = 1_000;
/** The same for what takes longer: written in seconds, read as ms. */
const seconds = z.union(
  [
    z
      .number()
      .min(0)
      .max(SECONDS_MAX)
      .transform((each): Span => each * MS_PER_SECOND),
    z
      .strictObject({ medianSeconds: z.number().min(0).max(SECONDS_MAX), p99Seconds: z.number().min(0).max(SECONDS_MAX) })
      .refine(({ medianSeconds, p99Seconds }) => p99Seconds >= medianSeconds, {
        path: ['p99Seconds'],
        message: 'must not be below medianSeconds',
      })
      .transform(({ medianSeconds, p99Seconds }): Span => ({ medianMs: medianSeconds * MS_PER_SECOND, p99Ms: p99Seconds * MS_PER_SECOND })),
  ],
  `must be 0 … ${SECONDS_MAX} seconds, or {"medianSeconds": …, "p99Seconds": …}`,
);

const hostClass = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be small letters, digits and dashes, at most 63'),
  /** Of all hosts, against the other classes' shares. */
  share: share.default(1),
  cpus: z.number().positive().max(CPUS_MAX),
  /** MiB */
  mem: z.number().positive().max(MEBIBYTES_MAX),
  /** MiB */
  disk: z.number().min(0).max(MEBIBYTES_MAX).default(100_000),
  gpus: z.number().min(0).max(GPUS_MAX).default(0),
  /** Of several values each host draws one. */
  attributes: z.record(z.string().min(1), z.union([z.string(), z.array(z.string()).min(1)])).default({}),
  roles: z.array(z.string().min(1)).min(1).default(['*']),
});

const hosts = z.strictObject({
  count: z.int().min(1).max(HOSTS_MAX).default(100),
  classes: z
    .array(hostClass)
    .min(1)
    .max(CLASSES_MAX)
    .refine((classes) => new Set(classes.map(({ name }) => name)).size === classes.length, 'no two classes may have the same name'),
  regions: z.int().min(1).max(PARTS_MAX).default(1),
  /** In the whole cluster, not less than regions; as racks are not less than zones. */
  zones: z.int().min(1).max(PARTS_MAX).default(1),
  racks: z.int().min(1).max(PARTS_MAX).default(1),
  portRanges: z
    .array(z.tuple([port, port]).refine(([from, to]) => from <= to, 'the first port of a range must not be behind its last'))
    .default([[31_000, 32_000]]),
});

const latencies = z.strictObject({
  /** From the call to the started instance, the pull apart. */
  start: latency.default(0),
  /** Added to the first start of an image on a host. */
  pull: latency.default(0),
  /** From the signal to the end. */
  stop: latency.default(0),
  /** Of every other call. */
  call: latency.default(0),
});

const START_FAILURES = ['StartRejected', 'ImagePullFailed', 'ImageMissing', 'PortTaken', 'CommandNotFound', 'Transient'] as const;

const faults = z.strictObject({
  /** Running instances that end with code 1, on each host. */
  crashesPerHostHour: perHour.default(0),
  /** Of all starts. */
  startFailureRate: rate.default(0),
  startFailure: z.enum(START_FAILURES).default('StartRejected'),
  /** Runs, stops and removals that are done and whose answer is lost. */
  lostAcknowledgementRate: rate.default(0),
  lostHintRate: rate.default(0),
  /** A host is out of reach for a while; what runs there goes on. */
  hostLoss: z.strictObject({ perHostHour: perHour, down: seconds }).optional(),
  /** A host loses all that runs there, and answers again after a while. */
  reboot: z.strictObject({ perHostHour: perHour, down: seconds }).optional(),
  /** All hosts of a rack are out of reach. */
  rackLoss: z.strictObject({ perRackHour: perHour, down: seconds }).optional(),
  /** This share of all hosts, drawn from the seed, is out of reach again and again: every so many seconds on average. */
  flapping: z.strictObject({ share: rate, everySeconds: z.number().min(1).max(SECONDS_MAX), down: seconds }).optional(),
});

const template = z.strictObject({
  /** Of all apps, against the other templates' shares. */
  share: share.default(1),
  /** As `/v2/apps` takes it, without `id` and `instances`. */
  definition: z
    .record(z.string(), z.unknown())
    .refine((definition) => !('id' in definition), { path: ['id'], message: 'is given by the simulation' })
    .refine((definition) => !('instances' in definition), { path: ['instances'], message: 'is said beside the templates' }),
});

const workload = z.strictObject({
  apps: z.int().min(1).max(APPS_MAX).default(1),
  /** Of each app. */
  instances: z.int().min(1).max(INSTANCES_MAX).default(1),
  /** Apps that are submitted and not answered yet, at most. */
  submitters: z.int().min(1).max(SUBMITTERS_MAX).default(64),
  templates: z.array(template).min(1).max(CLASSES_MAX),
  /** Apps come one by one instead of all at once, and each is removed when it has run for its lifetime. */
  arrivals: z
    .strictObject({
      perHour: z
        .number()
        .positive()
        .max(RATE_MAX_PER_HOUR * 10),
      lifetime: seconds,
    })
    .optional(),
});

/** A whole description. Unknown fields are refused, so that a slip of the pen is no setting that is left out. */
export const clusterProfile = z
  .strictObject({
    name: z.string().min(1).default('custom'),
    about: z.string().optional(),
    hosts,
    latencies: latencies.prefault({}),
    faults: faults.prefault({}),
    workload: workload.optional(),
  })
  .superRefine(({ hosts: { regions, zones, racks } }, context) => {
    if (zones < regions) context.addIssue({ code: 'custom', path: ['hosts', 'zones'], message: 'must not be less than hosts.regions' });
    if (racks < zones) context.addIssue({ code: 'custom', path: ['hosts', 'racks'], message: 'must not be less than hosts.zones' });
  });

export type ClusterProfile = z.infer<typeof clusterProfile>;
export type ClusterProfileText = z.input<typeof clusterProfile>;
export type Workload = NonNullable<ClusterProfile['workload']>;
