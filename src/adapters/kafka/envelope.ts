import type { MessageOptions } from './message.ts';
import type { JsonSchema } from './schemas.ts';

export type Envelope = Pick<MessageOptions, 'mode'> & {
  /** CloudEvents' `type`. */
  readonly type: string;
  /** Schema of the data. */
  readonly data: JsonSchema;
  /** Whether it holds the attributes that a fact has. */
  readonly isOurs?: boolean;
};

const text = (description: string, more: JsonSchema = {}): JsonSchema => ({ type: 'string', minLength: 1, description, ...more });

const ATTRIBUTES: JsonSchema = {
  specversion: { const: '1.0' },
  id: text("The fact's id: one that comes again has the same."),
  source: text('The log that holds it.', { format: 'uri-reference' }),
  type: text('Wire name of the fact behind the reversed name of the domain.'),
  subject: text('The stream.'),
  time: text('When it happened.', { format: 'date-time' }),
  datacontenttype: { const: 'application/json' },
  dataschema: text('Name of the JSON Schema of the data.', { format: 'uri' }),
};

const FACT_ATTRIBUTES: JsonSchema = {
  partitionkey: text('The stream.'),
  position: text('Place in the whole log, counted from 1, in decimal digits.', { pattern: '^[0-9]+$' }),
  correlationid: text('The request that everything since goes back to.'),
  causationid: text('The fact or command that led to this one.'),
  by: text('Who asked: an opaque name.'),
  state: text('State of the stream behind it.'),
  traceparent: text('W3C Trace Context.'),
  dataref: text('Where the data are read that are too large for a message.', { format: 'uri-reference' }),
};

const FACT_NUMBERS: JsonSchema = {
  revision: { type: 'integer', minimum: 0, description: 'Place in the stream, counted from 0.' },
  term: { type: 'integer', minimum: 0, description: 'Which leader wrote it.' },
};

const REQUIRED: readonly string[] = ['specversion', 'id', 'source', 'type'];

/** CloudEvents 1.0 in its JSON format, as far as every event has it. */
export const cloudEvent = (): JsonSchema => ({ title: 'CloudEvent 1.0', type: 'object', properties: ATTRIBUTES, required: REQUIRED });

/** Payload and headers of a message, as its mode says. */
export const envelopeSchema = ({ mode, type, data, isOurs = true }: Envelope): JsonSchema => {
  const attributes: JsonSchema = { type: { const: type }, ...(isOurs && { ...FACT_ATTRIBUTES, ...FACT_NUMBERS }) };
  const required = isOurs ? ['subject', 'time', 'position', 'revision', 'term', 'correlationid', 'causationid', 'by'] : ['data'];
  if (mode === 'structured')
    return {
      contentType: 'application/cloudevents+json',
      payload: {
        allOf: [{ $ref: '#/components/schemas/CloudEvent' }, { type: 'object', properties: { ...attributes, data }, required }],
      },
    };
  const { datacontenttype, ...others } = { ...ATTRIBUTES, ...attributes };
  return {
    contentType: 'application/json',
    headers: {
      type: 'object',
      properties: {
        'content-type': datacontenttype,
        // A header is a text whatever the attribute is.
        ...Object.fromEntries(
          Object.entries(others).map(([name, schema]) => [
            `ce_${name}`,
            name in FACT_NUMBERS ? { type: 'string', pattern: '^[0-9]+$' } : schema,
          ]),
        ),
      },
      required: [...REQUIRED, ...required.filter((name) => name !== 'data')].map((name) => `ce_${name}`),
    },
    payload: data,
  };
};
