import { Worker } from 'node:worker_threads';
import type { PublisherStatus } from './domain/ports/publishing.ts';
import type { KafkaThreadData, KafkaThreadNews } from './kafkaThread.ts';

/** How long after its end the thread is started again, ms. */
const RESTART_MS = 1_000;
/** Memory that the thread may use before it is ended and started again, MiB; most of it holds the views whose state is told. */
const HEAP_MAX_MIB = 2_048;
/** Facts that wait longer are worth a warning, seconds. */
const LAG_WARN_SECONDS = 30;
/** How often the engine's log hears the same again, ms. */
const SAY_AGAIN_MS = 60_000;
/** Texts that are remembered as said; with more than that all are said anew. */
const SAID_MAX = 1_000;

export type KafkaServer = {
  status(): PublisherStatus;
  close(): Promise<void>;
};

/** Publishes the log from a thread of its own: no broker holds the engine up, however slow it is or how long it is away. */
export const startKafka = (data: KafkaThreadData, onTrouble: (text: string) => void): KafkaServer => {
  let isClosing = false;
  let timer: NodeJS.Timeout | undefined;
  let thread: Worker;
  let ended: Promise<void>;
  let status = unknown(data);
  /** What threads that ended counted. */
  let before = { published: 0, byReference: 0, errors: 0 };
  const warn = rarely(onTrouble);

  const hear = (news: KafkaThreadNews): void => {
    if (news._tag === 'Trouble') {
      warn(`Kafka: ${news.text}`, news.text);
      return;
    }
    const { published, byReference, errors } = news.status;
    status = {
      ...news.status,
      published: before.published + published,
      byReference: before.byReference + byReference,
      errors: before.errors + errors,
    };
    const { lagSeconds, lagFacts } = status;
    if (lagSeconds > LAG_WARN_SECONDS) warn(`Kafka: ${lagFacts} facts wait, the oldest for ${Math.round(lagSeconds)} s`, 'lag');
  };

  const start = (): void => {
    thread = new Worker(new URL(`./kafkaThread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
      workerData: data,
      name: 'kafka',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB },
    });
    thread.on('message', hear);
    thread.on('error', (error) => warn(`the publisher to Kafka ended: ${error.message}`, `ended: ${error.message}`));
    ended = new Promise((resolve) => thread.once('exit', () => resolve()));
    void ended.then(() => {
      const { published, byReference, errors } = status;
      before = { published, byReference, errors };
      status = { ...status, cluster: null };
      if (!isClosing) timer = setTimeout(start, RESTART_MS);
    });
  };
  start();
  return {
    status: () => status,
    close: async () => {
      isClosing = true;
      clearTimeout(timer);
      thread.postMessage('close');
      await ended;
    },
  };
};

/** Before the thread has said anything. */
const unknown = ({ connection, prefix }: KafkaThreadData): PublisherStatus => ({
  brokers: connection.brokers,
  prefix,
  cluster: null,
  position: 0,
  head: 0,
  lagFacts: 0,
  lagSeconds: 0,
  published: 0,
  byReference: 0,
  errors: 0,
  trouble: null,
});

/** Says each thing once in a while only, as told apart by its key. */
const rarely = (say: (text: string) => void): ((text: string, key: string) => void) => {
  const said = new Map<string, number>();
  return (text, key) => {
    const now = performance.now();
    if (now - (said.get(key) ?? Number.NEGATIVE_INFINITY) < SAY_AGAIN_MS) return;
    if (said.size >= SAID_MAX) said.clear();
    said.set(key, now);
    say(text);
  };
};
