import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { either as E } from 'fp-ts';
import { type RunningEngine, startEngine } from './actors/engine.ts';
import type { Pace } from './actors/hosts.ts';
import { systemClock } from './adapters/clock/systemClock.ts';
import { endpointIn } from './adapters/dns/addresses.ts';
import { type Dns, type DnsOptions, startDns } from './adapters/dns/dns.ts';
import { realGateSources } from './adapters/gates/gateSources.ts';
import type { EdgeOptions } from './adapters/http/edge/edge.ts';
import { createHttp } from './adapters/http/http.ts';
import { listenTcp, listenUnix } from './adapters/http/listen.ts';
import { DEFAULT_PORT_RANGES } from './adapters/http/own/nodes.ts';
import { passOnTo } from './adapters/http/past/passOn.ts';
import { randomIds } from './adapters/ids/randomIds.ts';
import type { AsyncApiOptions } from './adapters/kafka/asyncapi.ts';
import { eventDescription } from './adapters/kafka/eventDescription.ts';
import { serviceKeysIn } from './adapters/keys/accountKeys.ts';
import { sealerOf } from './adapters/keys/sealer.ts';
import { openKeys } from './adapters/keys/sqliteKeys.ts';
import { openSqliteLog, type SqliteLog } from './adapters/log/sqlite/sqliteLog.ts';
import { realProbe } from './adapters/probes/probes.ts';
import { startTelemetry } from './adapters/telemetry/startTelemetry.ts';
import { type BalancerChoice, certificatesIn, openBalancers } from './balancers.ts';
import { exploreStrategy } from './checkStrategy.ts';
import { ENGINE, nounOf, streamOf } from './domain/kernel/ids.ts';
import type { NodeCommand } from './domain/node/node.commands.ts';
import { NODE, type RuntimeEndpoint } from './domain/node/node.facts.ts';
import { DEFAULT_SETTINGS } from './domain/traffic/settings.ts';
import { startHistory } from './historyServer.ts';
import { startKafka } from './kafkaServer.ts';
import { type CheckpointOptions, startCheckpointing } from './logs/checkpoints.ts';
import { startRetention } from './logs/retention.ts';
import { finishShredding, shreddingOf } from './logs/shredding.ts';
import { sentenceOf } from './projections/sentences.ts';
import { createViews } from './projections/views.ts';
import { offerOf, openRuntime, probeRuntime } from './runtimes.ts';
import { type KafkaOptions, kafkaThreadData } from './serveKafka.ts';
import { type CheckStrategy, type RefusedFile, readStrategy, registerStrategies } from './strategyFiles.ts';
import { VERSION } from './version.ts';

/** Where the API listens unless told otherwise: Marathon's port, on loopback. */
export const DEFAULT_LISTEN = { host: '127.0.0.1', port: 8080 } as const;
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];
const TOKEN_BYTES = 32;
/** Folder of the data directory with the public keys of service accounts. */
const SERVICE_ACCOUNTS = 'service-accounts';

export type ServerOptions = {
  /** Where the log, the keys, the token, the socket and native instances live; made when absent. */
  readonly dataDir: string;
  /** Port 0: any free one. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** Asks nobody for the token; refused unless it listens on loopback. */
  readonly noAuth?: boolean;
  /** Names besides the loopback ones that clients may call this server by. */
  readonly allowedHosts?: readonly string[];
  /** Adds this machine to a pool that never had a node: native processes, and Docker when `dockerSocket` is given. */
  readonly localNodes: boolean;
  readonly dockerSocket?: string;
  readonly portRanges?: readonly (readonly [number, number])[];
  readonly log?: FastifyBaseLogger;
  readonly pace?: Pace;
  /** What leads clients to the apps; nothing unless told. */
  readonly balancer?: BalancerChoice;
  /** Where routes are listened for that name no port. */
  readonly httpPort?: number;
  readonly httpsPort?: number;
  /** Directory of `<name>.pem` files, each a certificate with its key. */
  readonly certificates?: string;
  /** A successor leads now: nothing that this engine appends counts any more, and its process should end. */
  onFenced?(term: number): void;
  /** How long what is left of an ended instance stays on its host, ms. */
  readonly remainsKeptMs?: number;
  /** Directory for archives of what has ended; nothing is archived where absent. */
  readonly archive?: string;
  /** Starts although this version can't go on with some live streams, which then stand still. */
  readonly quarantineUnloadable?: boolean;
  /** Deployments of groups and single apps that may run at once; a write that would begin one more is answered 403. No limit unless told. */
  readonly maxRunningDeployments?: number;
  /** Folder with the operator's strategies, which are registered at the start. */
  readonly strategies?: string;
  /** Explores a strategy before it is registered; where absent as `exploreStrategy` does. */
  readonly checkStrategy?: CheckStrategy;
  /** Names of strategies that are registered although they do not pass. */
  readonly allowUnchecked?: readonly string[];
  /** Answers by DNS too; nobody does where absent. */
  readonly dns?: DnsOptions & {
    /** Where its port is taken the server starts without, and says so in its log. */
    readonly isOptional?: boolean;
  };
  /** Addresses of DNS servers, on port 53, that Docker containers are pointed at; their engine's own choice where absent. */
  readonly containerDns?: readonly string[];
  /** Signs checkpoints of the log for witnesses; nobody does where absent. */
  readonly checkpoints?: CheckpointOptions;
  /** Publishes the log to Kafka; nobody does where absent. */
  readonly kafka?: KafkaOptions;
  /** The engine is asked to lead no more; who is told closes this server and starts another. Asking is refused where nobody is told. */
  onAbdicated?(): void;
} & EdgeOptions;

