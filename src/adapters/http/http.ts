import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Answers } from '../../domain/ports/answers.ts';
import type { Engine } from '../../domain/ports/engine.ts';
import { type Auth, createAccess, guardAccess, type LocalSockets } from './access.ts';
import { MAX_BODY_BYTES, readJsonBodies } from './body.ts';
import { serveDcos } from './dcos/routes.ts';
import { serveServices } from './dcos/service/routes.ts';
import { type WebSockets, webSocketsOf } from './dcos/service/webSockets.ts';
import { canonicalUrl } from './dcos/urls.ts';
import { type ChangeLimits, shareChanges } from './edge/changes.ts';
import { type EdgeOptions, layEdge } from './edge/edge.ts';
import { answerProblems } from './errors.ts';
import { aloneInTheLead, type Leadership } from './leadership.ts';
import { serveAppLists } from './marathon/appLists.ts';
import { serveApps } from './marathon/appRoutes.ts';
import { serveCluster } from './marathon/cluster.ts';
import { limitDeployments } from './marathon/deploymentLimit.ts';
import { serveDeployments } from './marathon/deployments.ts';
import { serveMarathonEvents } from './marathon/eventRoute.ts';
import { serveGroups } from './marathon/groups.ts';
import { sendMarathonHeaders } from './marathon/headers.ts';
import { serveInfo } from './marathon/info.ts';
import { serveLeader } from './marathon/leader.ts';
import { servePods } from './marathon/pods.ts';
import { serveQueue } from './marathon/queue.ts';
import { serveSystem } from './marathon/system.ts';
import { serveTasks } from './marathon/tasks.ts';
import { serveMetrics } from './metrics/metrics.ts';
import { describeApi, serveApiDescription } from './openapi.ts';
import { serveBacktest } from './own/backtest.ts';
import { serveCheckpoints } from './own/checkpoints.ts';
import { serveOwnDeployments } from './own/deployments.ts';
import { serveEndpoints } from './own/endpoints.ts';
import { type EventDescription, serveEventSchemas } from './own/eventSchemas.ts';
import { serveFacts } from './own/facts.ts';
import { serveInstanceList } from './own/instanceList.ts';
import { serveInstances } from './own/instances.ts';
import { serveKafka } from './own/kafka.ts';
import { serveNodes } from './own/nodes.ts';
import { servePlan } from './own/plan.ts';
import { serveRebalance } from './own/rebalance.ts';
import { serveRetention } from './own/retention.ts';
import { serveRoles } from './own/roles.ts';
import { serveSealed } from './own/sealed.ts';
import { serveStrategies } from './own/strategies.ts';
import { serveTraffic } from './own/traffic.ts';
import { serveUndo } from './own/undo.ts';
import { type AsOf, answerAsOf } from './past/asOf.ts';
import { servePast } from './past/routes.ts';
import { unavailable } from './problem.ts';
import { tellPositions } from './reading.ts';
import type { Settings } from './settings.ts';
import { sliceLongLists } from './slices.ts';
import { type Standing, standBy } from './standby/standBy.ts';
import { createAudience, type RefusedStrategies, type Server, type Surroundings } from './surroundings.ts';
import { traceRequests } from './tracing.ts';
import { tellWarnings } from './warnings.ts';

export type HttpOptions = EdgeOptions & {
  readonly engine: Engine;
  /** What this server can say about the past; absent where all such questions are passed on. */
  readonly answers?: Answers;
  /** Who answers reads as of a moment; without it there are none. */
  readonly asOf?: AsOf;
  /** Who leads where several engines may; where absent it is this one. */
  readonly leadership?: Leadership;
  /** This engine leads not: what its views do not answer is its leader's affair. */
  readonly standing?: Standing;
  /** One recorded fact as a sentence for people; from the projections, which adapters do not know. */
  readonly sentenceOf: (recorded: Recorded) => string;
  /** `none` asks nobody who they are: for loopback only. */
  readonly auth: Auth;
  /** Names besides the loopback ones that a Host header may carry, without port. */
  readonly allowedHosts?: readonly string[];
  /** Of this program. */
  readonly version: string;
  readonly log?: FastifyBaseLogger;
  /** Connections that need no token; `listenUnix` fills it. */
  readonly localSockets?: LocalSockets;
  /** How it was set up, by the names of the options, for `/config`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Deployments that may run at once; more are answered 403. No limit unless told. */
  readonly maxRunningDeployments?: number;
  /** Changes that are taken in at once, and that wait. */
  readonly changes?: ChangeLimits;
  /** Files of the operator's strategies that were refused at the start. */
  readonly refusedStrategies?: RefusedStrategies;
  /** Ends the leadership of this engine; whoever gives it starts the engine again. */
  readonly abdicate?: () => void;
  /** What events look like for those who read them elsewhere. */
  readonly events?: EventDescription;
  /** How long what has ended stays in the log. */
  readonly retention?: Surroundings['retention'];
  /** How far the log has been published to Kafka. */
  readonly kafka?: Surroundings['kafka'];
  /** Destroys keys of sealed subjects. */
  readonly shredding?: Surroundings['shredding'];
  /** Writes a signed checkpoint of the log now. */
  readonly checkpoint?: Surroundings['checkpoint'];
};

