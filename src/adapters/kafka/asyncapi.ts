import { nouns } from '../../domain/nouns.ts';
import { COMMAND_TYPE, commandForm, commandsTopicOf, REPLY_TYPE, repliesTopicOf, replyForm } from './commandForms.ts';
import { cloudEvent, type Envelope, envelopeSchema } from './envelope.ts';
import { type MessageOptions, TYPE_PREFIX, topicOf } from './message.ts';
import { type FactVersion, factSchema, factVersions, type JsonSchema, jsonSchemaOf } from './schemas.ts';
import { STATE_NOUNS, stateTopicOf } from './state.ts';
import { STATE_DOCUMENTS } from './stateDocuments.ts';

export type AsyncApiOptions = Pick<MessageOptions, 'prefix' | 'mode'> & {
  /** Of this program. */
  readonly version: string;
  /** Brokers as `host:port`; the description names no server where they are unknown. */
  readonly brokers?: readonly string[];
  readonly isEncrypted?: boolean;
  /** Whether the topics of present state are written. */
  readonly state: boolean;
  /** Whether commands are taken. */
  readonly commands: boolean;
};

const BINDING = '0.5.0';
const DIALECT = 'draft-7';

/** AsyncAPI 3.0 document of what goes over Kafka, from the codecs' own forms. */
export const asyncApiOf = (options: AsyncApiOptions): JsonSchema => {
  const { version, brokers = [], isEncrypted = false, state, commands } = options;
  const parts = [factParts(options), ...(state ? [stateParts(options)] : []), ...(commands ? [commandParts(options)] : [])];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Wharfinger',
      version,
      description:
        'Every fact of the log as a CloudEvent, in order within its stream, at least once: the same id is the same fact. Values that are sensitive never leave the engine; a marker stands in their place.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    ...(brokers.length > 0 && {
      servers: Object.fromEntries(
        brokers.map((host, nth) => [`broker${nth + 1}`, { host, protocol: isEncrypted ? 'kafka-secure' : 'kafka' }]),
      ),
    }),
    channels: Object.assign({}, ...parts.map(({ channels }) => channels)),
    operations: Object.assign({}, ...parts.map(({ operations }) => operations)),
    components: {
      messages: Object.assign({}, ...parts.map(({ messages }) => messages)),
      schemas: Object.assign({ CloudEvent: cloudEvent() }, ...parts.map(({ schemas }) => schemas)),
    },
  };
};

type Table = Readonly<Record<string, JsonSchema>>;
type Parts = { readonly channels: Table; readonly operations: Table; readonly messages: Table; readonly schemas: Table };

const ref = (path: string): JsonSchema => ({ $ref: `#/${path}` });
const tableOf = <A>(items: readonly A[], entry: (item: A) => readonly [string, JsonSchema]): Table => Object.fromEntries(items.map(entry));

const channel = (address: string, description: string, messages: readonly string[], isCompacted = false): JsonSchema => ({
  address,
  description,
  messages: tableOf(messages, (name) => [name, ref(`components/messages/${name}`)]),
  bindings: {
    kafka: { topic: address, bindingVersion: BINDING, ...(isCompacted && { topicConfiguration: { 'cleanup.policy': ['compact'] } }) },
  },
});

const keyed = (description: string): JsonSchema => ({ kafka: { key: { type: 'string', description }, bindingVersion: BINDING } });

