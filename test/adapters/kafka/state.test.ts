import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../../src/adapters/kafka/message.ts';
import { jsonSchemaOf } from '../../../src/adapters/kafka/schemas.ts';
import { STATE_DOCUMENTS } from '../../../src/adapters/kafka/stateDocuments.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import { createKafkaState } from '../../../src/kafkaState.ts';
import { historyNames, storedHistory } from '../../support/histories.ts';

const histories = historyNames().map((name) => ({ name, facts: storedHistory(name) }));

/** What a compacted topic holds in the end. */
type Compacted = Map<string, unknown>;
const compact = (topics: Compacted, messages: readonly Message[]): Compacted => {
  for (const { topic, key, value } of messages) {
    if (value === null) topics.delete(`${topic} ${key}`);
    else topics.set(`${topic} ${key}`, JSON.parse(value));
  }
  return topics;
};

const readerOf = (facts: readonly StoredFact[]) => ({
  page: (after: number, upTo: number, max: number) => facts.filter(({ position }) => position > after && position <= upTo).slice(0, max),
});

const started = () => createKafkaState('wharf', (text) => expect.unreachable(text));

const told = (facts: readonly StoredFact[], size: number, topics: Compacted = new Map(), from = 0): Compacted => {
  const state = started();
  state.skipTo(readerOf(facts), from);
  const rest = facts.filter(({ position }) => position > from);
  for (let at = 0; at < rest.length; at += size) compact(topics, state.changes(rest.slice(at, at + size)));
  return topics;
};

const present = (facts: readonly StoredFact[]): Compacted => {
  const state = started();
  state.skipTo(readerOf(facts), facts.at(-1)?.position ?? 0);
  return compact(new Map(), state.whole());
};

describe.for(histories)('the present of $name', ({ facts }) => {
  test('is in the compacted topics, by batches of any size', () => {
    const whole = present(facts);
    for (const size of [1, 7, 100, facts.length]) expect(told(facts, size)).toEqual(whole);
  });

  test('is so at any fact, and right again after a restart that tells some of it twice', () => {
    const step = Math.ceil(facts.length / 12);
    for (let end = step; end <= facts.length; end += step) {
      const before = facts.slice(0, end);
      const topics = told(before, 5);
      expect(topics).toEqual(present(before));
      // Told up to `end`, but the checkpoint stands earlier.
      const checkpoint = before[Math.max(0, end - 9)]?.position ?? 0;
      expect(told(facts, 11, topics, checkpoint)).toEqual(present(facts));
    }
  });
});

describe('what is told of the present', () => {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
  const schemas = Object.fromEntries(
    Object.entries(STATE_DOCUMENTS).map(([noun, schema]) => [`wharf.${noun}.state`, ajv.compile(jsonSchemaOf(schema, 'draft-2020-12'))]),
  );
  const messages = histories.flatMap(({ facts }) => {
    const state = started();
    return facts.flatMap((fact) => state.changes([fact]));
  });

  test('is of every kind, and as its schema says, with no field that it does not name', () => {
    expect(new Set(messages.map(({ topic }) => topic))).toEqual(new Set(Object.keys(schemas)));
    for (const { topic, value } of messages) {
      if (value === null) continue;
      const document = JSON.parse(value);
      const validate = schemas[topic];
      expect({ topic, document, errors: validate?.(document) ? null : validate?.errors }).toEqual({ topic, document, errors: null });
      const noun = topic.split('.')[1] as keyof typeof STATE_DOCUMENTS;
      expect(Object.keys(STATE_DOCUMENTS[noun].shape)).toEqual(expect.arrayContaining(Object.keys(document)));
    }
  });

  test('holds nothing that is sealed, and no secret: a marker stands there', () => {
    const text = JSON.stringify(messages);
    expect(text).not.toContain('$sealed');
    expect(text).toContain('$withheld');
    const envs = messages.flatMap(({ topic, value }) =>
      topic === 'wharf.app.state' && value !== null ? [JSON.parse(value).definition.env] : [],
    );
    expect(envs.some((env) => Object.keys(env).length > 0)).toBe(true);
    for (const env of envs) for (const each of Object.values(env)) expect(each).toEqual({ $withheld: 'sensitive' });
  });

  test('ends with a tombstone behind the last of what has ended', () => {
    const ends = messages.flatMap(({ topic, value }, nth) =>
      /instance|deployment|plan/.test(topic) && value !== null && JSON.parse(value).endedAt !== undefined ? [messages[nth + 1]] : [],
    );
    expect(ends.length).toBeGreaterThan(10);
    for (const next of ends) expect(next?.value).toBeNull();
  });
});
