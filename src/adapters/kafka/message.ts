import { nounOf } from '../../domain/kernel/ids.ts';
import type { StoredFact } from '../../domain/kernel/ports.ts';
import { isoInstant } from '../../domain/kernel/units.ts';
import { isReadable, publicData } from './withheld.ts';

/** A message as a producer takes it. */
export type Message = {
  readonly topic: string;
  readonly key: string;
  /** null is a tombstone: of a compacted topic, the key is gone. */
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
};

export type MessageOptions = {
  /** What topics begin with. */
  readonly prefix: string;
  /** URI of this engine's log, such as `logUri` gives; with the fact's id it names the event for ever. */
  readonly source: string;
  readonly mode: 'structured' | 'binary';
  /** Where the API is reached by consumers, without a slash at its end; schemas and facts are referred to there. */
  readonly api?: string;
};

/** Reversed name of the domain, before the fact's wire name: `dev.wharfinger.InstancePlaced.v1`. */
export const TYPE_PREFIX = 'dev.wharfinger.';

/** The log's own name, wherever it is kept and whoever reads it. @param hash the chain's hash at position 1, in hex */
export const logUri = (hash: string): string => `urn:wharfinger:log:${hash.slice(0, 32)}`;

export const topicOf = (prefix: string, noun: string): string => `${prefix}.${noun}`;

/** Name of the JSON Schema of a fact version, and where it is read if the API's place is known. */
export const schemaUri = (wireName: string, api?: string): string =>
  api === undefined ? `urn:wharfinger:schema:${encodeURIComponent(wireName)}` : `${api}/v1/schemas/${encodeURIComponent(wireName)}`;

/**
 * A fact as a CloudEvents 1.0 message in the Kafka protocol binding, in its noun's topic and keyed by its stream. Sensitive values are
 * replaced by a marker.
 */
export const messageOf = (stored: StoredFact, options: MessageOptions): Message => {
  const data = publicData(stored);
  return options.mode === 'binary'
    ? binary(stored, options, attributesOf(stored, options), data)
    : structured(stored, options, attributesOf(stored, options), data);
};

/** The same without its data, for one that is too large to be sent: `dataref` says where the data are read. */
export const referenceOf = (stored: StoredFact, options: MessageOptions): Message => {
  const attributes = { ...attributesOf(stored, options), dataref: `${options.api ?? ''}/v1/events?position=${stored.position}` };
  return options.mode === 'binary' ? binary(stored, options, attributes, '') : structured(stored, options, attributes);
};

type Attributes = Readonly<Record<string, string | number>>;

/** CloudEvents' context attributes; integers there end at 2^31 - 1, so that a position is a text. */
const attributesOf = (stored: StoredFact, { source, api }: MessageOptions): Attributes => {
  const { id, type, stream, revision, position, meta } = stored;
  return {
    specversion: '1.0',
    id,
    source,
    type: `${TYPE_PREFIX}${textOf(type)}`,
    subject: textOf(stream),
    time: isoInstant(meta.at),
    datacontenttype: 'application/json',
    ...(isReadable(stored) && { dataschema: schemaUri(type, api) }),
    partitionkey: textOf(stream),
    position: String(position),
    revision,
    term: meta.term,
    correlationid: textOf(meta.correlationId),
    causationid: textOf(meta.causationId),
    by: textOf(meta.by),
    ...(meta.state !== '' && { state: textOf(meta.state) }),
    ...(meta.traceparent !== undefined && { traceparent: textOf(meta.traceparent) }),
  };
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what CloudEvents forbids in a string
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufdd0-\ufdef]/u;

/** A text as CloudEvents takes one: control characters, half characters and no-characters are told as U+FFFD. */
const textOf = (text: string): string => (FORBIDDEN.test(text) ? text.replace(new RegExp(FORBIDDEN, 'gu'), '\ufffd') : text);

const structured = ({ stream }: StoredFact, { prefix }: MessageOptions, attributes: Attributes, data?: string): Message => {
  const head = JSON.stringify(attributes);
  return {
    topic: topicOf(prefix, nounOf(stream)),
    key: stream,
    // Facts are stored as JSON text, which is part of the message as it is.
    value: data === undefined ? head : `${head.slice(0, -1)},"data":${data}}`,
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
  };
};

const binary = ({ stream }: StoredFact, { prefix }: MessageOptions, attributes: Attributes, data: string): Message => {
  const { datacontenttype, ...others } = attributes;
  return {
    topic: topicOf(prefix, nounOf(stream)),
    key: stream,
    value: data,
    headers: {
      'content-type': String(datacontenttype),
      ...Object.fromEntries(Object.entries(others).map(([name, value]) => [`ce_${name}`, String(value)])),
    },
  };
};
