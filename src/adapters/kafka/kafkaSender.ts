import { either as E } from 'fp-ts';
import type { Admin, Kafka, Producer, RecordMetadata, TopicMessages } from 'kafkajs';
import { Partitioners } from 'kafkajs';
import { faultOf } from './faultOf.ts';
import type { Message } from './message.ts';
import type { Sender, SendFault } from './sender.ts';

/** How topics are made that are not there. */
export type NewTopics = {
  /** The broker's own choice where absent. */
  readonly partitions?: number;
  readonly replication?: number;
  /** Such as `retention.ms`. */
  readonly config?: Readonly<Record<string, string>>;
};

export type SenderOptions = {
  /** Topics that are missing are made; absent: they are a fault. */
  readonly create?: NewTopics;
  /** Whether a topic keeps the last message of each key. */
  readonly isCompacted: (topic: string) => boolean;
};

/** What a partition takes to get another leader, more or less: the same producer's repetition is recognised, the next one's is not. */
const RETRIES = { retries: 3, initialRetryTime: 200, maxRetryTime: 1_000 } as const;
/** All in-sync replicas. */
const ALL = -1;
const CLOSE_MAX_MS = 3_000;
/** A broker that waits longer for its replicas says so, ms. */
const REPLICAS_MAX_MS = 10_000;

export const openKafkaSender = async (kafka: Kafka, options: SenderOptions): Promise<E.Either<SendFault, Sender>> => {
  const admin = kafka.admin();
  /** Where the batch under way belongs, `topic/partition`. */
  const chosen = new Set<string>();
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // Kafka's own: a key has the same partition whoever sends.
    createPartitioner: () => {
      const choose = Partitioners.DefaultPartitioner();
      return (args) => {
        const partition = choose(args);
        chosen.add(`${args.topic}/${partition}`);
        return partition;
      };
    },
    retry: RETRIES,
  });
  const close = async (): Promise<void> => {
    const both = Promise.allSettled([producer.disconnect(), admin.disconnect()]);
    await Promise.race([both, new Promise((resolve) => setTimeout(resolve, CLOSE_MAX_MS).unref())]);
  };
  try {
    await admin.connect();
    const { clusterId } = await admin.describeCluster();
    await producer.connect();
    return E.right({
      cluster: clusterId,
      prepare: (topics) => prepare(admin, topics, options),
      send: (messages) => send(producer, messages, chosen),
      close,
    });
  } catch (error) {
    await close();
    return E.left(faultOf(error, 'write as an idempotent producer'));
  }
};

const prepare = async (admin: Admin, topics: readonly string[], options: SenderOptions): Promise<E.Either<SendFault, void>> => {
  const missing: string[] = [];
  for (const topic of topics)
    try {
      await admin.fetchTopicMetadata({ topics: [topic] });
    } catch (error) {
      const fault = faultOf(error, 'describe the topic', [topic]);
      if (fault._tag !== 'TopicMissing') return E.left(fault);
      missing.push(topic);
    }
  if (missing.length === 0) return E.right(undefined);
  if (options.create === undefined) return E.left({ _tag: 'TopicMissing', topics: missing });
  const { partitions, replication, config = {} } = options.create;
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: missing.map((topic) => ({
        topic,
        ...(partitions !== undefined && { numPartitions: partitions }),
        ...(replication !== undefined && { replicationFactor: replication }),
        configEntries: Object.entries({ ...config, ...(options.isCompacted(topic) && { 'cleanup.policy': 'compact' }) }).map(
          ([name, value]) => ({ name, value }),
        ),
      })),
    });
    return E.right(undefined);
  } catch (error) {
    return E.left(faultOf(error, 'make the topics', missing));
  }
};

const send = async (producer: Producer, messages: readonly Message[], chosen: Set<string>): Promise<E.Either<SendFault, void>> => {
  const byTopic = Map.groupBy(messages, ({ topic }) => topic);
  const topicMessages = [...byTopic].map(
    ([topic, each]): TopicMessages => ({
      topic,
      messages: each.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
    }),
  );
  chosen.clear();
  let answers: readonly RecordMetadata[];
  try {
    answers = await producer.sendBatch({ acks: ALL, timeout: REPLICAS_MAX_MS, topicMessages });
  } catch (error) {
    return E.left(faultOf(error, 'write to', [...byTopic.keys()]));
  }
  // Where a partition moves to a broker that has answered already, kafkajs takes that answer for this partition too.
  for (const { topicName, partition } of answers) chosen.delete(`${topicName}/${partition}`);
  if (chosen.size === 0) return E.right(undefined);
  return E.left({ _tag: 'OutOfSequence', reason: `nobody answered for ${[...chosen].join(', ')}` });
};
