import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './adapters/clock/systemClock.ts';
import { type KafkaConnection, kafkaOf } from './adapters/kafka/connection.ts';
import { type NewTopics, openKafkaSender } from './adapters/kafka/kafkaSender.ts';
import { publishedFile } from './adapters/kafka/publishedFile.ts';
import { startPublisher } from './adapters/kafka/publisher.ts';
import { publishedAtStore } from './adapters/log/esdb/client/publishedAtStore.ts';
import { openFactReader } from './adapters/log/sqlite/factReader.ts';
import type { PublisherStatus } from './domain/ports/publishing.ts';
import { startKafkaCommands } from './kafkaCommands.ts';
import { createKafkaState } from './kafkaState.ts';

/** What the engine gives its thread for Kafka. */
export type KafkaThreadData = {
  /** The SQLite log, or the mirror of one that is elsewhere. */
  readonly logFile: string;
  /** Where it is kept how far the log was published. */
  readonly publishedFile: string;
  /** `esdb://…` of the log, where engines share it: it is kept there instead. */
  readonly store?: string;
  readonly connection: KafkaConnection;
  readonly prefix: string;
  readonly mode: 'structured' | 'binary';
  /** Where consumers reach the API, without a slash at its end. */
  readonly api?: string;
  /** Topics that are missing are made so; absent: they are asked for by name. */
  readonly create?: NewTopics;
  /** Tells the present state in compacted topics too. */
  readonly state?: boolean;
  /** Takes commands too. */
  readonly commands?: KafkaCommands;
};

export type KafkaCommands = {
  /** Of the engine's API. */
  readonly socketPath: string;
  /** Where answers are remembered, a SQLite file. */
  readonly answeredFile: string;
};

export type KafkaThreadNews =
  | { readonly _tag: 'Status'; readonly status: PublisherStatus }
  | { readonly _tag: 'Trouble'; readonly text: string };

const STATUS_EVERY_MS = 500;
/** A thread that is asked to end does so, whatever a broker does, ms. */
const CLOSE_MAX_MS = 2_000;

const data = workerData as KafkaThreadData;
const port = parentPort;
if (port === null) throw new Error('kafkaThread.ts runs as a worker only');
const tell = (news: KafkaThreadNews): void => port.postMessage(news);
const onTrouble = (text: string): void => tell({ _tag: 'Trouble', text });

const { connection, prefix, mode, api } = data;
const publisher = startPublisher({
  brokers: connection.brokers,
  reader: openFactReader(data.logFile),
  store: data.store === undefined ? publishedFile(data.publishedFile) : publishedAtStore(data.store, data.prefix),
  clock: systemClock(),
  // Made anew each time, with the files as they are then.
  open: async () =>
    openKafkaSender(kafkaOf(connection, 'wharfinger'), {
      isCompacted: (topic) => topic.endsWith('.state'),
      ...(data.create !== undefined && { create: data.create }),
    }),
  message: { prefix, mode, ...(api !== undefined && { api }) },
  ...(data.state === true && { state: () => createKafkaState(prefix, onTrouble) }),
  onTrouble,
});

const commands = data.commands === undefined ? undefined : startKafkaCommands(data, data.commands, onTrouble);

const say = (): void => tell({ _tag: 'Status', status: publisher.status() });
const timer = setInterval(say, STATUS_EVERY_MS);
port.on('message', async () => {
  clearInterval(timer);
  setTimeout(() => process.exit(0), CLOSE_MAX_MS);
  await Promise.all([publisher.close(), commands?.close()]);
  say();
  process.exit(0);
});
