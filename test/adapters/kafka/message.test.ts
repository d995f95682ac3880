import { CloudEvent, Kafka } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MessageOptions, messageOf, referenceOf } from '../../../src/adapters/kafka/message.ts';
import type { FactForm } from '../../../src/domain/kernel/codec.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import { nouns } from '../../../src/domain/nouns.ts';
import { builders, ofPods, timerElapsed } from '../../support/facts.ts';
import { historyNames, storedHistory } from '../../support/histories.ts';
import { plainSealer } from '../../support/sealer.ts';
import { wireFact } from '../../support/wireFacts.ts';

const options: MessageOptions = { prefix: 'wharf', source: 'urn:wharfinger:log:0123', mode: 'structured' };

const stored = (noun: string, type: string, data: string, over: Parameters<typeof wireFact>[1] = {}): StoredFact => ({
  ...wireFact(7, { type, data, ...over }),
  stream: `${noun}-/shop/web`,
  revision: 3,
  position: 4_294_967_296,
});

const formsOf = Object.values(nouns).flatMap(({ noun, codec }) =>
  Object.entries<FactForm>(codec.forms).map(([type, form]) => ({ noun, codec, type, form })),
);
const samples: readonly StoredFact[] = [
  ...formsOf.map(({ noun, codec, type }) => {
    const fact = type === 'TimerElapsed' ? timerElapsed() : builders[noun]?.[type]?.();
    return stored(noun, codec.wireName(type), codec.encode(fact as never, plainSealer));
  }),
  ...ofPods.map((fact) => stored('instance', `${fact.type}.v1`, nouns.instance?.codec.encode(fact, plainSealer) ?? '')),
];

/** As a consumer with CloudEvents' own library reads it: strictly. */
const read = ({ value, headers, key }: ReturnType<typeof messageOf>): CloudEvent<unknown> => {
  const event = Kafka.toEvent({ value, headers, key, body: value } as never) as CloudEvent<unknown>;
  return new CloudEvent({ ...event, time: event.time ?? '' }, true);
};

describe('a fact as a message', () => {
  test('is a CloudEvent in its noun’s topic, keyed by its stream', () => {
    const fact = stored('instance', 'InstancePlaced.v1', '{"node":"berth-1"}', {
      meta: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
    });
    const message = messageOf(fact, options);
    expect({ topic: message.topic, key: message.key, headers: message.headers }).toEqual({
      topic: 'wharf.instance',
      key: 'instance-/shop/web',
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    });
    expect(JSON.parse(message.value ?? '')).toEqual({
      specversion: '1.0',
      id: fact.id,
      source: 'urn:wharfinger:log:0123',
      type: 'dev.wharfinger.InstancePlaced.v1',
      subject: 'instance-/shop/web',
      time: '2030-01-01T00:00:00.007Z',
      datacontenttype: 'application/json',
      dataschema: 'urn:wharfinger:schema:InstancePlaced.v1',
      partitionkey: 'instance-/shop/web',
      position: '4294967296',
      revision: 3,
      term: 1,
      correlationid: fact.meta.correlationId,
      causationid: fact.meta.causationId,
      by: 'engine',
      state: 'starting',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
      data: { node: 'berth-1' },
    });
  });

  test.for(['structured', 'binary'] as const)('of every type is read by CloudEvents’ own library in %s mode', (mode) => {
    for (const fact of samples) {
      const event = read(messageOf(fact, { ...options, mode, api: 'https://wharf.example' }));
      expect(event).toMatchObject({ id: fact.id, subject: fact.stream, dataschema: `https://wharf.example/v1/schemas/${fact.type}` });
      expect(event.data).toBeTypeOf('object');
    }
  });

  test('too large to be sent refers to the place where it is read', () => {
    const [fact] = samples as [StoredFact];
    const { value } = referenceOf(fact, { ...options, api: 'https://wharf.example' });
    const event = JSON.parse(value ?? '');
    expect(event).toMatchObject({ id: fact.id, dataref: 'https://wharf.example/v1/events?position=4294967296' });
    expect(event).not.toHaveProperty('data');
    expect(read(referenceOf(fact, options)).dataref).toBe('/v1/events?position=4294967296');
    const binary = referenceOf(fact, { ...options, mode: 'binary' });
    expect(binary.value).toBe('');
    expect(binary.headers.ce_dataref).toBe('/v1/events?position=4294967296');
  });

  test('keeps to CloudEvents’ alphabet whatever its stream and its author are called', () => {
    const fact = { ...stored('node', 'NodeReturned.v1', '{}', { meta: { by: 'a\u0000b\ud800' } }), stream: 'node-a\u0007b' };
    expect(read(messageOf(fact, options))).toMatchObject({ subject: 'node-a\ufffdb', by: 'a\ufffdb\ufffd' });
  });
});

