import { z } from 'zod';

const name = z.string().min(1).max(100);
/** Fewer samples than this decide nothing: no traffic is not a pass. */
const minimumSamples = z.int().min(1).default(1);
/** How often it is asked, s. */
const intervalSeconds = z.number().min(0.1).max(3600).default(10);
/** How long it is looked at before it may pass, s. */
const windowSeconds = z.number().min(0).max(86_400).default(60);
/** Readings above (or failed) in a row that fail it at once. */
const failureLimit = z.int().min(1).max(1000).default(3);
/** A reading older than this is no reading, s. */
const staleSeconds = z.number().min(0.1).max(3600).default(60);
const common = { name, intervalSeconds, windowSeconds, failureLimit, minimumSamples };

/** A judgement over the new version while it serves. */
export const gateSpec = z.discriminatedUnion('kind', [
  /** Asks a URL, or a path of the new instances, for a status below 400. */
  z.object({ kind: z.literal('http'), ...common, url: z.string().optional(), path: z.string().optional() }),
  /** An instant query of Prometheus' HTTP API; its one value is compared with the limit. `{{app}}`, `{{version}}` are filled in. */
  z.object({
    kind: z.literal('prometheus'),
    ...common,
    url: z.string(),
    query: z.string(),
    max: z.number().optional(),
    min: z.number().optional(),
    staleSeconds,
  }),
  /** Share of failed requests of the new version, by the balancer's own counters, at most `max` (0 to 1). */
  z.object({
    kind: z.literal('errorRate'),
    ...common,
    minimumSamples: z.int().min(1).default(50),
    max: z.number().min(0).max(1),
    staleSeconds,
  }),
  /** Response time of the new version, by the balancer's own counters, at most `maxMs`. */
  z.object({
    kind: z.literal('latency'),
    ...common,
    minimumSamples: z.int().min(1).default(50),
    quantile: z.enum(['mean', 'p50', 'p95', 'p99']).default('p95'),
    maxMs: z.number().min(0),
    staleSeconds,
  }),
]);

export type GateSpec = z.infer<typeof gateSpec>;

/** One reading of one gate, kept with its verdict so that other thresholds can be tried on it later. */
export const gateReading = z.object({
  gate: z.string(),
  /** Since the gate was begun, ms. */
  atMs: z.number().min(0),
  /** Absent: nothing was learned (no answer, stale). */
  value: z.number().optional(),
  /** What the value is made of, such as requests. */
  samples: z.int().min(0),
  /** Of the old versions over the same time, where there is such a thing. */
  baseline: z.number().optional(),
});

export type GateReading = z.infer<typeof gateReading>;
