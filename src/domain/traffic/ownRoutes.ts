import type { AppDefinition } from '../app/definition/definition.ts';
import { declaredPorts } from '../app/definition/ports.ts';
import { type AppRoute, portIndex } from '../app/definition/routes.ts';
import { DEFAULT_CONNECT_MS, DEFAULT_SERVER_MS, type DraftListener, type RouteDraft, STICKY_COOKIE } from './draft.ts';
import type { TrafficSettings } from './settings.ts';

/** Routes by the field `routes` of a definition. */
export const ownRoutes = (definition: AppDefinition, settings: TrafficSettings): readonly RouteDraft[] =>
  (definition.routes ?? []).map((route) => ({
    port: route.port,
    mode: route.mode,
    hosts: route.hosts,
    ...(route.path !== undefined && { path: route.path }),
    ...(route.stripPath && route.path !== undefined && { stripPath: route.path }),
    redirectToHttps: route.redirectToHttps,
    hsts: route.hsts,
    balance: route.balance,
    ...(route.sticky && { sticky: route.mode === 'tcp' ? '' : (route.stickyCookie ?? STICKY_COOKIE) }),
    ...(route.sendProxy !== undefined && { sendsProxy: route.sendProxy }),
    ...(route.auth !== undefined && { auth: { realm: route.auth.realm ?? definition.id, users: route.auth.users } }),
    timeouts: {
      connectMs: route.connectTimeoutSeconds === undefined ? DEFAULT_CONNECT_MS : route.connectTimeoutSeconds * 1000,
      serverMs: route.serverTimeoutSeconds === undefined ? DEFAULT_SERVER_MS : route.serverTimeoutSeconds * 1000,
    },
    at: listenersOf(route, definition, settings),
  }));

/** HTTP is heard on the server's ports; with TLS on the one for it, and on the plain one where that redirects. */
const listenersOf = (
  route: AppRoute,
  definition: AppDefinition,
  { address, httpPort, httpsPort }: TrafficSettings,
): readonly DraftListener[] => {
  const base = { address, mode: route.mode, acceptsProxy: route.acceptProxy };
  const plain = (port: number): DraftListener => ({ ...base, port });
  const secure = (port: number): DraftListener => ({ ...base, port, tls: route.tls?.certificates ?? [] });
  if (route.mode === 'tcp') {
    const servicePort = declaredPorts(definition)[portIndex(definition, route.port) ?? -1]?.servicePort ?? 0;
    const ports = route.listen ?? (servicePort > 0 ? [servicePort] : []);
    return ports.map(route.tls === undefined ? plain : secure);
  }
  if (route.tls === undefined) return (route.listen ?? [httpPort]).map(plain);
  const redirecting = route.redirectToHttps ? [plain(httpPort)] : [];
  return [...redirecting, ...(route.listen ?? [httpsPort]).map(secure)];
};