describe('what is sensitive', () => {
  const SECRET = 'hunter2-hunter2';
  const isHeld = (fact: StoredFact): void => {
    for (const mode of ['structured', 'binary'] as const)
      for (const message of [messageOf(fact, { ...options, mode }), referenceOf(fact, { ...options, mode })]) {
        const text = JSON.stringify(message);
        expect(text).not.toContain(SECRET);
        expect(text).not.toContain([...SECRET].reverse().join(''));
        expect(text).not.toContain('$sealed');
      }
  };

  test('is there in some types, so that something is tested', () => {
    expect(formsOf.filter(({ form }) => form.sensitive !== undefined).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['AppVersionAdded', 'MemberChangePlanned', 'RequestReceived']),
    );
  });

  test('is in no message of any golden or stored history, and a marker stands in its place', () => {
    let marked = 0;
    for (const fact of [...samples, ...historyNames().flatMap(storedHistory)]) {
      const text = messageOf(fact, options).value ?? '';
      expect(text).not.toContain('$sealed');
      if (fact.data.includes('$sealed')) {
        expect(text).toContain('{"$withheld":"sensitive"}');
        marked++;
      }
    }
    expect(marked).toBeGreaterThan(20);
  });

  test.for(formsOf.filter(({ form }) => form.sensitive !== undefined))(
    'never leaves in $type, sealed or plain, whatever its shape',
    ({ noun, type, codec, form }) => {
      const secret = fc.constantFrom<unknown>(SECRET, { deep: [SECRET] }, [SECRET], { [SECRET]: 1 }, { $sealed: SECRET, key: 'app:/x' });
      const steps = fc.constantFrom('record', 'array');
      fc.assert(
        fc.property(
          fc.constantFrom(...(form.sensitive?.paths ?? [])),
          secret,
          fc.array(steps, { minLength: 9, maxLength: 9 }),
          (path, value, shapes) => {
            const planted = path.reduceRight<unknown>(
              (inner, key, nth) =>
                key !== '*' ? { other: 1, [key]: inner } : shapes[nth] === 'array' ? ['x', inner] : { a: 'x', b: inner },
              value,
            );
            isHeld(stored(noun, codec.wireName(type), JSON.stringify(planted)));
          },
        ),
        { numRuns: 100 },
      );
    },
  );

  test('is held where no form speaks of it, and in escapes', () => {
    isHeld(stored('node', 'NodeCordoned.v1', `{"reason":{"$sealed":"${SECRET}","key":"app:/x"}}`));
    isHeld(stored('node', 'NodeCordoned.v1', `{"reason":{"\\u0024sealed":"${SECRET}","key":"app:/x"}}`));
    isHeld(stored('node', 'NodeCordoned.v1', `{"reason":{"$se\\u0061led":"${SECRET}","key":"app:/x"}}`));
  });

  test.for([
    ['a type that nobody knows', 'SecretTold.v1'],
    ['a version to come', 'AppVersionAdded.v99'],
  ])('is unknown in %s: all of it is held', ([, type]) => {
    const fact = stored('app', type as string, `{"password":"${SECRET}"}`);
    isHeld(fact);
    const event = JSON.parse(messageOf(fact, options).value ?? '');
    expect(event.data).toEqual({ $withheld: 'unreadable' });
    expect(event).not.toHaveProperty('dataschema');
  });

  test('is unknown in what a stranger wrote, whatever he called it', () => {
    const fact = stored('instance', 'InstancePlaced.v1', `{"$stranger":{"data":"${SECRET}"}}`);
    isHeld(fact);
    expect(JSON.parse(messageOf(fact, options).value ?? '').data).toEqual({ $withheld: 'unreadable' });
  });
});
