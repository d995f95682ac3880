import { createPrivateKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import kafkajs from 'kafkajs';

import { expect, onTestFinished, test } from 'vitest';
import { kafkaOf, SASL_MECHANISMS } from '../../src/adapters/kafka/connection.ts';
import { openFactReader } from '../../src/adapters/log/sqlite/factReader.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { startKafka } from '../../src/kafkaServer.ts';
import type { KafkaThreadData } from '../../src/kafkaThread.ts';
import { issueCertificates } from '../support/certificates.ts';
import { describeWithKafka, kcatReads, startKafkaBrokers, whyNoKafka } from '../support/kafkaBroker.ts';
import { appendLives, deliveryOf, publishedUpTo, startPublisherProcess } from '../support/publishing.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { wireFact } from '../support/wireFacts.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const ROUNDS = 12;

describeWithKafka('The log on a cluster of Kafka', await whyNoKafka(), () => {
  test(`every fact arrives, in order per stream, while each of three brokers is killed in turn, ${ROUNDS} times in all`, async () => {
    const kafka = await startKafkaBrokers(3, { 'min.insync.replicas': '2' });
    onTestFinished(() => kafka.stop());
    const folder = temporaryFolder();
    const logFile = join(folder, 'log.sqlite');
    const publishedFile = join(folder, 'published.json');
    const connection = { brokers: kafka.addresses };
    const create = { partitions: 6, replication: 3 };
    const data: KafkaThreadData = { logFile, publishedFile, connection, prefix: 'carried', mode: 'structured', create };
    const log = await openSqliteLog({ path: logFile });
    let publisher = startPublisherProcess(data);
    for (let round = 0; round < ROUNDS; round++) {
      const broker = kafka.brokers[round % 3];
      const before = log.head();
      const appending = appendLives(log, 200, 100, before + 1);
      await publishedUpTo(publishedFile, before + 1);
      await (round % 2 === 0 ? broker?.kill() : broker?.stop());
      if (round % 4 === 3) {
        await publisher.kill();
        publisher = startPublisherProcess(data);
      }
      // Two of three go on taking all there is.
      await appending;
      await publishedUpTo(publishedFile, log.head(), 120_000);
      await broker?.start();
    }
    await publisher.stop();
    await log.close();
    const reader = openFactReader(logFile);
    const facts = reader.page(0, reader.head(), reader.head());
    reader.close();
    const delivery = await deliveryOf(kafka.addresses, 'carried.instance', facts);
    console.log(`published ${delivery.facts} facts to three brokers, ${delivery.again} of them again`);
    expect(delivery).toMatchObject({ facts: ROUNDS * 20_000, missing: [], strange: [], disordered: [], changed: [] });
  });

  test('brokers that ask who it is are logged in to over TLS, and what it may not do is told by name', async () => {
    const folder = temporaryFolder();
    await issueCertificates(folder, ['127.0.0.1']);
    const at = (name: string) => join(folder, name);
    const key = await readFile(at('h1-key.pem'), 'utf8');
    // Java reads keys in PKCS #8 only.
    await writeFile(
      at('keystore.pem'),
      createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }) + (await readFile(at('h1.pem'), 'utf8')),
    );
    const users = { wharf: 'let-me-in', guest: 'guest' };
    const properties = {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:wharf',
    };
    const kafka = await startKafkaBrokers(1, properties, { keystore: at('keystore.pem'), users });
    onTestFinished(() => kafka.stop());
    const logFile = at('log.sqlite');
    const log = await openSqliteLog({ path: logFile });
    onTestFinished(() => log.close());
    await log.append('instance-1', -1, [wireFact(1), wireFact(2)]);
    const publishing = async (name: string, mechanism: KafkaSasl, username: string, password: string, ca = 'ca.pem') => {
      await writeFile(at('password'), `${password}\n`);
      const server = startKafka(
        {
          logFile,
          publishedFile: at(`${name}.json`),
          connection: { brokers: [kafka.secured], tls: { caFile: at(ca) }, sasl: { mechanism, username, passwordFile: at('password') } },
          prefix: name,
          mode: 'structured',
          create: {},
        },
        () => {},
      );
      while (server.status().trouble === null && server.status().position < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      const { trouble, position } = server.status();
      await server.close();
      return { position, trouble: trouble?.text };
    };
    for (const mechanism of SASL_MECHANISMS) {
      expect(await publishing(mechanism, mechanism, 'wharf', 'let-me-in')).toEqual({ position: 2, trouble: undefined });
      const keys: string[] = [];
      await kcatReads(kafka.addresses, `${mechanism}.instance`, '%k', (line) => keys.push(line));
      expect(keys).toEqual(['instance-1', 'instance-1']);
      const refused = await publishing('refused', mechanism, 'wharf', 'wrong');
      expect(refused).toMatchObject({ position: 0, trouble: expect.stringMatching(/^not authorized to log in: /) });
    }
    expect((await publishing('unproven', 'plain', 'wharf', 'let-me-in', 'client.pem')).trouble).toMatch(/certificate/);
    const guest = () => publishing('guest', 'plain', 'guest', 'guest');
    expect(await guest()).toEqual({ position: 0, trouble: 'not authorized to write as an idempotent producer' });
    const admin = kafkaOf({ brokers: kafka.addresses }, 'test').admin();
    await admin.connect();
    onTestFinished(() => admin.disconnect());
    const allow = (resourceName: string, operation: number) =>
      admin.createAcls({
        acl: [
          {
            resourceType: AclResourceTypes.TOPIC,
            resourceName,
            resourcePatternType: ResourcePatternTypes.LITERAL,
            principal: 'User:guest',
            host: '*',
            operation,
            permissionType: AclPermissionTypes.ALLOW,
          },
        ],
      });
    await allow('elsewhere', AclOperationTypes.WRITE);
    expect(await guest()).toEqual({ position: 0, trouble: 'not authorized to describe the topic guest.instance' });
    await admin.createTopics({ topics: [{ topic: 'guest.instance' }] });
    await allow('guest.instance', AclOperationTypes.DESCRIBE);
    expect(await guest()).toEqual({ position: 0, trouble: 'not authorized to write to guest.instance' });
    await allow('guest.instance', AclOperationTypes.WRITE);
    expect(await guest()).toEqual({ position: 2, trouble: undefined });
  });
});

type KafkaSasl = (typeof SASL_MECHANISMS)[number];
