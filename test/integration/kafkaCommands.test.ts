import { Partitioners } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rootOfCommand } from '../../src/adapters/kafka/commandDesk.ts';
import { COMMAND_TYPE } from '../../src/adapters/kafka/commandForms.ts';
import { kafkaOf } from '../../src/adapters/kafka/connection.ts';
import { type Api, eventually, type Json } from '../support/api.ts';
import { describeWithKafka, type KafkaBrokers, kcatReads, startKafkaBrokers, whyNoKafka } from '../support/kafkaBroker.ts';
import { openSimulatedServer, simulatedServer } from '../support/simulatedServer.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const definition = (id: string, more: object = {}): object => ({ id, cmd: 'sleep 1000', instances: 1, cpus: 0.01, mem: 8, ...more });

describeWithKafka('Integrations over Kafka', await whyNoKafka(), () => {
  let kafka: KafkaBrokers;
  beforeAll(async () => {
    kafka = await startKafkaBrokers();
  });
  afterAll(() => kafka?.stop());
  const options = (prefix: string) =>
    ({ connection: { brokers: kafka.addresses }, prefix, mode: 'structured', state: true, create: { partitions: 2 } }) as const;

  const told = (api: Api, head: () => number): Promise<unknown> =>
    eventually(api, 'Kafka has all of the log', async () => ((await api.get('/v1/kafka')).position === head() ? true : undefined));

  /** What a consumer makes of a compacted topic, without a look at anything else. */
  const present = async (topic: string): Promise<Map<string, Json>> => {
    const found = new Map<string, Json>();
    await kcatReads(kafka.addresses, topic, '%k %S %s', (line) => {
      const [, key = '', size, value = ''] = /^(\S+) (-?\d+) (.*)$/.exec(line) ?? [];
      if (Number(size) <= 0) found.delete(key);
      else found.set(key, JSON.parse(value));
    });
    return found;
  };

  test('a consumer rebuilds the list of apps from the compacted topic, also behind a restart', { timeout: 60_000 }, async () => {
    const dataDir = temporaryFolder();
    const listed = async (api: Api): Promise<Json> =>
      Object.fromEntries(
        (await api.get('/v2/apps')).apps.map(({ id, instances, cmd, env, labels, version }: Json) => [
          id,
          { instances, cmd, env: Object.keys(env), labels, version },
        ]),
      );
    const rebuilt = async (): Promise<Json> =>
      Object.fromEntries(
        [...(await present('present.app.state'))].map(
          ([
            id,
            {
              target,
              definition: { cmd, env, labels },
            },
          ]) => [id, { instances: target.instances, cmd, env: Object.keys(env), labels, version: target.version }],
        ),
      );

    const first = await openSimulatedServer({ dataDir, kafka: options('present') });
    for (const id of ['/shop/web', '/shop/db', '/gone'])
      await first.api.ask('POST', '/v2/apps', definition(id, { env: { PASSWORD: 'hunter2' }, labels: { of: id } }));
    await first.atRest();
    await first.api.ask('PUT', '/v2/apps/shop/web', { instances: 3 });
    await first.api.ask('DELETE', '/v2/apps/gone');
    await first.atRest();
    await told(first.api, first.engine.log.head);
    expect(await rebuilt()).toEqual(await listed(first.api));
    const instances = await present('present.instance.state');
    expect([...instances.keys()].sort()).toEqual([...first.engine.views.instances.live()].map(({ id }) => id).sort());
    await first.close();

    const second = await openSimulatedServer({ dataDir, nodes: 0, kafka: options('present') });
    try {
      await second.api.ask('DELETE', '/v2/apps/shop/db');
      await second.api.ask('POST', '/v2/apps', definition('/later', { instances: 0 }));
      await second.atRest();
      await told(second.api, second.engine.log.head);
      expect(Object.keys(await rebuilt()).sort()).toEqual(['/later', '/shop/web']);
      expect(await rebuilt()).toEqual(await listed(second.api));
    } finally {
      await second.close();
    }
    for (const topic of ['present.app.state', 'present.app', 'present.request'])
      await kcatReads(kafka.addresses, topic, '%s', (line) => expect(line).not.toMatch(/hunter2|\$sealed/));

    const admin = kafkaOf({ brokers: kafka.addresses }, 'looker').admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: 'present.app.state' }] });
    await admin.disconnect();
    expect(resources[0]?.configEntries.find(({ configName }) => configName === 'cleanup.policy')?.configValue).toBe('compact');
  });

  describe('commands', () => {
    const source = '/test/orders';
    const command = (id: string, data: unknown): object => ({ specversion: '1.0', id, source, type: COMMAND_TYPE, data });

    test('are carried out once and answered, refused, malformed and repeated ones too', { timeout: 90_000 }, async () => {
      const dataDir = temporaryFolder();
      const given = { ...options('orders'), commands: true };
      const first = await openSimulatedServer({ dataDir, kafka: given });
      const { api } = first;
      const producer = kafkaOf({ brokers: kafka.addresses }, 'integrator').producer({
        createPartitioner: Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      // The topic is made by the engine.
      await eventually(api, 'the topic is there', async () => {
        const topics = await kafkaTopics();
        return topics.includes('orders.commands') ? true : undefined;
      });
      const send = (...events: readonly unknown[]) =>
        producer.send({
          topic: 'orders.commands',
          messages: events.map((event) => ({
            key: 'web',
            value: typeof event === 'string' ? event : JSON.stringify(event),
            headers: { 'content-type': 'application/cloudevents+json' },
          })),
        });
      const create = command('1', { method: 'POST', path: '/v2/apps', body: definition('/web', { env: { PASSWORD: 'hunter2' } }) });
      await send(
        create,
        command('2', { method: 'POST', path: '/v2/apps', body: definition('/web') }),
        command('3', { method: 'PUT', path: '/v2/apps/bad', body: { instances: -1 } }),
        command('4', { method: 'GET', path: '/v2/apps' }),
        '{"not":"a command"}',
        create,
      );
      const replies = await replied(api, 6);
      expect(replies.map(({ correlationid, data }) => [correlationid, data.status])).toEqual([
        ['1', 201],
        ['2', 409],
        ['3', 422],
        ['4', 400],
        [undefined, 400],
        ['1', 201],
      ]);
      expect(replies[5]).toEqual(replies[0]);
      expect(replies[0].data.body).toMatchObject({ id: '/web', env: { PASSWORD: { $withheld: 'sensitive' } } });
      expect(replies[1].data.body.message).toContain('/web');
      expect(JSON.stringify(replies)).not.toContain('hunter2');
      await first.atRest();

      // The history knows who asked, and the reply names its root.
      const root = rootOfCommand({ source, id: '1' });
      expect(replies[0].requestid).toBe(root);
      const { facts } = await api.get(`/v1/events?stream=request-${root}`);
      expect(facts).toMatchObject([{ by: 'kafka:orders', data: { command: 'DeployApp', outcome: { kind: 'accepted' } } }]);
      expect(await requests(api)).toBe(2);
      await first.close();

      // Behind a restart the group goes on where it was; a command that comes once more is answered as it was.
      const second = await openSimulatedServer({ dataDir, nodes: 0, kafka: given });
      try {
        await send(create, command('5', { method: 'DELETE', path: '/v2/apps/web' }));
        const later = await replied(second.api, 8);
        expect(later.slice(0, 6)).toEqual(replies);
        expect(later[6]).toEqual(replies[0]);
        expect(later[7]).toMatchObject({ correlationid: '5', data: { status: 200 } });
        expect(await requests(second.api)).toBe(3);
      } finally {
        await second.close();
        await producer.disconnect();
      }
    });

    test('that another engine carried out are told from the log that they share', { timeout: 60_000 }, async () => {
      const server = await simulatedServer(1, { kafka: { ...options('orders2'), commands: true } });
      const root = rootOfCommand({ source, id: '1' });
      // As the engine before it did, whose answers are not here.
      const asked = { type: 'DestroyApp', app: '/none', deployment: root, force: false } as never;
      await server.engine.submit('app-/none', asked, { id: root, by: 'kafka:orders2', body: {} });
      const producer = kafkaOf({ brokers: kafka.addresses }, 'integrator').producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      await eventually(server.api, 'the topic is there', async () =>
        (await kafkaTopics()).includes('orders2.commands') ? true : undefined,
      );
      await producer.send({
        topic: 'orders2.commands',
        messages: [
          {
            key: 'none',
            value: JSON.stringify(command('1', { method: 'DELETE', path: '/v2/apps/none' })),
            headers: { 'content-type': 'application/cloudevents+json' },
          },
        ],
      });
      await producer.disconnect();
      const [reply] = await replied(server.api, 1, 'orders2.replies');
      expect(reply).toMatchObject({ correlationid: '1', requestid: root, data: { status: 409, fromRecord: true } });
    });

    const requests = async (api: Api): Promise<number> =>
      (await api.get('/v1/events?noun=request&limit=1000')).facts.filter(({ by }: Json) => by === 'kafka:orders').length;

    const kafkaTopics = async (): Promise<readonly string[]> => {
      const admin = kafkaOf({ brokers: kafka.addresses }, 'looker').admin();
      await admin.connect();
      const topics = await admin.listTopics();
      await admin.disconnect();
      return topics;
    };

    const replied = (api: Api, count: number, topic = 'orders.replies'): Promise<readonly Json[]> =>
      eventually(api, `${count} replies`, async () => {
        const lines: Json[] = [];
        await kcatReads(kafka.addresses, topic, '%s', (line) => lines.push(JSON.parse(line)));
        return lines.length >= count ? lines : undefined;
      });
  });
});
