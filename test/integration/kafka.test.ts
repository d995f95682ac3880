import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFactReader } from '../../src/adapters/log/sqlite/factReader.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import type { KafkaThreadData } from '../../src/kafkaThread.ts';
import { eventually, type Json } from '../support/api.ts';
import { describeWithKafka, type KafkaBrokers, kcatReads, startKafkaBrokers, whyNoKafka } from '../support/kafkaBroker.ts';
import { appendLives, deliveryOf, publishedUpTo, startPublisherProcess } from '../support/publishing.ts';
import { simulatedServer } from '../support/simulatedServer.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { wireFact } from '../support/wireFacts.ts';

const PER_STREAM = 100;
const STREAMS = 200;

describeWithKafka('The log on Kafka', await whyNoKafka(), () => {
  let kafka: KafkaBrokers;
  beforeAll(async () => {
    kafka = await startKafkaBrokers();
  });
  afterAll(() => kafka?.stop());
  const [connection] = [() => ({ brokers: kafka.addresses })];

  test('every fact arrives, in order per stream, while broker and publisher are restarted and killed', { timeout: 240_000 }, async () => {
    const folder = temporaryFolder();
    const logFile = join(folder, 'log.sqlite');
    const publishedFile = join(folder, 'kafka', 'published.json');
    const data: KafkaThreadData = { logFile, publishedFile, connection: connection(), prefix: 'carried', mode: 'structured', create: {} };
    const log = await openSqliteLog({ path: logFile });
    const [broker] = kafka.brokers;
    if (broker === undefined) throw new Error('no broker');
    let publisher = startPublisherProcess(data);
    // In each round so many facts are new, and something happens when the first of them have arrived.
    const happenings = [
      async () => {
        await broker.stop();
        await broker.start();
      },
      async () => {
        await broker.kill();
        await broker.start();
      },
      async () => {
        await publisher.kill();
        publisher = startPublisherProcess(data);
      },
      async () => {
        await broker.stop();
        await broker.start();
      },
      async () => {
        await publisher.stop();
        publisher = startPublisherProcess(data);
      },
    ];
    for (const happens of happenings) {
      const before = log.head();
      const appending = appendLives(log, STREAMS, PER_STREAM, before + 1);
      await publishedUpTo(publishedFile, before + 1);
      await happens();
      await appending;
    }
    await publishedUpTo(publishedFile, log.head());
    await publisher.stop();
    await log.close();
    const reader = openFactReader(logFile);
    const facts = reader.page(0, reader.head(), reader.head());
    reader.close();
    const delivery = await deliveryOf(kafka.addresses, 'carried.instance', facts);
    console.log(`published ${delivery.facts} facts, ${delivery.again} of them again`);
    expect(delivery).toMatchObject({ facts: 100_000, missing: [], strange: [], disordered: [], changed: [] });
  });

  test('an engine answers while the broker is away, tells how far Kafka is behind, and catches up', { timeout: 120_000 }, async () => {
    const [broker] = kafka.brokers;
    const server = await simulatedServer(1, {
      kafka: { connection: connection(), prefix: 'engine', mode: 'structured', create: { partitions: 2 } },
    });
    const { api } = server;
    const caughtUp = () =>
      eventually(api, 'Kafka has all of the log', async () => {
        const status = await api.get('/v1/kafka');
        return status.position === server.engine.log.head() && status.lagFacts === 0 ? status : undefined;
      });
    await api.ask('POST', '/v2/apps', { id: '/before', cmd: 'sleep 1000', instances: 1 });
    await server.atRest();
    expect(await caughtUp()).toMatchObject({ prefix: 'engine', trouble: null, lagSeconds: 0 });

    await broker?.kill();
    await api.ask('POST', '/v2/apps', { id: '/meanwhile', cmd: 'sleep 1000', instances: 1 });
    await server.atRest();
    const behind = await eventually(api, 'the engine knows', async () => {
      const status: Json = await api.get('/v1/kafka');
      return status.trouble !== null && status.lagFacts > 0 ? status : undefined;
    });
    expect(behind.lagSeconds).toBeGreaterThan(0);
    expect(behind.errors).toBeGreaterThan(0);
    const metrics = async () => (await fetch(`${server.url}/metrics/prometheus`)).text();
    expect(await metrics()).toMatch(/^wharf_kafka_lag_facts [1-9]/m);

    await broker?.start();
    expect(await caughtUp()).toMatchObject({ trouble: null });
    expect(await metrics()).toMatch(/^wharf_kafka_lag_facts 0$/m);
    const apps = new Set<string>();
    await kcatReads(kafka.addresses, 'engine.app', '%k', (key) => apps.add(key));
    expect([...apps].sort()).toEqual(['app-/before', 'app-/meanwhile']);
  });

  test('a topic that takes less gets references to what is too large for it, in their places', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const logFile = join(folder, 'log.sqlite');
    const publishedFile = join(folder, 'published.json');
    const log = await openSqliteLog({ path: logFile });
    const large = { data: JSON.stringify({ node: 'n'.repeat(5_000) }) };
    await log.append(
      'instance-1',
      -1,
      Array.from({ length: 40 }, (_, n) => wireFact(n, n % 20 === 7 ? large : {})),
    );
    const create = { config: { 'max.message.bytes': '2500' } };
    const publisher = startPublisherProcess({
      logFile,
      publishedFile,
      connection: connection(),
      prefix: 'little',
      mode: 'structured',
      create,
    });
    await publishedUpTo(publishedFile, 40);
    await publisher.stop();
    await log.close();
    const first = new Map<number, Json>();
    await kcatReads(kafka.addresses, 'little.instance', '%s', (line) => {
      const event = JSON.parse(line);
      if (!first.has(event.revision)) first.set(event.revision, event);
    });
    expect([...first.keys()]).toEqual(Array.from({ length: 40 }, (_, n) => n));
    const references = [...first.values()].filter(({ dataref }) => dataref !== undefined);
    expect(references).toMatchObject([{ dataref: '/v1/events?position=8' }, { dataref: '/v1/events?position=28' }]);
    for (const { data, dataref } of first.values()) expect(data === undefined).toBe(dataref !== undefined);
  });

  test('a topic that is missing is asked for by name', { timeout: 60_000 }, async () => {
    const server = await simulatedServer(0, { kafka: { connection: connection(), prefix: 'asked', mode: 'structured' } });
    const { api } = server;
    const told = await eventually(api, 'the topic is asked for', async () => (await api.get('/v1/kafka')).trouble?.text);
    expect(told).toMatch(/there is no topic asked\.\w+.*--kafka-create-topics/);
  });
});
