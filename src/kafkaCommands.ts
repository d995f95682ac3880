import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from './adapters/clock/systemClock.ts';
import { openAnswered } from './adapters/kafka/answered.ts';
import { startCommandConsumer } from './adapters/kafka/commandConsumer.ts';
import { createCommandDesk } from './adapters/kafka/commandDesk.ts';
import { kafkaOf } from './adapters/kafka/connection.ts';
import { engineApi } from './adapters/kafka/engineApi.ts';
import { openKafkaSender } from './adapters/kafka/kafkaSender.ts';
import type { KafkaCommands, KafkaThreadData } from './kafkaThread.ts';

/** Takes commands from Kafka and answers them; asked for in the engine's history as `kafka:<prefix>`. */
export const startKafkaCommands = (
  { connection, prefix, mode, create }: KafkaThreadData,
  { socketPath, answeredFile }: KafkaCommands,
  onTrouble: (text: string) => void,
): { close(): Promise<void> } => {
  mkdirSync(dirname(answeredFile), { recursive: true, mode: 0o700 });
  const answered = openAnswered(answeredFile);
  const clock = systemClock();
  const closing = new AbortController();
  const kafka = () => kafkaOf(connection, 'wharfinger-commands');
  const consumer = startCommandConsumer({
    kafka,
    openSender: () => openKafkaSender(kafka(), { isCompacted: () => false, ...(create !== undefined && { create }) }),
    desk: createCommandDesk({
      api: engineApi(socketPath, `kafka:${prefix.slice(0, PRINCIPAL_MAX)}`),
      answered,
      now: clock.now,
      wait: (ms) => pause(ms, undefined, { signal: closing.signal }),
      prefix,
      source: `urn:wharfinger:commands:${prefix}`,
      mode,
    }),
    clock,
    prefix,
    group: `${prefix}.commands`,
    onTrouble,
  });
  return {
    close: async () => {
      closing.abort();
      await consumer.close();
      answered.close();
    },
  };
};

/** Longest name behind the kind of a principal, in characters. */
const PRINCIPAL_MAX = 100;