export type Server = {
  readonly engine: RunningEngine;
  readonly log: SqliteLog;
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly socketPath: string;
  readonly tokenFile: string;
  /** Files of the strategies' folder that were refused; what was registered before goes on. */
  readonly refusedStrategies: readonly RefusedFile[];
  readonly dns?: Dns;
  /** DNS and the API first, then the engine, then the log: whoever was answered finds it on disk. What runs goes on running. */
  close(): Promise<void>;
};

/** Puts the engine together from its parts: the one place that knows them all. */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const { noAuth = false, allowedHosts = [] } = options;
  const listen = { ...DEFAULT_LISTEN, ...options.listen };
  if (noAuth && !LOOPBACK.includes(listen.host)) throw new Error(`--no-auth is for loopback only, not for ${listen.host}`);
  const dataDir = resolve(options.dataDir);
  // Instances that run as another user must be able to pass through; each file in it has a mode of its own.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const opened: (() => Promise<void>)[] = [];
  try {
    return await open(options, { dataDir, listen, noAuth, allowedHosts }, opened);
  } catch (error) {
    // What was begun ends: a server that did not start leaves no engine behind that would go on.
    await closeAll(opened);
    throw error;
  }
};

type Settled = Required<Pick<ServerOptions, 'dataDir' | 'noAuth' | 'allowedHosts'>> & {
  readonly listen: { readonly host: string; readonly port: number };
};

/** The last opened first. */
const closeAll = async (opened: readonly (() => Promise<void>)[]): Promise<void> => {
  for (const close of opened.toReversed()) await close();
};