const factParts = ({ prefix, mode }: AsyncApiOptions): Parts => {
  const all = factVersions();
  const of = (noun: string): readonly FactVersion[] => all.filter((each) => each.nouns.includes(noun));
  const names = Object.keys(nouns);
  return {
    channels: tableOf(names, (noun) => [
      noun,
      channel(
        topicOf(prefix, noun),
        `Facts of every stream ${noun}-<id>.`,
        of(noun).map(({ wireName }) => wireName),
      ),
    ]),
    operations: tableOf(names, (noun) => [
      `tell${capital(noun)}Facts`,
      { action: 'send', channel: ref(`channels/${noun}`), summary: `Tells every fact of ${noun} streams.` },
    ]),
    messages: tableOf(all, ({ wireName, type, version }) => [
      wireName,
      {
        name: wireName,
        title: `${type}, version ${version}`,
        correlationId: correlatedBy('correlationid', mode),
        ...envelopeSchema({ mode, type: `${TYPE_PREFIX}${wireName}`, data: ref(`components/schemas/${wireName}`) }),
        bindings: keyed('The stream: its facts keep their order.'),
      },
    ]),
    schemas: tableOf(all, ({ wireName }) => [wireName, factSchema(wireName, DIALECT) ?? {}]),
  };
};

/** In place of a document that its topic does not take. */
const TOO_LARGE: JsonSchema = { type: 'object', properties: { $withheld: { const: 'too large' } }, required: ['$withheld'] };

const stateParts = ({ prefix }: AsyncApiOptions): Parts => ({
  channels: tableOf(STATE_NOUNS, (noun) => [
    `${noun}State`,
    channel(
      stateTopicOf(prefix, noun),
      `The present by id, one message per key once the topic is compacted; a message without value: it is gone.`,
      [`${noun}.state`],
      true,
    ),
  ]),
  operations: tableOf(STATE_NOUNS, (noun) => [
    `tell${capital(noun)}State`,
    { action: 'send', channel: ref(`channels/${noun}State`), summary: `Tells what there is of ${noun}.` },
  ]),
  messages: tableOf(STATE_NOUNS, (noun) => [
    `${noun}.state`,
    {
      name: `${noun}.state`,
      title: `Present state: ${noun}`,
      contentType: 'application/json',
      headers: {
        type: 'object',
        properties: { position: { type: 'string', description: 'Place in the log of the last fact that is in it.', pattern: '^[0-9]+$' } },
      },
      payload: { anyOf: [ref(`components/schemas/${noun}.state`), TOO_LARGE, { type: 'null' }] },
      bindings: keyed('The id.'),
    },
  ]),
  schemas: tableOf(STATE_NOUNS, (noun) => [`${noun}.state`, jsonSchemaOf(STATE_DOCUMENTS[noun], DIALECT)]),
});

const commandParts = ({ prefix, mode }: AsyncApiOptions): Parts => {
  const message = (name: string, type: string, title: string, envelope: Partial<Envelope>, key: string): JsonSchema => ({
    name,
    title,
    ...envelopeSchema({ mode: 'structured', type, data: ref(`components/schemas/${name}`), ...envelope }),
    bindings: keyed(key),
  });
  return {
    channels: {
      commands: channel(commandsTopicOf(prefix), 'Operations of the HTTP API that somebody asks for, each answered on the other topic.', [
        'Command',
      ]),
      replies: channel(repliesTopicOf(prefix), 'Answers, refusals and malformed messages included.', ['Reply']),
    },
    operations: {
      takeCommand: {
        action: 'receive',
        channel: ref('channels/commands'),
        summary: 'Carries an operation out, once for each source and id of a CloudEvent.',
        reply: { channel: ref('channels/replies'), messages: [ref('channels/replies/messages/Reply')] },
      },
    },
    messages: {
      Command: message(
        'Command',
        COMMAND_TYPE,
        'Asks for an operation',
        { isOurs: false },
        'Commands of one key are carried out in order.',
      ),
      Reply: {
        ...message('Reply', REPLY_TYPE, 'Answers a command', { mode, isOurs: false }, 'That of the command; its id where it had none.'),
        correlationId: correlatedBy('correlationid', mode),
      },
    },
    schemas: { Command: jsonSchemaOf(commandForm, DIALECT), Reply: jsonSchemaOf(replyForm, DIALECT) },
  };
};

const correlatedBy = (attribute: string, mode: AsyncApiOptions['mode']): JsonSchema => ({
  location: mode === 'structured' ? `$message.payload#/${attribute}` : `$message.header#/ce_${attribute}`,
});

const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
