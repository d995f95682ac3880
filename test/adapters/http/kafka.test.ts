import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { createHttp } from '../../../src/adapters/http/http.ts';
import type { PublisherStatus } from '../../../src/domain/ports/publishing.ts';
import { sentenceOf } from '../../../src/projections/sentences.ts';
import { memoryLog } from '../../support/memoryLog.ts';
import { createWorld } from '../../support/world.ts';

const STATUS: PublisherStatus = {
  brokers: ['k1:9092'],
  prefix: 'wharf',
  cluster: 'c1',
  position: 40,
  head: 42,
  lagFacts: 2,
  lagSeconds: 1.5,
  published: 39,
  byReference: 1,
  errors: 3,
  trouble: { at: 1_893_456_000_000, text: 'connect ECONNREFUSED' },
};

const serving = async (kafka?: () => PublisherStatus) => {
  const world = await createWorld({ log: memoryLog(), clock: systemClock() });
  const http = createHttp({ engine: world.engine, sentenceOf, auth: 'none', version: '0', ...(kafka !== undefined && { kafka }) });
  onTestFinished(async () => {
    await http.close();
    await world.engine.stop();
  });
  return http;
};

test('how far the log was published is told, and so is what is in the way', async () => {
  const http = await serving(() => STATUS);
  const answer = await http.inject('/v1/kafka');
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toEqual({ ...STATUS, trouble: { at: '2030-01-01T00:00:00.000Z', text: 'connect ECONNREFUSED' } });
});

test('the metrics say the same', async () => {
  const http = await serving(() => STATUS);
  const { body } = await http.inject('/metrics/prometheus');
  expect(body.split('\n').filter((line) => line.startsWith('wharf_kafka_'))).toEqual([
    'wharf_kafka_lag_facts 2',
    'wharf_kafka_lag_seconds 1.5',
    'wharf_kafka_connected 1',
    'wharf_kafka_published_total 39',
    'wharf_kafka_by_reference_total 1',
    'wharf_kafka_errors_total 3',
  ]);
});

test('an engine that publishes nothing says so, and has no such metrics', async () => {
  const http = await serving();
  const answer = await http.inject('/v1/kafka');
  expect(answer.statusCode).toBe(501);
  expect(answer.json().message).toBe('This engine publishes nothing: it was started without --kafka.');
  expect((await http.inject('/metrics/prometheus')).body).not.toContain('wharf_kafka');
});
