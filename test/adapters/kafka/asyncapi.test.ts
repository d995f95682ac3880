import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { type AsyncApiOptions, asyncApiOf } from '../../../src/adapters/kafka/asyncapi.ts';
import { messageOf } from '../../../src/adapters/kafka/message.ts';
import { createKafkaState } from '../../../src/kafkaState.ts';
import { historyNames, storedHistory } from '../../support/histories.ts';

const options: AsyncApiOptions = {
  prefix: 'wharf',
  mode: 'structured',
  version: '1.2.3',
  brokers: ['kafka-1.example:9092', 'kafka-2.example:9092'],
  state: true,
  commands: true,
};

const newAjv = (options: object = {}): Ajv => {
  const ajv = new Ajv({ allErrors: true, strict: false, ...options });
  addFormats.default(ajv);
  return ajv;
};

// biome-ignore lint/suspicious/noExplicitAny: a document that is read by its paths
const document = (over: Partial<AsyncApiOptions> = {}): any => JSON.parse(JSON.stringify(asyncApiOf({ ...options, ...over })));

describe('the description of what goes over Kafka', () => {
  // It brings the schema of schemas along.
  const isAsyncApi = newAjv({ meta: false, validateSchema: false }).compile(specs.schemas['3.0.0'] as object);

  test.for<readonly [string, Partial<AsyncApiOptions>]>([
    ['everything', {}],
    ['facts alone', { state: false, commands: false }],
    ['binary mode', { mode: 'binary' }],
    ['unknown brokers', { brokers: [] }],
  ])('of %s is an AsyncAPI 3.0 document', ([, over]) => {
    expect(isAsyncApi(document(over)) ? [] : isAsyncApi.errors).toEqual([]);
  });

  test('refers to nothing that it does not hold', () => {
    const whole = document();
    const refs = [...JSON.stringify(whole).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    expect(refs.length).toBeGreaterThan(100);
    for (const path of new Set(refs)) {
      const found = path.split('/').reduce((node, key) => node?.[key.replaceAll('~1', '/')], whole);
      expect({ path, found }).toEqual({ path, found: expect.any(Object) });
    }
  });

  test('names the topics, the compacted ones as such', () => {
    const { channels, operations } = document({ prefix: 'harbour' });
    expect(channels.instance.address).toBe('harbour.instance');
    expect(channels.appState).toMatchObject({
      address: 'harbour.app.state',
      bindings: { kafka: { topicConfiguration: { 'cleanup.policy': ['compact'] } } },
    });
    expect(operations.takeCommand.reply.channel.$ref).toBe('#/channels/replies');
  });
});

describe.for(['structured', 'binary'] as const)('messages of stored histories in %s mode', (mode) => {
  const whole = document({ mode });
  const ajv = newAjv();
  ajv.addSchema(whole, 'doc');
  const valid = (pointer: string, value: unknown): unknown => {
    const validate = ajv.getSchema(`doc#${pointer}`) ?? ajv.compile({ $ref: `doc#${pointer}` });
    return validate(value) ? [] : { pointer, value, errors: validate.errors };
  };

  test('are what the description says of facts', () => {
    const facts = historyNames().flatMap(storedHistory);
    for (const fact of facts) {
      const { value, headers, topic } = messageOf(fact, { prefix: 'wharf', source: 'urn:wharfinger:log:1', mode });
      expect(whole.channels[topic.split('.')[1] ?? ''].messages).toHaveProperty([fact.type]);
      expect(valid(`/components/messages/${fact.type}/payload`, JSON.parse(value ?? ''))).toEqual([]);
      if (mode === 'binary') expect(valid(`/components/messages/${fact.type}/headers`, headers)).toEqual([]);
    }
  });

  test('are what it says of the present', () => {
    for (const name of historyNames()) {
      const state = createKafkaState('wharf', expect.unreachable);
      for (const { topic, value, headers } of state.changes(storedHistory(name))) {
        const noun = topic.split('.')[1];
        expect(valid(`/components/messages/${noun}.state/payload`, value === null ? null : JSON.parse(value))).toEqual([]);
        expect(valid(`/components/messages/${noun}.state/headers`, headers)).toEqual([]);
      }
    }
  });
});

test('a document that is none is told apart', () => {
  const isAsyncApi = newAjv({ meta: false, validateSchema: false }).compile(specs.schemas['3.0.0'] as object);
  const { channels, ...others } = document();
  expect(isAsyncApi({ ...others, channels: { ...channels, app: { ...channels.app, address: 5 } } })).toBe(false);
});
