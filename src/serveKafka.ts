import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { usage } from './adapters/cli/failure.ts';
import type { AsyncApiOptions } from './adapters/kafka/asyncapi.ts';
import { type KafkaConnection, SASL_MECHANISMS, type SaslMechanism } from './adapters/kafka/connection.ts';
import type { NewTopics } from './adapters/kafka/kafkaSender.ts';
import type { KafkaThreadData } from './kafkaThread.ts';
import { VERSION } from './version.ts';

/** What the engine is told of Kafka; the files are its own affair. */
export type KafkaOptions = Omit<KafkaThreadData, 'logFile' | 'publishedFile' | 'store' | 'commands'> & {
  /** Takes commands from a topic, too. */
  readonly commands?: boolean;
};

/** What is said of it to those who ask what events look like; without Kafka all that could go over it. */
export const eventsOf = (kafka: KafkaOptions | undefined): AsyncApiOptions => ({
  prefix: kafka?.prefix ?? USUAL_PREFIX,
  mode: kafka?.mode ?? 'structured',
  version: VERSION,
  brokers: kafka?.connection.brokers ?? [],
  isEncrypted: kafka?.connection.tls !== undefined,
  state: kafka === undefined || kafka.state === true,
  commands: kafka === undefined || kafka.commands === true,
});

/** What the thread is told, by where the engine keeps its data. */
export const kafkaThreadData = (
  { commands, ...options }: KafkaOptions,
  dataDir: string,
  logFile = join(dataDir, 'log.sqlite'),
  store?: string,
): KafkaThreadData => ({
  ...options,
  logFile,
  ...(store !== undefined && { store }),
  ...(commands === true && {
    commands: { socketPath: join(dataDir, 'wharf.sock'), answeredFile: join(dataDir, 'kafka', 'commands.sqlite') },
  }),
  publishedFile: join(dataDir, 'kafka', 'published.json'),
});

const USUAL_PREFIX = 'wharf';
const USUAL_PORT = 9092;
const PORT_MAX = 65_535;
/** A name, an IPv4 address, or an IPv6 address in brackets, with a port or without. */
const BROKER = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::(\d{1,5}))?$/;
/** Kafka takes 249 characters for a topic; the longest noun with its suffix has fewer than 49. */
const PREFIX_MAX = 200;
const COUNT_MAX = 32_767;

export type KafkaFlags = {
  readonly kafka?: readonly string[];
  readonly kafkaPrefix?: string;
  readonly kafkaMode?: 'structured' | 'binary';
  readonly kafkaApi?: string;
  readonly kafkaState?: boolean;
  readonly kafkaCommands?: boolean;
  readonly kafkaCreateTopics?: boolean;
  readonly kafkaPartitions?: number;
  readonly kafkaReplication?: number;
  readonly kafkaTopicConfig?: readonly (readonly [string, string])[];
  readonly kafkaTls?: boolean;
  readonly kafkaCa?: string;
  readonly kafkaCertificate?: string;
  readonly kafkaKey?: string;
  readonly kafkaSasl?: SaslMechanism;
  readonly kafkaUser?: string;
  readonly kafkaPasswordFile?: string;
};

const brokers = (value: string): readonly string[] =>
  value.split(',').map((each) => {
    const [text, host, port = String(USUAL_PORT)] = BROKER.exec(each.trim()) ?? [];
    if (text === undefined || Number(port) < 1 || Number(port) > PORT_MAX)
      throw usage(`--kafka: '${each}' is no broker; one is like kafka1.internal:9092`);
    return `${host}:${port}`;
  });

const prefix = (value: string): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/.test(value) || value.length > PREFIX_MAX)
    throw usage(
      `--kafka-prefix: '${value}' is no beginning of topics' names: letters, digits, - _ and dots between them, ${PREFIX_MAX} at most`,
    );
  return value;
};

const count =
  (flag: string) =>
  (value: string): number => {
    if (!/^[1-9]\d{0,4}$/.test(value) || Number(value) > COUNT_MAX) throw usage(`${flag}: '${value}' is no number from 1 to ${COUNT_MAX}`);
    return Number(value);
  };

const setting = (value: string, before: readonly (readonly [string, string])[] = []): readonly (readonly [string, string])[] => {
  const at = value.indexOf('=');
  if (at < 1) throw usage(`--kafka-topic-config: '${value}' is no setting; one is like retention.ms=-1`);
  return [...before, [value.slice(0, at), value.slice(at + 1)]];
};

const url = (value: string): string => {
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw usage(`--kafka-api: '${value}' is no http or https URL`);
  return value.replace(/\/+$/, '');
};

