import { Partitioners } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMAND_TYPE } from '../../src/adapters/kafka/commandForms.ts';
import { kafkaOf } from '../../src/adapters/kafka/connection.ts';
import { eventually, type Json } from '../support/api.ts';
import { describeWithKafka, type KafkaBrokers, kcatReads, startKafkaBrokers, whyNoKafka } from '../support/kafkaBroker.ts';
import { type LiveEngine, startLiveEngine } from '../support/liveEngine.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const COMMANDS = 1_000;
const KILLS = 6;

describeWithKafka('Commands while engine and broker are killed', await whyNoKafka(), () => {
  let kafka: KafkaBrokers;
  beforeAll(async () => {
    kafka = await startKafkaBrokers();
  });
  afterAll(() => kafka?.stop());

  test('each is carried out once and answered', async () => {
    const options = {
      dataDir: temporaryFolder(),
      localNodes: false,
      kafka: { connection: { brokers: kafka.addresses }, prefix: 'killed', mode: 'structured', commands: true, create: { partitions: 4 } },
    } as const;
    const start = (): Promise<LiveEngine> => startLiveEngine(options);
    const replies = async (): Promise<readonly Json[]> => {
      const found: Json[] = [];
      await kcatReads(kafka.addresses, 'killed.replies', '%s', (line) => found.push(JSON.parse(line)));
      return found;
    };
    const answered = async (): Promise<number> => new Set((await replies()).map(({ correlationid }) => correlationid)).size;

    let engine = await start();
    await eventually(engine.api, 'the topics are there', async () => ((await answered()) === 0 ? true : undefined));
    const producer = kafkaOf({ brokers: kafka.addresses }, 'integrator').producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({
      topic: 'killed.commands',
      messages: Array.from({ length: COMMANDS }, (_, nth) => ({
        key: `${nth}`,
        value: JSON.stringify({
          specversion: '1.0',
          id: `${nth}`,
          source: '/test',
          type: COMMAND_TYPE,
          data: { method: 'POST', path: '/v2/apps', body: { id: `/app-${nth}`, cmd: 'sleep 1000', instances: 0 } },
        }),
        headers: { 'content-type': 'application/cloudevents+json' },
      })),
    });
    await producer.disconnect();

    for (let kill = 1; kill <= KILLS; kill++) {
      const wanted = Math.floor((kill * COMMANDS) / (KILLS + 2));
      await eventually(engine.api, `${wanted} answers`, async () => ((await answered()) >= wanted ? true : undefined), 120_000);
      if (kill % 3 === 0) {
        const [broker] = kafka.brokers;
        await broker?.kill();
        await broker?.start();
        continue;
      }
      await engine.kill();
      engine = await start();
    }
    await eventually(engine.api, 'all answers', async () => ((await answered()) === COMMANDS ? true : undefined), 120_000);

    const all = await replies();
    const statuses = Map.groupBy(all, ({ data }) => `${data.status}${data.fromRecord === true ? ' from the record' : ''}`);
    console.log(
      `${all.length} replies to ${COMMANDS} commands: ${[...statuses].map(([status, { length }]) => `${length} × ${status}`).join(', ')}`,
    );
    // Nobody was told that his own app is in the way.
    expect([...statuses.keys()].filter((status) => !['201', '200 from the record'].includes(status))).toEqual([]);
    for (const [, same] of Map.groupBy(all, ({ id }) => id)) expect(new Set(same.map((each) => JSON.stringify(each))).size).toBe(1);
    const roots: Json[] = [];
    for (let after = 0, more = true; more; ) {
      const { facts, next, head } = await engine.api.get(`/v1/events?noun=request&limit=1000&after=${after}`);
      roots.push(...facts);
      after = next;
      more = next < head;
    }
    expect(roots.length).toBe(COMMANDS);
    expect((await engine.api.get('/v2/apps')).apps.length).toBe(COMMANDS);
    const { verified, quarantined } = await engine.look();
    expect(quarantined).toEqual([]);
    expect(verified).toMatchObject({ faultCount: 0 });
    await engine.stop();
  });
});