declare module 'fastify' {
  interface FastifyInstance {
    localSockets: LocalSockets;
    webSockets: WebSockets;
    /** Further listeners, closed with the server. */
    alsoListening: Set<() => Promise<void>>;
  }
}

/** The API over HTTP: Marathon's under `/v2`, our own under `/v1`. Closing it ends the streams that are open. */
export const createHttp = ({
  engine: unlimited,
  answers = NO_ANSWERS,
  asOf,
  leadership = aloneInTheLead,
  standing,
  sentenceOf,
  auth,
  allowedHosts = [],
  version,
  log,
  localSockets = new WeakSet(),
  settings = {},
  refusedStrategies = [],
  abdicate,
  checkpoint,
  shredding,
  retention,
  events,
  kafka,
  maxRunningDeployments,
  changes,
  ...edge
}: HttpOptions): FastifyInstance => {
  const closing = new AbortController();
  const engine = maxRunningDeployments === undefined ? unlimited : limitDeployments(unlimited, maxRunningDeployments);
  const access = createAccess(auth, allowedHosts, localSockets, engine.clock.now);
  const webSockets = webSocketsOf(engine, access, closing.signal);
  const options = {
    http: { shouldUpgradeCallback: webSockets.isOne },
    rewriteUrl: ({ url = '/' }: IncomingMessage) => canonicalUrl(url),
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle' as const,
    // Streams excepted, each by its own route: they have no end that a HEAD could wait for.
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4_096 },
  };
  const server = fastify(log === undefined ? options : { ...options, loggerInstance: log }) as unknown as Server;
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.decorate('localSockets', localSockets);
  server.decorate('webSockets', webSockets);
  server.decorate('leadership', leadership);
  server.server.on('upgrade', webSockets.accept);
  server.decorate('alsoListening', new Set<() => Promise<void>>());
  server.addHook('preClose', async () => closing.abort());
  endSilentConnections(server);
  server.addHook('onClose', async ({ alsoListening }) => {
    await Promise.all([...alsoListening].map((close) => close()));
  });

  tellWarnings(server);
  layEdge(server, edge);
  guardAccess(server, access);
  traceRequests(server);
  if (asOf !== undefined) answerAsOf(server, asOf);
  if (standing !== undefined) standBy(server, { ...standing, engine, auth, localSockets, closing: closing.signal });
  shareChanges(server, changes);
  // Of the past each question has views of its own, which do not wait; that server has nobody else to hold up.
  if (asOf?.kind !== 'here') sliceLongLists(server);
  readJsonBodies(server);
  answerProblems(server);
  tellPositions(server, engine);
  sendMarathonHeaders(server);
  describeApi(server, version);
  // Routes stand in a plugin of their own, so that the description has been set up when they are added.
  server.register(async (routes) => {
    const surroundings = {
      engine,
      answers,
      sentenceOf,
      access,
      version,
      closing: closing.signal,
      audience: createAudience(),
      refusedStrategies,
      settings: settingsOf(settings, { ...edge, ...(maxRunningDeployments !== undefined && { maxRunningDeployments }) }),
      ...(log !== undefined && { log }),
      ...(abdicate !== undefined && { abdicate }),
      ...(checkpoint !== undefined && { checkpoint }),
      ...(shredding !== undefined && { shredding }),
      ...(retention !== undefined && { retention }),
      ...(events !== undefined && { events }),
      ...(kafka !== undefined && { kafka }),
    };
    for (const serve of SERVED) serve(routes as unknown as Server, surroundings);
  });
  return server as unknown as FastifyInstance;
};

/** Node's own closeAllConnections passes over those that have not sent a byte yet, such as a browser's in advance; closing waits for them. */
const endSilentConnections = (server: Server): void => {
  const open = new Set<Socket>();
  server.server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.addHook('preClose', async () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  });
};

type Limits = EdgeOptions & Pick<HttpOptions, 'maxRunningDeployments'>;

const settingsOf = (
  options: Settings['options'],
  { allowOrigins = [], maxConcurrentRequests, maxRunningDeployments }: Limits,
): Settings => ({
  options,
  allowOrigins,
  ...(maxConcurrentRequests !== undefined && { maxConcurrentRequests }),
  ...(maxRunningDeployments !== undefined && { maxRunningDeployments }),
});

/** Never reached: such questions are passed on before a route is. */
const NO_ANSWERS = new Proxy({} as Answers, {
  get: () => {
    throw unavailable('This server holds no past that it could be asked about.');
  },
});

const SERVED = [
  serveCluster,
  serveInfo,
  serveLeader,
  serveSystem,
  serveAppLists,
  serveApps,
  serveGroups,
  servePods,
  serveTasks,
  serveDeployments,
  serveQueue,
  serveMarathonEvents,
  serveNodes,
  serveStrategies,
  serveOwnDeployments,
  serveEndpoints,
  serveTraffic,
  serveFacts,
  serveEventSchemas,
  servePast,
  serveInstances,
  serveInstanceList,
  serveBacktest,
  serveCheckpoints,
  serveKafka,
  serveSealed,
  serveRetention,
  serveRoles,
  servePlan,
  serveUndo,
  serveRebalance,
  serveDcos,
  serveServices,
  serveMetrics,
  serveApiDescription,
] as const;
