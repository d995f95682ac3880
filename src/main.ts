import { mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { RunningEngine } from './actors/engine.ts';
import type { Pace } from './actors/hosts.ts';
import { endpointIn } from './adapters/dns/addresses.ts';
import { type Dns, type DnsOptions, startDns } from './adapters/dns/dns.ts';
import type { EdgeOptions } from './adapters/http/edge/edge.ts';
import { listenTcp, listenUnix } from './adapters/http/listen.ts';
import { passOnTo } from './adapters/http/past/passOn.ts';
import { openKeys } from './adapters/keys/sqliteKeys.ts';
import { openSqliteLog, type SqliteLog } from './adapters/log/sqlite/sqliteLog.ts';
import { startTelemetry } from './adapters/telemetry/startTelemetry.ts';
import { tokenIn } from './apiToken.ts';
import type { BalancerChoice } from './balancers.ts';
import type { PolicyName } from './domain/app/definition/policyName.ts';
import type { EventLog } from './domain/kernel/ports.ts';
import type { Probe } from './domain/ports/probes.ts';
import type { Views } from './domain/ports/views.ts';
import { type EsdbServer, startEsdb } from './esdbServer.ts';
import type { EsdbPlace } from './esdbServing.ts';
import { startHistory } from './historyServer.ts';
import type { HistoryThreadData } from './historyThread.ts';
import { lead } from './lead.ts';
import type { CheckpointOptions } from './logs/checkpoints.ts';
import type { KafkaOptions } from './serveKafka.ts';
import { viewsOf } from './snapshots/viewsOf.ts';
import type { CheckStrategy, RefusedFile } from './strategyFiles.ts';
import { VERSION } from './version.ts';

/** Where the API listens unless told otherwise: Marathon's port, on loopback. */
export const DEFAULT_LISTEN = { host: '127.0.0.1', port: 8080 } as const;
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

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
  /** How places are chosen where an app does not say it; `spread` where absent. */
  readonly placement?: PolicyName;
  readonly pace?: Pace;
  /** Asks instances for their health; where absent over the network. */
  readonly probe?: Probe;
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
  /** Speaks EventStoreDB's protocol on the log too; nobody does where absent. */
  readonly esdb?: EsdbPlace;
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
  /** Where EventStoreDB's protocol is spoken. */
  readonly esdb?: Pick<EsdbServer, 'host' | 'port'>;
  /** DNS and the API first, then the engine, then the log: whoever was answered finds it on disk. What runs goes on running. */
  close(): Promise<void>;
};

/** Puts the engine together from its parts: the one place that knows them all. */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const { noAuth = false, allowedHosts = [] } = options;
  const listen = { ...DEFAULT_LISTEN, ...options.listen };
  requireLoopback(noAuth, listen.host);
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

/** @throws Error where nobody would be asked for a token by whom anybody can reach */
export const requireLoopback = (noAuth: boolean | undefined, host: string): void => {
  if (noAuth === true && !LOOPBACK.includes(host)) throw new Error(`--no-auth is for loopback only, not for ${host}`);
};

type Settled = Required<Pick<ServerOptions, 'dataDir' | 'noAuth' | 'allowedHosts'>> & {
  readonly listen: { readonly host: string; readonly port: number };
};

/** The last opened first. */
export const closeAll = async (opened: readonly (() => Promise<void>)[]): Promise<void> => {
  for (const close of opened.toReversed()) await close();
};

