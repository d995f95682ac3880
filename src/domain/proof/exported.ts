import { z } from 'zod';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex');

/** An export is JSON lines: this, then facts in the order of the log (`factDocument`), then `exportFooter`. */
export const exportHeader = z.strictObject({
  format: z.literal('wharfinger-log/1'),
  /** Which log: the hash of its first fact. */
  log: hash,
  /** Position of the last fact of the log when it was exported. */
  head: z.int().min(1),
  /** Positions that were asked for, both included. */
  from: z.int().min(1),
  to: z.int().min(0),
  /** Streams that were asked for; all of them where absent. */
  streams: z.array(z.string()).optional(),
  /** ms since 1970. */
  at: z.int(),
});
export type ExportHeader = z.infer<typeof exportHeader>;

export const exportFooter = z.strictObject({
  end: z.literal(true),
  facts: z.int().min(0),
  /** Over all bytes of the lines before this one, line ends included. */
  sha256: hash,
});
export type ExportFooter = z.infer<typeof exportFooter>;