/** The options of `wharf serve` on Kafka. */
export const addKafkaOptions = (serve: Command): Command =>
  serve
    .option('--kafka <host:port>', 'publishes every fact to this Kafka cluster; several of its brokers with commas between them', brokers)
    .option('--kafka-prefix <prefix>', `what topics begin with, as in ${USUAL_PREFIX}.app (${USUAL_PREFIX})`, prefix)
    .addOption(
      new Option('--kafka-mode <mode>', 'CloudEvents whole in the message (structured), or with their attributes in its headers').choices([
        'structured',
        'binary',
      ]),
    )
    .option('--kafka-api <url>', 'where consumers reach this API, for what messages refer to', url)
    .option('--kafka-state', `tells the present state too, in compacted topics such as ${USUAL_PREFIX}.app.state`)
    .option('--kafka-commands', `carries out what is asked for in ${USUAL_PREFIX}.commands, and answers in ${USUAL_PREFIX}.replies`)
    .option('--kafka-create-topics', 'makes topics that are missing; otherwise they are asked for by name')
    .option('--kafka-partitions <count>', 'partitions of topics that are made (the broker’s own number)', count('--kafka-partitions'))
    .option('--kafka-replication <count>', 'replicas of topics that are made (the broker’s own number)', count('--kafka-replication'))
    .option('--kafka-topic-config <name=value>', 'a setting of topics that are made, such as retention.ms=-1; may be repeated', setting)
    .option('--kafka-tls', 'talks TLS; so do the three options that follow')
    .option('--kafka-ca <file>', 'authorities that brokers are believed by, PEM (the system’s)')
    .option('--kafka-certificate <file>', 'certificate of this client, PEM; with --kafka-key')
    .option('--kafka-key <file>', 'its key, PEM')
    .addOption(new Option('--kafka-sasl <mechanism>', 'logs in; with --kafka-user and --kafka-password-file').choices(SASL_MECHANISMS))
    .option('--kafka-user <name>', 'who logs in')
    .option('--kafka-password-file <file>', 'file with the password');

/** What the server is told of it. */
export const kafkaOf = (flags: KafkaFlags): { readonly kafka?: KafkaOptions } => {
  if (flags.kafka === undefined) {
    const alone = Object.keys(flags).find((name) => name.startsWith('kafka') && flags[name as keyof KafkaFlags] !== undefined);
    if (alone !== undefined) throw usage(`--${dashed(alone)} says how Kafka is used: it needs --kafka`);
    return {};
  }
  return {
    kafka: {
      connection: { brokers: flags.kafka, ...tlsOf(flags), ...saslOf(flags) },
      prefix: flags.kafkaPrefix ?? USUAL_PREFIX,
      mode: flags.kafkaMode ?? 'structured',
      ...(flags.kafkaApi !== undefined && { api: flags.kafkaApi }),
      ...(flags.kafkaState === true && { state: true }),
      ...(flags.kafkaCommands === true && { commands: true }),
      ...newTopicsOf(flags),
    },
  };
};

const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const newTopicsOf = (flags: KafkaFlags): { readonly create?: NewTopics } => {
  const { kafkaCreateTopics, kafkaPartitions, kafkaReplication, kafkaTopicConfig } = flags;
  if (kafkaCreateTopics !== true) {
    if ((kafkaPartitions ?? kafkaReplication ?? kafkaTopicConfig) !== undefined)
      throw usage(
        '--kafka-partitions, --kafka-replication and --kafka-topic-config are of topics that are made: they need --kafka-create-topics',
      );
    return {};
  }
  return {
    create: {
      ...(kafkaPartitions !== undefined && { partitions: kafkaPartitions }),
      ...(kafkaReplication !== undefined && { replication: kafkaReplication }),
      ...(kafkaTopicConfig !== undefined && { config: Object.fromEntries(kafkaTopicConfig) }),
    },
  };
};

const tlsOf = ({ kafkaTls, kafkaCa, kafkaCertificate, kafkaKey }: KafkaFlags): Pick<KafkaConnection, 'tls'> => {
  if ((kafkaCertificate === undefined) !== (kafkaKey === undefined)) throw usage('--kafka-certificate and --kafka-key go together');
  if (kafkaTls !== true && (kafkaCa ?? kafkaKey) === undefined) return {};
  return {
    tls: {
      ...(kafkaCa !== undefined && { caFile: kafkaCa }),
      ...(kafkaCertificate !== undefined && { certificateFile: kafkaCertificate }),
      ...(kafkaKey !== undefined && { keyFile: kafkaKey }),
    },
  };
};

const saslOf = ({ kafkaSasl, kafkaUser, kafkaPasswordFile }: KafkaFlags): Pick<KafkaConnection, 'sasl'> => {
  if (kafkaSasl === undefined && kafkaUser === undefined && kafkaPasswordFile === undefined) return {};
  if (kafkaSasl === undefined || kafkaUser === undefined || kafkaPasswordFile === undefined)
    throw usage('--kafka-sasl, --kafka-user and --kafka-password-file go together');
  return { sasl: { mechanism: kafkaSasl, username: kafkaUser, passwordFile: kafkaPasswordFile } };
};
