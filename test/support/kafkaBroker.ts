import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { kafkaOf } from '../../src/adapters/kafka/connection.ts';
import { JAVA, KCAT, kafkaLibraries } from './kafkaFiles.ts';
import { run } from './shell.ts';
import { STATE_PREFIX } from './sweep.ts';

/** Real brokers for a test file, or the reason why there are none. */

export type KafkaBroker = {
  readonly port: number;
  /** As at a loss of power of this one process. */
  kill(): Promise<void>;
  /** In good order. */
  stop(): Promise<void>;
  /** Again, on the same data and port; resolves when all brokers that should be there know each other. */
  start(): Promise<void>;
};

export type KafkaBrokers = {
  /** `host:port` of each. */
  readonly addresses: readonly string[];
  /** Of the listener with TLS, where there is one. */
  readonly secured: string;
  readonly brokers: readonly KafkaBroker[];
  stop(): Promise<void>;
};

const there = async (places: readonly string[]): Promise<boolean> =>
  (
    await Promise.all(
      places.map((place) =>
        access(place).then(
          () => true,
          () => false,
        ),
      ),
    )
  ).includes(true);

/** Why no broker can be started here; undefined where one can. */
export const whyNoKafka = async (): Promise<string | undefined> => {
  const how = '(node scripts/setup/main.ts installs it on Debian)';
  if (!(await there(JAVA))) return `java is not installed ${how}`;
  if (!(await there(KCAT))) return `kcat is not installed ${how}`;
  const jars = await readdir(kafkaLibraries()).catch(() => []);
  return jars.length > 0 ? undefined : 'no Kafka was downloaded (node scripts/setup/main.ts does, by Maven)';
};

/** A suite on real brokers. Where none can be had it is skipped with the reason; under CI that is a failure. */
export const describeWithKafka = (name: string, reason: string | undefined, suite: () => void): void => {
  if (reason === undefined) describe(name, suite);
  else if (process.env.CI === 'true')
    describe(name, () => {
      it('finds a Kafka broker', () => expect.fail(reason));
    });
  else describe.skip(`${name} (skipped: ${reason})`, suite);
};

/** 128 bits, as Kafka writes them. */
const CLUSTER_ID = 'V2hhcmZpbmdlclRlc3RzIQ';
/** Little time to compile and little memory: a test's broker lives for seconds. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Xms64m', '-Xmx256m'];
const READY_MAX_MS = 60_000;

/** Ports that were free a moment ago; each process that asks takes others. */
const freePorts = async (count: number): Promise<readonly number[]> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map(async (server) => {
      server.close();
      await once(server, 'close');
    }),
  );
  return ports;
};

/** A second listener of the first broker's, with TLS, for clients that log in. */
export type SecuredListener = {
  /** PEM: a certificate with its key, for 127.0.0.1. */
  readonly keystore: string;
  /** Names with their passwords, known to SCRAM and to PLAIN. */
  readonly users: Readonly<Record<string, string>>;
};

