import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addKafkaOptions, type KafkaFlags, kafkaOf, kafkaThreadData } from '../src/serveKafka.ts';

const optionsOf = (...args: readonly string[]) => {
  const command = addKafkaOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
  command.parse([...args], { from: 'user' });
  return kafkaOf(command.opts<KafkaFlags>()).kafka;
};

describe('The options on Kafka', () => {
  test('say nothing unless brokers are named', () => {
    expect(optionsOf()).toBeUndefined();
    expect(optionsOf('--kafka', 'k1')).toEqual({ connection: { brokers: ['k1:9092'] }, prefix: 'wharf', mode: 'structured' });
  });

  test('name brokers with or without ports', () => {
    const brokers = optionsOf('--kafka', 'k1.internal:9093, 10.0.0.7,[fd00::7]:9094,[fd00::8]')?.connection.brokers;
    expect(brokers).toEqual(['k1.internal:9093', '10.0.0.7:9092', '[fd00::7]:9094', '[fd00::8]:9092']);
  });

  test('say how topics are made, and how brokers are reached', () => {
    expect(
      optionsOf(
        ...['--kafka', 'k', '--kafka-prefix', 'eu.wharf', '--kafka-mode', 'binary', '--kafka-state', '--kafka-api', 'https://w.internal/'],
        ...['--kafka-create-topics', '--kafka-partitions', '6', '--kafka-replication', '3'],
        ...['--kafka-topic-config', 'retention.ms=-1', '--kafka-topic-config', 'a=b=c'],
        ...['--kafka-ca', 'ca.pem', '--kafka-certificate', 'c.pem', '--kafka-key', 'k.pem'],
        ...['--kafka-sasl', 'scram-sha-512', '--kafka-user', 'wharf', '--kafka-password-file', 'secret'],
      ),
    ).toEqual({
      connection: {
        brokers: ['k:9092'],
        tls: { caFile: 'ca.pem', certificateFile: 'c.pem', keyFile: 'k.pem' },
        sasl: { mechanism: 'scram-sha-512', username: 'wharf', passwordFile: 'secret' },
      },
      prefix: 'eu.wharf',
      mode: 'binary',
      api: 'https://w.internal',
      state: true,
      create: { partitions: 6, replication: 3, config: { 'retention.ms': '-1', a: 'b=c' } },
    });
    expect(optionsOf('--kafka', 'k', '--kafka-tls')?.connection).toEqual({ brokers: ['k:9092'], tls: {} });
  });

  test('keep how far the log was published in the data directory', () => {
    const options = { connection: { brokers: ['k:9092'] }, prefix: 'wharf', mode: 'structured' } as const;
    expect(kafkaThreadData(options, '/srv/wharf', '/srv/wharf/mirror.sqlite')).toEqual({
      ...options,
      logFile: '/srv/wharf/mirror.sqlite',
      publishedFile: '/srv/wharf/kafka/published.json',
    });
  });

  test.each([
    [['--kafka', 'k:0'], /'k:0' is no broker/],
    [['--kafka', 'k1,,k2'], /'' is no broker/],
    [['--kafka', 'k:70000'], /is no broker/],
    [['--kafka', 'http://k'], /is no broker/],
    [['--kafka', 'k', '--kafka-prefix', 'a b'], /--kafka-prefix: 'a b' is no beginning/],
    [['--kafka', 'k', '--kafka-prefix', '..'], /is no beginning/],
    [['--kafka', 'k', '--kafka-prefix', 'x'.repeat(201)], /200 at most/],
    [['--kafka', 'k', '--kafka-partitions', '0'], /--kafka-partitions: '0' is no number from 1/],
    [['--kafka', 'k', '--kafka-partitions', '3'], /need --kafka-create-topics/],
    [['--kafka', 'k', '--kafka-create-topics', '--kafka-topic-config', 'retention'], /'retention' is no setting/],
    [['--kafka', 'k', '--kafka-key', 'k.pem'], /--kafka-certificate and --kafka-key go together/],
    [['--kafka', 'k', '--kafka-user', 'u'], /--kafka-sasl, --kafka-user and --kafka-password-file go together/],
    [['--kafka', 'k', '--kafka-api', 'w.internal'], /--kafka-api: 'w.internal' is no http or https URL/],
    [['--kafka-create-topics'], /--kafka-create-topics says how Kafka is used: it needs --kafka/],
    [['--kafka-prefix', 'p'], /--kafka-prefix says how/],
  ])('%j is refused', (args, words) => {
    expect(() => optionsOf(...args)).toThrow(words);
  });
});
