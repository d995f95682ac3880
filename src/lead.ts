import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { either as E } from 'fp-ts';
import { type RunningEngine, startEngine } from './actors/engine.ts';
import type { TakingViews } from './actors/intake.ts';
import { systemClock } from './adapters/clock/systemClock.ts';
import { realGateSources } from './adapters/gates/gateSources.ts';
import type { Auth, LocalSockets } from './adapters/http/access.ts';
import type { EdgeOptions } from './adapters/http/edge/edge.ts';
import { createHttp } from './adapters/http/http.ts';
import type { Leadership } from './adapters/http/leadership.ts';
import { DEFAULT_PORT_RANGES } from './adapters/http/own/nodes.ts';
import type { PassOn } from './adapters/http/past/passOn.ts';
import { namedIds } from './adapters/ids/namedIds.ts';
import { randomIds } from './adapters/ids/randomIds.ts';
import { eventDescription } from './adapters/kafka/eventDescription.ts';
import { serviceKeysIn } from './adapters/keys/accountKeys.ts';
import { type KeyStore, sealerOf } from './adapters/keys/sealer.ts';
import { realProbe } from './adapters/probes/probes.ts';
import { certificatesIn, openBalancers } from './balancers.ts';
import { exploreStrategy } from './checkStrategy.ts';
import { INSTANCE_NAMESPACE } from './domain/instance/instance.states.ts';
import { ENGINE, nounOf, type StreamName, streamOf } from './domain/kernel/ids.ts';
import type { EventLog } from './domain/kernel/ports.ts';
import type { NodeCommand } from './domain/node/node.commands.ts';
import { NODE, type RuntimeEndpoint } from './domain/node/node.facts.ts';
import type { Reign } from './domain/ports/election.ts';
import type { Trace } from './domain/ports/trace.ts';
import type { Views } from './domain/ports/views.ts';
import { DEFAULT_SETTINGS } from './domain/traffic/settings.ts';
import { startKafka } from './kafkaServer.ts';
import { startCheckpointing } from './logs/checkpoints.ts';
import { startRetention } from './logs/retention.ts';
import { finishShredding, shreddingOf } from './logs/shredding.ts';
import type { ServerOptions } from './main.ts';
import { sentenceOf } from './projections/sentences.ts';
import { offerOf, openRuntime, probeRuntime } from './runtimes.ts';
import { eventsOf, kafkaThreadData } from './serveKafka.ts';
import { type RefusedFile, readStrategy, registerStrategies } from './strategyFiles.ts';
import { VERSION } from './version.ts';

/** Folder of the data directory with the public keys of service accounts. */
const SERVICE_ACCOUNTS = 'service-accounts';

/** Whom the API serves. */
export const authOf = ({ noAuth = false }: Pick<ServerOptions, 'noAuth'>, token: string, dataDir: string): Auth =>
  noAuth ? 'none' : { token, serviceKeyOf: serviceKeysIn(join(dataDir, SERVICE_ACCOUNTS)) };

/** What an engine leads on: opened before it, and closed after it by who opened it. */
export type Ground = {
  readonly dataDir: string;
  readonly log: EventLog;
  /** The log, or its mirror, as a file that others read. */
  readonly logFile: string;
  readonly keys: KeyStore;
  readonly token: string;
  readonly views: Views & TakingViews;
  readonly trace?: Trace;
  /** Answers for the past. */
  readonly passOn: PassOn;
  /** Where the API listens. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where engines share a log: the lease that was won. */
  readonly reign?: Reign;
  readonly standingStill?: ReadonlyMap<StreamName, string>;
  /** Who leads, where engines share a log. */
  readonly leadership?: Leadership;
  /** Connections that need no token, where the listeners are there before the API is. */
  readonly localSockets?: LocalSockets;
  /** `esdb://…` of the log, where engines share it. */
  readonly store?: string;
};

export type Lead = { readonly engine: RunningEngine; readonly http: FastifyInstance; readonly refusedStrategies: readonly RefusedFile[] };

/** An engine that decides and performs, and its API, which listens nowhere yet. @param opened gets what ends each part, in the order of beginning */
export const lead = async (options: ServerOptions, ground: Ground, opened: (() => Promise<void>)[]): Promise<Lead> => {
  const { log: logger, noAuth = false, allowedHosts = [] } = options;
  const { dataDir, log, logFile, keys, token, views, trace, passOn, listen, reign, standingStill, leadership, localSockets, store } =
    ground;
  const checkpointing =
    options.checkpoints === undefined
      ? undefined
      : startCheckpointing({
          ...options.checkpoints,
          dataDir,
          logFile,
          head: log.head,
          clock: systemClock(),
          onTrouble: (why) => logger?.error(why),
        });
  if (checkpointing !== undefined) opened.push(checkpointing.close);
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
    instanceId: namedIds(INSTANCE_NAMESPACE),
    sealer: sealerOf(keys),
    views,
    probe: options.probe ?? realProbe,
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
    ...(trace !== undefined && { trace }),
    ...(reign !== undefined && { reign }),
    ...(standingStill !== undefined && { standingStill }),
    ...(options.placement !== undefined && { placement: { policy: options.placement } }),
    ...(options.pace !== undefined && { pace: options.pace }),
    ...(options.remainsKeptMs !== undefined && { remainsKeptMs: options.remainsKeptMs }),
    ...(options.quarantineUnloadable !== undefined && { quarantineUnloadable: options.quarantineUnloadable }),
  });
  opened.push(engine.stop);
  await finishShredding(keys, engine);
  if (options.localNodes) await addLocalNodes(engine, dataDir, options);
  const refusedStrategies = options.strategies === undefined ? [] : await strategiesIn(engine, options.strategies, options);
  const retention = startRetention({
    engine,
    logFile,
    onTrouble: warn,
    ...(options.archive !== undefined && { directory: resolve(options.archive) }),
  });
  opened.push(retention.close);
  const kafka = options.kafka === undefined ? undefined : startKafka(kafkaThreadData(options.kafka, dataDir, logFile, store), warn);
  if (kafka !== undefined) opened.push(kafka.close);
  const http = createHttp({
    engine,
    asOf: { kind: 'there', passOn },
    refusedStrategies,
    sentenceOf,
    auth: authOf(options, token, dataDir),
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
    ...(leadership !== undefined && { leadership }),
    ...(localSockets !== undefined && { localSockets }),
    ...(logger !== undefined && { log: logger }),
    ...(options.maxRunningDeployments !== undefined && { maxRunningDeployments: options.maxRunningDeployments }),
    ...(options.onAbdicated !== undefined && { abdicate: options.onAbdicated }),
    ...(checkpointing !== undefined && { checkpoint: checkpointing.now }),
    shredding: shreddingOf(keys, log),
    retention,
    events: eventDescription(eventsOf(options.kafka)),
    ...(kafka !== undefined && { kafka: kafka.status }),
  });
  return { engine, http, refusedStrategies };
};

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

export const edgeOf = ({ allowOrigins, compression, maxConcurrentRequests }: EdgeOptions): EdgeOptions => ({
  ...(allowOrigins !== undefined && { allowOrigins }),
  ...(compression !== undefined && { compression }),
  ...(maxConcurrentRequests !== undefined && { maxConcurrentRequests }),
});

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