const securedSettings = ({ keystore, users }: SecuredListener): Readonly<Record<string, string>> => {
  const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  return {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secured.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${known.join(' ')};`,
    'listener.name.secured.scram-sha-256.sasl.jaas.config': SCRAM,
    'listener.name.secured.scram-sha-512.sasl.jaas.config': SCRAM,
    'listener.name.secured.ssl.keystore.type': 'PEM',
    'listener.name.secured.ssl.keystore.location': keystore,
  };
};
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';

/**
 * Starts brokers that are their own controllers (KRaft), on free ports of loopback, and resolves when they answer.
 * @param properties of the brokers, besides what makes them small and quick
 */
export const startKafkaBrokers = async (
  count = 1,
  properties: Readonly<Record<string, string>> = {},
  secured?: SecuredListener,
): Promise<KafkaBrokers> => {
  const directory = await mkdtemp(join(tmpdir(), `${STATE_PREFIX}${process.pid}-kafka-`));
  const ports = await freePorts(count * 2 + 1);
  const [client, controller] = [ports.slice(1, count + 1), ports.slice(count + 1)];
  const securedPort = ports[0] ?? 0;
  const addresses = client.map((port) => `127.0.0.1:${port}`);
  const voters = controller.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(',');
  const replicas = String(Math.min(3, count));
  await writeFile(
    join(directory, 'log4j.properties'),
    'log4j.rootLogger=INFO, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.PatternLayout\nlog4j.appender.out.layout.ConversionPattern=%d %p %m (%c)%n\n',
  );
  const alsoSecured = (index: number): string => (secured !== undefined && index === 0 ? `,SECURED://127.0.0.1:${securedPort}` : '');
  const scram = Object.entries(secured?.users ?? {}).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((how) => ['--add-scram', `${how}=[name=${name},password=${password}]`]),
  );
  const isUp = new Set<number>();
  const ready = () => answering(addresses, isUp);
  const brokers = await Promise.all(
    client.map(async (port, index) => {
      const home = join(directory, String(index + 1));
      await mkdir(home);
      const settings: Readonly<Record<string, string>> = {
        'process.roles': 'broker,controller',
        'node.id': String(index + 1),
        'controller.quorum.voters': voters,
        listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller[index]}${alsoSecured(index)}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${alsoSecured(index)}`,
        'inter.broker.listener.name': 'PLAINTEXT',
        'controller.listener.names': 'CONTROLLER',
        'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL',
        'log.dirs': join(home, 'data'),
        'offsets.topic.replication.factor': replicas,
        'offsets.topic.num.partitions': '1',
        'transaction.state.log.replication.factor': replicas,
        'transaction.state.log.num.partitions': '1',
        'transaction.state.log.min.isr': '1',
        'default.replication.factor': replicas,
        'group.initial.rebalance.delay.ms': '0',
        'num.partitions': '3',
        'auto.create.topics.enable': 'false',
        // One that was killed may register again only when its session is over.
        'broker.session.timeout.ms': '1500',
        'broker.heartbeat.interval.ms': '300',
        'log.cleaner.dedupe.buffer.size': '4194304',
        'num.network.threads': '2',
        'num.io.threads': '2',
        ...(secured !== undefined && index === 0 && securedSettings(secured)),
        ...properties,
      };
      const file = join(home, 'server.properties');
      await writeFile(
        file,
        Object.entries(settings)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      );
      const java = ['-cp', `${kafkaLibraries()}/*`, `-Dlog4j.configuration=file:${join(directory, 'log4j.properties')}`, ...JVM];
      await run('java', ...java, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file, ...scram);
      return brokerOf(port, () => launch([...java, 'kafka.Kafka', file], home), isUp, ready);
    }),
  );
  await Promise.all(brokers.map(({ start }) => start()));
  return {
    addresses,
    secured: `127.0.0.1:${securedPort}`,
    brokers,
    stop: async () => {
      await Promise.all(brokers.map(({ kill }) => kill()));
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
};

const launch = (args: readonly string[], home: string): ChildProcess => {
  // The system ends it with whoever started it, however that one ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'java', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(home, 'output'), { flags: 'a' });
  child.stdout?.pipe(log);
  child.stderr?.pipe(log);
  return child;
};

const brokerOf = (port: number, launchOne: () => ChildProcess, isUp: Set<number>, ready: () => Promise<boolean>): KafkaBroker => {
  let child: ChildProcess | undefined;
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    isUp.delete(port);
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  };
  return {
    port,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    start: async () => {
      const started = launchOne();
      child = started;
      isUp.add(port);
      const giveUp = performance.now() + READY_MAX_MS;
      while (!(await ready())) {
        if (child !== started) return;
        if (started.exitCode !== null) throw new Error(`the broker on ${port} ended with ${started.exitCode}`);
        if (performance.now() > giveUp) throw new Error(`the broker on ${port} is not ready after ${READY_MAX_MS} ms`);
        await pause(50);
      }
    },
  };
};

/** Whether the brokers that should be there know of each other, as one of them says. */
const answering = async (addresses: readonly string[], isUp: ReadonlySet<number>): Promise<boolean> => {
  const brokers = addresses.filter((address) => isUp.has(Number(address.split(':')[1])));
  const kafka = kafkaOf({ brokers }, 'readiness');
  const admin = kafka.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    const cluster = await admin.describeCluster();
    return cluster.brokers.length >= brokers.length && cluster.controller !== null;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
};

/** What kcat reads of a topic from its beginning to its end, a line per message by kcat's format. */
export const kcatReads = async (
  addresses: readonly string[],
  topic: string,
  format: string,
  onLine: (line: string) => void,
): Promise<void> => {
  const args = ['-C', '-q', '-e', '-o', 'beginning', '-b', addresses.join(','), '-t', topic, '-f', `${format}\\n`];
  const child = spawn('kcat', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  const [code] = await ended;
  if (code !== 0) throw new Error(`kcat ended with ${code}`);
};