/** @param opened gets what ends each part that was begun, in the order of their beginning */
const open = async (
  options: ServerOptions,
  { dataDir, listen, noAuth, allowedHosts }: Settled,
  opened: (() => Promise<void>)[],
): Promise<Server> => {
  const { log: logger } = options;
  const telemetry = await startTelemetry({ serviceName: 'wharfinger', version: VERSION });
  opened.push(telemetry.shutdown);
  const log = await openSqliteLog({ path: join(dataDir, 'log.sqlite') });
  opened.push(log.close);
  const checkpointing =
    options.checkpoints === undefined
      ? undefined
      : startCheckpointing({
          ...options.checkpoints,
          dataDir,
          logFile: join(dataDir, 'log.sqlite'),
          head: log.head,
          clock: systemClock(),
          onTrouble: (why) => logger?.error(why),
        });
  if (checkpointing !== undefined) opened.push(checkpointing.close);
  const tokenFile = join(dataDir, 'token');
  const token = await tokenIn(tokenFile);
  const keys = openKeys(join(dataDir, 'keys.sqlite'));
  opened.push(async () => keys.close());
  const warn = (text: string): void => logger?.warn(text);
  const balancers = await openBalancers(options.balancer ?? 'none', { dir: join(dataDir, 'balancer'), onTrouble: warn });
  for (const balancer of balancers) opened.push(balancer.close);
  const engine = await startEngine({
    balancers,
    traffic: {
      ...DEFAULT_SETTINGS,
      ...(options.httpPort !== undefined && { httpPort: options.httpPort }),
      ...(options.httpsPort !== undefined && { httpsPort: options.httpsPort }),
      ...(options.certificates !== undefined && { certificates: await certificatesIn(options.certificates, warn) }),
      ...(options.dns?.vip?.[0] !== undefined && { vipAddress: options.dns.vip[0] }),
      reserved: listen.port === 0 ? [] : [listen.port],
    },
    log,
    clock: systemClock(),
    ids: randomIds(),
    sealer: sealerOf(keys),
    views: createViews(),
    probe: realProbe,
    gateSources: realGateSources,
    holder: `${hostname()}:${process.pid}`,
    openHost: (node, endpoint, offer) => openRuntime(endpoint, node, offer, options.containerDns),
    probeOffer: probeRuntime,
    onQuarantined: (stream, why) => logger?.error({ stream }, `quarantined: ${why}`),
    onFenced: (by) => {
      logger?.fatal(`term ${by} leads now; this engine must stop`);
      options.onFenced?.(by);
    },
    readStrategy,
    ...(telemetry.trace !== undefined && { trace: telemetry.trace }),
    ...(options.pace !== undefined && { pace: options.pace }),
    ...(options.remainsKeptMs !== undefined && { remainsKeptMs: options.remainsKeptMs }),
    ...(options.quarantineUnloadable !== undefined && { quarantineUnloadable: options.quarantineUnloadable }),
  });
  opened.push(engine.stop);
  await finishShredding(keys, engine);
  if (options.localNodes) await addLocalNodes(engine, dataDir, options);
  const refusedStrategies = options.strategies === undefined ? [] : await strategiesIn(engine, options.strategies, options);
  const history = startHistory(
    {
      file: join(dataDir, 'log.sqlite'),
      socketPath: join(dataDir, 'history', 'past.sock'),
      ...historyEdge(options),
      ...(options.checkpoints !== undefined && {
        witnesses: { files: options.checkpoints.witnesses, keyFile: options.checkpoints.keyFile },
      }),
    },
    warn,
  );
  opened.push(history.close);
  const retention = startRetention({
    engine,
    logFile: join(dataDir, 'log.sqlite'),
    onTrouble: warn,
    ...(options.archive !== undefined && { directory: resolve(options.archive) }),
  });
  opened.push(retention.close);
  const kafka = options.kafka === undefined ? undefined : startKafka(kafkaThreadData(options.kafka, dataDir), warn);
  if (kafka !== undefined) opened.push(kafka.close);
  const http = createHttp({
    engine,
    asOf: { kind: 'there', passOn: passOnTo(history.socketPath) },
    refusedStrategies,
    sentenceOf,
    auth: noAuth ? 'none' : { token, serviceKeyOf: serviceKeysIn(join(dataDir, SERVICE_ACCOUNTS)) },
    allowedHosts,
    version: VERSION,
    settings: {
      listen,
      dataDir,
      noAuth,
      allowedHosts,
      dockerSocket: options.dockerSocket ?? null,
      dns: options.dns ?? null,
      containerDns: options.containerDns ?? [],
    },
    ...edgeOf(options),
    ...(logger !== undefined && { log: logger }),
    ...(options.maxRunningDeployments !== undefined && { maxRunningDeployments: options.maxRunningDeployments }),
    ...(options.onAbdicated !== undefined && { abdicate: options.onAbdicated }),
    ...(checkpointing !== undefined && { checkpoint: checkpointing.now }),
    shredding: shreddingOf(keys, log),
    retention,
    events: eventDescription(eventsOf(options.kafka)),
    ...(kafka !== undefined && { kafka: kafka.status }),
  });
  // The socket with it: whoever still follows a stream there is told that it ends before anybody waits for it.
  opened.push(async () => http.close());
  const socketPath = join(dataDir, 'wharf.sock');
  await listenUnix(http, socketPath);
  const tcp = await listenTcp(http, listen);
  const dns = options.dns === undefined ? undefined : await openDns(engine, options.dns, tcp, logger);
  if (dns !== undefined) opened.push(dns.close);
  return {
    engine,
    log,
    url: tcp.address,
    socketPath,
    tokenFile,
    refusedStrategies,
    ...(dns !== undefined && { dns }),
    close: () => closeAll(opened),
  };
};

