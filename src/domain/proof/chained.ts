import { z } from 'zod';
import type { StreamName } from '../kernel/ids.ts';
import type { StoredFact } from '../kernel/ports.ts';
import type { Metadata } from '../kernel/recorded.ts';
import { bytesOf, hexOf } from './bytes.ts';

/** A fact as the log keeps it, with the hash that chains it to the fact before it. */
export type ChainedFact = StoredFact & {
  readonly hash: Uint8Array;
  /** The log's own small number of the stream, from 0 or 1 without large gaps; says nothing to another log. */
  readonly streamNumber: number;
};

/** A fact as one JSON document; `data` stays the text that was hashed. Sealed fields stay ciphertext in it. */
export const factDocument = z.strictObject({
  position: z.int().min(1),
  stream: z.string().min(1),
  revision: z.int().min(0),
  id: z.string(),
  type: z.string(),
  at: z.number(),
  term: z.int().min(0),
  by: z.string(),
  correlationId: z.string(),
  causationId: z.string(),
  state: z.string(),
  owes: z.string(),
  due: z.number().optional(),
  chart: z.string().optional(),
  traceparent: z.string().optional(),
  data: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex'),
});
export type FactDocument = z.infer<typeof factDocument>;

export const documentOf = ({
  position,
  stream,
  revision,
  id,
  type,
  data,
  meta,
  hash,
}: Omit<ChainedFact, 'streamNumber'>): FactDocument => ({
  position,
  stream,
  revision,
  id,
  type,
  at: meta.at,
  term: meta.term,
  by: meta.by,
  correlationId: meta.correlationId,
  causationId: meta.causationId,
  state: meta.state,
  owes: meta.owes,
  ...(meta.due !== undefined && { due: meta.due }),
  ...(meta.chart !== undefined && { chart: meta.chart }),
  ...(meta.traceparent !== undefined && { traceparent: meta.traceparent }),
  data,
  hash: hexOf(hash),
});

export const factOfDocument = (document: FactDocument, streamNumber: number): ChainedFact => {
  const {
    position,
    stream,
    revision,
    id,
    type,
    data,
    hash,
    at,
    term,
    by,
    correlationId,
    causationId,
    state,
    owes,
    due,
    chart,
    traceparent,
  } = document;
  const meta: Metadata = {
    correlationId,
    causationId,
    by,
    at,
    term,
    state,
    owes,
    ...(due !== undefined && { due }),
    ...(chart !== undefined && { chart }),
    ...(traceparent !== undefined && { traceparent }),
  };
  return { id, type, data, meta, stream, revision, position, hash: bytesOf(hash) ?? new Uint8Array(0), streamNumber };
};

/** Small numbers for streams in the order in which they appear, for facts that come from no log. */
export const streamNumbers = (): ((stream: StreamName) => number) => {
  const numbers = new Map<StreamName, number>();
  return (stream) => {
    let number = numbers.get(stream);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(stream, number);
    }
    return number;
  };
};