/** @param opened gets what ends each part that was begun, in the order of their beginning */
const open = async (options: ServerOptions, { dataDir, listen }: Settled, opened: (() => Promise<void>)[]): Promise<Server> => {
  const { log: logger } = options;
  const telemetry = await startTelemetry({ serviceName: 'wharfinger', version: VERSION });
  opened.push(telemetry.shutdown);
  const logFile = join(dataDir, 'log.sqlite');
  const log = await openSqliteLog({ path: logFile });
  opened.push(log.close);
  const tokenFile = join(dataDir, 'token');
  const token = await tokenIn(tokenFile);
  const keys = openKeys(join(dataDir, 'keys.sqlite'));
  opened.push(async () => keys.close());
  const history = startHistory(historyOf({ ...options, dataDir }, logFile), (text) => logger?.warn(text));
  opened.push(history.close);
  const views = await viewsOf({ dataDir, logFile, log, keys, ...(logger !== undefined && { logger }) }, opened);
  const { engine, http, refusedStrategies } = await lead(
    options,
    {
      dataDir,
      log,
      logFile,
      keys,
      token,
      views,
      passOn: passOnTo(history.socketPath),
      listen,
      ...(telemetry.trace !== undefined && { trace: telemetry.trace }),
    },
    opened,
  );
  // The socket with it: whoever still follows a stream there is told that it ends before anybody waits for it.
  opened.push(async () => http.close());
  const socketPath = join(dataDir, 'wharf.sock');
  await listenUnix(http, socketPath);
  const tcp = await listenTcp(http, listen);
  const dns = options.dns === undefined ? undefined : await openDns(engine.views, options.dns, () => tcp.address, logger);
  if (dns !== undefined) opened.push(dns.close);
  const esdb =
    options.esdb === undefined
      ? undefined
      : await openEsdb(log, options.esdb, { file: logFile, token }, (text) => logger?.warn(text), opened);
  return {
    engine,
    log,
    url: tcp.address,
    socketPath,
    tokenFile,
    refusedStrategies,
    ...(dns !== undefined && { dns }),
    ...(esdb !== undefined && { esdb }),
    close: () => closeAll(opened),
  };
};

/** The leader's names are where the API listens; on all addresses, or by a name, it is the first of this machine that is not loopback. */
export const openDns = async (
  views: Views,
  dns: NonNullable<ServerOptions['dns']>,
  urlOf: () => string,
  logger?: FastifyBaseLogger,
): Promise<Dns | undefined> => {
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
  const leader = (): { readonly host: string; readonly port: number } => {
    const { hostname: host, port } = new URL(urlOf());
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    const isOne = endpointIn(bare) !== undefined && bare !== '0.0.0.0' && bare !== '::';
    return { host: isOne ? bare : bare === 'localhost' ? '127.0.0.1' : (outside ?? '127.0.0.1'), port: Number(port) };
  };
  const onFault = (error: unknown): void => logger?.error({ err: error }, 'a DNS question could not be answered');
  try {
    return await startDns(dns, { views, leader, onFault });
  } catch (error) {
    if (dns.isOptional !== true || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    logger?.warn(`no DNS: ${(error as Error).message}`);
    return undefined;
  }
};

/** The thread that speaks it hears of each commit. */
export const openEsdb = async (
  log: Pick<EventLog, 'head' | 'subscribe'>,
  place: EsdbPlace,
  served: { readonly file: string; readonly token: string },
  onTrouble: (text: string) => void,
  opened: (() => Promise<void>)[],
): Promise<EsdbServer> => {
  const esdb = await startEsdb({ ...place, ...served }, onTrouble);
  opened.push(esdb.close);
  const following = await log.subscribe(log.head(), esdb.advanced);
  opened.push(following.close);
  return esdb;
};

/** What the history thread is given: also what its answers have to hold of ours, since they go out as they are. */
export const historyOf = ({ dataDir, allowOrigins, compression, checkpoints }: ServerOptions, logFile: string): HistoryThreadData => ({
  file: logFile,
  socketPath: join(dirname(logFile), 'history', 'past.sock'),
  keys: join(dataDir, 'keys.sqlite'),
  ...(allowOrigins !== undefined && { allowOrigins }),
  ...(compression !== undefined && { compression }),
  ...(checkpoints !== undefined && { witnesses: { files: checkpoints.witnesses, keyFile: checkpoints.keyFile } }),
});
