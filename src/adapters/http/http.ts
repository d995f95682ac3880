import type { Socket } from 'node:net';
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Engine } from '../../domain/ports/engine.ts';
import { type Auth, guardAccess, type LocalSockets } from './access.ts';
import { MAX_BODY_BYTES, readJsonBodies } from './body.ts';
import { answerProblems } from './errors.ts';
import { serveAppLists } from './marathon/appLists.ts';
import { serveApps } from './marathon/appRoutes.ts';
import { serveCluster } from './marathon/cluster.ts';
import { serveDeployments } from './marathon/deployments.ts';
import { serveMarathonEvents } from './marathon/eventRoute.ts';
import { serveQueue } from './marathon/queue.ts';
import { serveTasks } from './marathon/tasks.ts';
import { serveMetrics } from './metrics.ts';
import { describeApi, serveApiDescription } from './openapi.ts';
import { serveEndpoints } from './own/endpoints.ts';
import { serveFacts } from './own/facts.ts';
import { serveHistory } from './own/history.ts';
import { serveInstances } from './own/instances.ts';
import { serveNodes } from './own/nodes.ts';
import { tellPositions } from './reading.ts';
import { createAudience, type Server } from './surroundings.ts';
import { traceRequests } from './tracing.ts';
import { tellWarnings } from './warnings.ts';

export type HttpOptions = {
  readonly engine: Engine;
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
};

declare module 'fastify' {
  interface FastifyInstance {
    localSockets: LocalSockets;
    /** Further listeners, closed with the server. */
    alsoListening: Set<() => Promise<void>>;
  }
}

/** The API over HTTP: Marathon's under `/v2`, our own under `/v1`. Closing it ends the streams that are open. */
export const createHttp = ({
  engine,
  sentenceOf,
  auth,
  allowedHosts = [],
  version,
  log,
  localSockets = new WeakSet(),
}: HttpOptions): FastifyInstance => {
  const options = {
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle' as const,
    // A stream of events has no end that a HEAD could wait for.
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4_096 },
  };
  const server = fastify(log === undefined ? options : { ...options, loggerInstance: log }) as unknown as Server;
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.decorate('localSockets', localSockets);
  const closing = new AbortController();
  server.decorate('alsoListening', new Set<() => Promise<void>>());
  server.addHook('preClose', async () => closing.abort());
  endSilentConnections(server);
  server.addHook('onClose', async ({ alsoListening }) => {
    await Promise.all([...alsoListening].map((close) => close()));
  });

  tellWarnings(server);
  guardAccess(server, auth, allowedHosts, localSockets);
  traceRequests(server);
  readJsonBodies(server);
  answerProblems(server);
  tellPositions(server, engine);
  describeApi(server, version);
  // Routes stand in a plugin of their own, so that the description has been set up when they are added.
  server.register(async (routes) => {
    const surroundings = { engine, sentenceOf, version, closing: closing.signal, audience: createAudience() };
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

const SERVED = [
  serveCluster,
  serveAppLists,
  serveApps,
  serveTasks,
  serveDeployments,
  serveQueue,
  serveMarathonEvents,
  serveNodes,
  serveEndpoints,
  serveFacts,
  serveHistory,
  serveInstances,
  (server: Server, { engine }: { engine: Engine }) => serveMetrics(server, engine),
  serveApiDescription,
] as const;
