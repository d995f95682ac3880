import type { Principal, Uuid } from '../../domain/kernel/ids.ts';
import type { WireFact } from '../../domain/kernel/ports.ts';
import type { Metadata } from '../../domain/kernel/recorded.ts';

/** An event as EventStoreDB keeps it: `data` and `metadata` are JSON text in UTF-8. */
export type WireEvent = {
  readonly id: Uuid;
  readonly type: string;
  readonly contentType: 'application/json' | 'application/octet-stream';
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

/** Who wrote what no engine wrote. */
export const STRANGER: Principal = 'stranger';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The fact as an event. `$correlationId` and `$causationId` are EventStoreDB's own names, which its projections know. */
export const eventOf = ({ id, type, data, meta }: WireFact): WireEvent => ({
  id,
  type,
  contentType: 'application/json',
  data: encoder.encode(data),
  metadata: encoder.encode(metadataText(meta)),
});

const metadataText = ({ correlationId, causationId, by, at, term, state, owes, due, chart, traceparent }: Metadata): string =>
  JSON.stringify({ $correlationId: correlationId, $causationId: causationId, by, at, term, state, owes, due, chart, traceparent });

/**
 * The event as a fact, field by field as it was before `eventOf`.
 * @returns undefined for an event that no engine wrote: its metadata is none of a fact's, or its data is no JSON
 */
export const factOf = ({ id, type, data, metadata }: WireEvent): WireFact | undefined => {
  const meta = metaOf(textOf(metadata));
  const text = textOf(data);
  return meta === undefined || text === undefined || jsonOf(text) === undefined ? undefined : { id, type, data: text, meta };
};

/**
 * What stands for an event that somebody else wrote into a stream of the engine: kept at its place, so that what follows keeps its own,
 * and of a type and data that no codec takes, so that its actor stands still.
 * @param at when the store took it, ms since 1970
 */
export const strangeFact = ({ id, type, data, metadata }: WireEvent, at: number, term: number): WireFact => ({
  id,
  type,
  data: JSON.stringify({ $stranger: { data: base64(data), metadata: base64(metadata) } }),
  meta: { correlationId: id, causationId: id, by: STRANGER, at, term, state: '', owes: '' },
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};

const jsonOf = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isText = (value: unknown): value is string => typeof value === 'string';
const isOptional = (value: unknown, isOne: (value: unknown) => boolean): boolean => value === undefined || isOne(value);

const metaOf = (text: string | undefined): Metadata | undefined => {
  const found = jsonOf(text);
  if (typeof found !== 'object' || found === null) return undefined;
  const { $correlationId, $causationId, by, at, term, state, owes, due, chart, traceparent } = found as Readonly<Record<string, unknown>>;
  if (![$correlationId, $causationId, by, state, owes].every(isText) || !Number.isFinite(at) || !Number.isSafeInteger(term))
    return undefined;
  if (!isOptional(due, Number.isFinite) || !isOptional(chart, isText) || !isOptional(traceparent, isText)) return undefined;
  return {
    correlationId: $correlationId as string,
    causationId: $causationId as string,
    by: by as string,
    at: at as number,
    term: term as number,
    state: state as string,
    owes: owes as string,
    ...(due !== undefined && { due: due as number }),
    ...(chart !== undefined && { chart: chart as string }),
    ...(traceparent !== undefined && { traceparent: traceparent as string }),
  };
};
