import { either as E } from 'fp-ts';
import type { Consumer, EachMessagePayload, Kafka } from 'kafkajs';
import type { Clock } from '../../domain/kernel/ports.ts';
import type { CommandDesk } from './commandDesk.ts';
import { commandsTopicOf, repliesTopicOf } from './commandForms.ts';
import { faultOf } from './faultOf.ts';
import { type Sender, type SendFault, textOf } from './sender.ts';
import { waitBy } from './waiting.ts';

export type CommandConsumerOptions = {
  readonly kafka: () => Kafka;
  readonly openSender: () => Promise<E.Either<SendFault, Sender>>;
  readonly desk: CommandDesk;
  readonly clock: Clock;
  readonly prefix: string;
  /** Consumer group: the engines that share it take each command once. */
  readonly group: string;
  readonly onTrouble: (text: string) => void;
};

export type CommandConsumer = { close(): Promise<void> };

/** After the first failure in a row, and at most, doubling in between, ms. */
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 10_000;
/** A consumer that is silent for so long is gone, and its commands are another's, ms. */
const SESSION_MS = 10_000;
/** While a command is carried out the group hears so often that somebody is there, ms. */
const HEARTBEAT_MS = 2_000;
/** How long a fetch waits for commands, ms. */
const FETCH_MS = 500;
/** Commands that are carried out at once, each of another partition. */
const AT_ONCE = 4;

/**
 * Takes commands from their topic, in order within a partition. The offset moves behind the acknowledged reply alone, so a command whose
 * reply is in doubt is taken again, and answered the same. What fails is tried again for ever.
 */
export const startCommandConsumer = (options: CommandConsumerOptions): CommandConsumer => {
  const { clock, onTrouble } = options;
  const closing = new AbortController();
  let failures = 0;

  const wait = waitBy(clock, closing.signal);
  const backOff = (): Promise<void> => wait(Math.min(RETRY_FIRST_MS * 2 ** failures++, RETRY_MAX_MS));

  const answer = async (consumer: Consumer, sender: Sender, payload: EachMessagePayload): Promise<void> => {
    const { topic, partition, message, heartbeat } = payload;
    const place = `${topic}/${partition}/${message.offset}`;
    const beating = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
    try {
      const reply = await untilAnswered(() => options.desk.answer({ ...message, place }));
      if (reply === undefined) throw new Error('closing');
      const sent = await sender.send([reply]);
      if (E.isLeft(sent)) throw new Error(textOf(sent.left));
      await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(message.offset) + 1n) }]);
      failures = 0;
    } finally {
      clearInterval(beating);
    }
  };

  /** @returns undefined where this ends before anybody answers */
  const untilAnswered = async <A>(ask: () => Promise<A>): Promise<A | undefined> => {
    while (!closing.signal.aborted)
      try {
        return await ask();
      } catch (error) {
        onTrouble(`a command waits: ${(error as Error).message}`);
        await backOff();
      }
    return undefined;
  };

  const consume = async (): Promise<void> => {
    const opened = await options.openSender();
    if (E.isLeft(opened)) throw new Error(textOf(opened.left));
    const sender = opened.right;
    const commands = commandsTopicOf(options.prefix);
    const consumer = options.kafka().consumer({
      groupId: options.group,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: FETCH_MS,
      allowAutoTopicCreation: false,
      // Whoever started it starts another one.
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    const ended = new Promise<unknown>((resolve) => {
      consumer.on(consumer.events.CRASH, ({ payload: { error } }) => resolve(error));
      closing.signal.addEventListener('abort', () => resolve(undefined));
    });
    try {
      const prepared = await sender.prepare([commands, repliesTopicOf(options.prefix)]);
      if (E.isLeft(prepared)) throw new Error(textOf(prepared.left));
      await consumer.connect();
      // A command that was there before anybody took any waits for whoever comes.
      await consumer.subscribe({ topic: commands, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: AT_ONCE,
        eachMessage: (payload) => answer(consumer, sender, payload),
      });
      const error = await ended;
      if (error !== undefined) throw error;
    } finally {
      await Promise.allSettled([consumer.disconnect(), sender.close()]);
    }
  };

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted)
      try {
        await consume();
      } catch (error) {
        if (closing.signal.aborted) return;
        onTrouble(`commands are not taken: ${textOf(faultOf(error, 'take commands from', [commandsTopicOf(options.prefix)]))}`);
        await backOff();
      }
  };
  const over = run();
  return {
    close: async () => {
      closing.abort();
      await over;
    },
  };
};