/** Without Kafka: all that could go over it. */
const eventsOf = (kafka: KafkaOptions | undefined): AsyncApiOptions => ({
  prefix: kafka?.prefix ?? 'wharf',
  mode: kafka?.mode ?? 'structured',
  version: VERSION,
  brokers: kafka?.connection.brokers ?? [],
  isEncrypted: kafka?.connection.tls !== undefined,
  state: kafka === undefined || kafka.state === true,
  commands: kafka === undefined,
});

const strategiesIn = async (
  engine: RunningEngine,
  folder: string,
  { checkStrategy = exploreStrategy, allowUnchecked, log }: ServerOptions,
): Promise<readonly RefusedFile[]> => {
  const { refused } = await registerStrategies(engine, resolve(folder), {
    check: checkStrategy,
    ...(allowUnchecked !== undefined && { allowUnchecked }),
  });
  for (const { file, problems } of refused) log?.error({ file }, problems.map(({ where, text }) => `${where}: ${text}`).join('\n'));
  return refused;
};

/** The leader's names are where the API listens; on all addresses, or by a name, it is the first of this machine that is not loopback. */
const openDns = async (
  engine: RunningEngine,
  dns: NonNullable<ServerOptions['dns']>,
  tcp: { readonly address: string },
  logger?: FastifyBaseLogger,
): Promise<Dns | undefined> => {
  const { hostname: host, port } = new URL(tcp.address);
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const isOne = endpointIn(bare) !== undefined && bare !== '0.0.0.0' && bare !== '::';
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  const leader = { host: isOne ? bare : bare === 'localhost' ? '127.0.0.1' : (outside ?? '127.0.0.1'), port: Number(port) };
  const onFault = (error: unknown): void => logger?.error({ err: error }, 'a DNS question could not be answered');
  try {
    return await startDns(dns, { views: engine.views, leader: () => leader, onFault });
  } catch (error) {
    if (dns.isOptional !== true || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    logger?.warn(`no DNS: ${(error as Error).message}`);
    return undefined;
  }
};

/** What an answer about the past has to hold as well, since it goes out as it is. */
const historyEdge = ({ allowOrigins, compression }: EdgeOptions) => ({
  ...(allowOrigins !== undefined && { allowOrigins }),
  ...(compression !== undefined && { compression }),
});

const edgeOf = ({ allowOrigins, compression, maxConcurrentRequests }: EdgeOptions): EdgeOptions => ({
  ...(allowOrigins !== undefined && { allowOrigins }),
  ...(compression !== undefined && { compression }),
  ...(maxConcurrentRequests !== undefined && { maxConcurrentRequests }),
});

/** Made at the first start; only its owner can read it. */
const tokenIn = async (path: string): Promise<string> => {
  try {
    await writeFile(path, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await chmod(path, 0o600);
  return (await readFile(path, 'utf8')).trim();
};

/** Only into a pool that never had a node: what the operator removed stays removed. */
const addLocalNodes = async (
  engine: RunningEngine,
  dataDir: string,
  { dockerSocket, portRanges = DEFAULT_PORT_RANGES }: ServerOptions,
): Promise<void> => {
  for (const { stream } of engine.views.roster.all()) if (nounOf(stream) === NODE) return;
  const here = hostname();
  // Two nodes on one machine: each has its own half of the ports.
  const halves = portRanges.flatMap(([from, to]): [number, number][][] => {
    const middle = (from + to) >> 1;
    return [[[from, middle]], [[middle + 1, to]]];
  });
  const [first, second] = [halves.filter((_, nth) => nth % 2 === 0).flat(), halves.filter((_, nth) => nth % 2 === 1).flat()];
  await addNode(
    engine,
    'local',
    { kind: 'process', root: join(dataDir, 'instances') },
    here,
    dockerSocket === undefined ? portRanges : first,
  );
  if (dockerSocket !== undefined) await addNode(engine, 'docker', { kind: 'docker', socket: dockerSocket }, `${here}-docker`, second);
};

const addNode = async (
  engine: RunningEngine,
  id: string,
  endpoint: RuntimeEndpoint,
  name: string,
  portRanges: readonly (readonly [number, number])[],
): Promise<void> => {
  const offered = await probeRuntime(endpoint)();
  if (E.isLeft(offered)) return;
  const command: NodeCommand = {
    type: 'RegisterNode',
    endpoint,
    offer: { ...offerOf(offered.right, portRanges), hostname: name },
    attributes: {},
    roles: ['*'],
    warnings: offered.right.warnings,
  };
  await engine.submit(streamOf(NODE, id), command, { id: engine.ids.next(), by: ENGINE, body: { id, endpoint } });
};
