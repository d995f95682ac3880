import { z } from 'zod';
import type { FactsOf } from '../kernel/forms.ts';

/** Nouns whose streams end and may be archived then. Nodes, apps and the tree are asked about as long as there is a cluster. */
export const ARCHIVABLE = ['request', 'instance', 'deployment', 'plan'] as const;
export type Archivable = (typeof ARCHIVABLE)[number];

/** Days that a policy may keep what has ended, at most: a hundred years. */
export const KEEP_DAYS_MAX = 36_525;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex');

export const retentionFacts = {
  /** Streams of this noun that ended longer ago than this may be archived. */
  RetentionPolicySet: z.object({ noun: z.enum(ARCHIVABLE), keepDays: z.int().min(0).max(KEEP_DAYS_MAX) }),
  RetentionPolicyCleared: z.object({ noun: z.enum(ARCHIVABLE) }),
  /** These streams stand in a file now, whole; it was on disk before this was recorded, and they leave the log after it. */
  StreamsArchived: z.object({
    file: z.string(),
    /** Of the file's bytes. */
    sha256,
    streams: z.int().min(1),
    facts: z.int().min(1),
    /** The log stood here when they were chosen. */
    upTo: z.int().min(1),
    /** How many of each noun. */
    nouns: z.partialRecord(z.enum(ARCHIVABLE), z.int().min(1)),
    /** The highest attempt of each slot, by app and configuration version, among the instances: a number that was given is not given again. */
    attempts: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.int().min(1)))),
  }),
  /** The key that sealed a subject's fields is to be destroyed: from here on nobody reads them again. */
  SubjectShredded: z.object({
    /** Such as `app:/shop/web`. */
    subject: z.string().min(1),
    /** Id of the key: what is sealed for the subject later gets another. */
    key: z.string().min(1),
    /** What it hides, by fact and field. */
    hidden: z.record(z.string(), z.int().min(1)),
  }),
} as const;

export type RetentionFact = FactsOf<typeof retentionFacts>;
export type RetentionFactOf<T extends RetentionFact['type']> = Extract<RetentionFact, { readonly type: T }>;

export const RETENTION = 'retention';
/** The one stream of this noun: what is kept how long, what left the log, and what nobody can read any more. */
export const RETENTION_LOG = 'retention-log';
