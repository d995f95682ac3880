import { z } from 'zod';

/** Gates that one list may hold. */
export const MAX_GATES = 20;
/** Longest query of Prometheus, characters. */
export const MAX_QUERY = 4_000;
/** What is kept of the reason for a reading, characters. */
export const MAX_NOTE = 200;

const name = z.string().min(1).max(100);
/** With fewer samples in all nothing is decided: no traffic is not a pass. */
const minimumSamples = z.int().min(1).max(1_000_000_000);
const common = {
  name,
  /** How often it is measured, s. */
  intervalSeconds: z.number().min(0.1).max(3600).default(10),
  /** How long it must have been seen without a gap before it may pass, s. */
  windowSeconds: z.number().min(0).max(86_400).default(60),
  /** Bad readings in a row that fail it at once. */
  failureLimit: z.int().min(1).max(1000).default(3),
  /** What is older is no reading, and a silence longer than this (beyond the interval) is a gap, s. */
  staleSeconds: z.number().min(0.1).max(3600).default(60),
  /** Undecided for so long, it fails, s; by default ten windows, ten minutes at least. */
  deadlineSeconds: z.number().min(1).max(864_000).optional(),
};
/** Longest that one answer is waited for, s. */
const timeoutSeconds = z.number().min(0.1).max(60).default(5);
/** Whether the certificate is checked where the URL is https. */
const verifyTls = z.boolean().default(true);
const url = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).max(2_000);

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const onlyKnownPlaceholders = (query: string): boolean =>
  [...query.matchAll(PLACEHOLDER)].every(([, placeholder]) => placeholder === 'app' || placeholder === 'version');

/** A judgement over the new version while it serves. */
export const gateSpec = z.discriminatedUnion('kind', [
  /** Asks a URL, or a path of the ready new instances, for a status below 400; no answer is a bad one. Reads the share that failed. */
  z
    .object({
      kind: z.literal('http'),
      ...common,
      minimumSamples: minimumSamples.default(1),
      timeoutSeconds,
      url: url.optional(),
      path: z.string().startsWith('/').max(2_000).optional(),
      /** Which of the app's ports a path is asked at, from 0. */
      portIndex: z.int().min(0).max(1000).default(0),
      /** Of a path; certificates of instances are not checked, as nobody issues any for their addresses. */
      scheme: z.enum(['http', 'https']).default('http'),
      verifyTls,
    })
    .refine(({ url, path }) => (url === undefined) !== (path === undefined), { path: ['url'], error: 'give either url or path' }),
  /** An instant query of Prometheus' HTTP API, whose one value is compared. `{{app}}` and `{{version}}` are filled in. */
  z
    .object({
      kind: z.literal('prometheus'),
      ...common,
      minimumSamples: minimumSamples.default(1),
      timeoutSeconds,
      /** Where the API is, without `/api/v1/query`. */
      url,
      query: z.string().min(1).max(MAX_QUERY).refine(onlyKnownPlaceholders, 'knows only the placeholders {{app}} and {{version}}'),
      max: z.number().optional(),
      min: z.number().optional(),
      /** At most so much more than the same query says of the old version. */
      maxOverBaseline: z.number().optional(),
      verifyTls,
    })
    .refine(({ max, min, maxOverBaseline }) => (max ?? min ?? maxOverBaseline) !== undefined, {
      path: ['max'],
      error: 'give max, min or maxOverBaseline',
    })
    .refine(({ query, maxOverBaseline }) => maxOverBaseline === undefined || /\{\{\s*version\s*\}\}/.test(query), {
      path: ['maxOverBaseline'],
      error: 'needs {{version}} in the query: both versions are asked for',
    }),
  /** Share of failed requests of the new version since the gate began, by the balancer's own counters. */
  z
    .object({
      kind: z.literal('errorRate'),
      ...common,
      minimumSamples: minimumSamples.default(50),
      /** 0 to 1. */
      max: z.number().min(0).max(1).optional(),
      /** At most so much more than the old versions' share over the same time, 0 to 1. */
      maxOverBaseline: z.number().min(0).max(1).optional(),
    })
    .refine(({ max, maxOverBaseline }) => (max ?? maxOverBaseline) !== undefined, { path: ['max'], error: 'give max or maxOverBaseline' }),
  /** Response time of the new version lately, by the balancer's own counters. */
  z
    .object({
      kind: z.literal('latency'),
      ...common,
      minimumSamples: minimumSamples.default(50),
      quantile: z.enum(['mean', 'p50', 'p95', 'p99']).default('mean'),
      maxMs: z.number().min(0).optional(),
      /** At most so much more than the old versions' at the same time, ms. */
      maxOverBaselineMs: z.number().min(0).optional(),
    })
    .refine(({ maxMs, maxOverBaselineMs }) => (maxMs ?? maxOverBaselineMs) !== undefined, {
      path: ['maxMs'],
      error: 'give maxMs or maxOverBaselineMs',
    }),
]);

/** The gates of one step; all of them must pass. */
export const gateSpecs = z
  .array(gateSpec)
  .max(MAX_GATES)
  .refine((gates) => new Set(gates.map((gate) => gate.name)).size === gates.length, 'each gate needs a name of its own');

export type GateSpec = z.infer<typeof gateSpec>;
export type GateSpecOf<K extends GateSpec['kind']> = Extract<GateSpec, { kind: K }>;

/** One reading of one gate, kept so that other thresholds can be tried on it later. */
export const gateReading = z.object({
  gate: z.string(),
  /** Since the gate was begun, ms. */
  atMs: z.number().min(0),
  /** Absent: nothing was learned (no data, no answer of the source, stale). */
  value: z.number().optional(),
  /** Seen since the gate was begun: requests, answers or values. */
  samples: z.int().min(0),
  /** Of the old versions over the same time, where there is such a thing. */
  baseline: z.number().optional(),
  /** Why nothing was learned, or what was bad. */
  note: z.string().optional(),
});

export type GateReading = z.infer<typeof gateReading>;
