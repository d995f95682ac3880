import type { AppDefinition } from './definition.ts';
import { declaredPorts } from './ports.ts';
import { flag, integer, list, number, object, oneOf, type Read, type Reader, record, text } from './readers.ts';
import type { Violations } from './violations.ts';

/* How the load balancer leads clients to an app: the field `routes` of its definition, which is ours. */

export const ROUTES_MAX = 100;
export const HOSTS_MAX = 100;
/** Of one request or connection, seconds. */
export const ROUTE_TIMEOUT_MAX_SECONDS = 86_400;

/** A host name (RFC 1123), or all below one. */
export const HOST = /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** A path of a URL (RFC 3986 §3.3), from its first slash on. */
export const PATH = /^\/[\w\-.~!$&'()*+,;=:@%/]*$/;

const portNumber = integer({ min: 1, max: 65_535 });
const timeout = number({ min: 0.001, max: ROUTE_TIMEOUT_MAX_SECONDS });
const nameOrIndex: Reader<string | number> = (value, at, found) =>
  typeof value === 'string' ? text({ min: 1 })(value, at, found) : integer({ min: 0 })(value, at, found);

export const route = object({
  port: nameOrIndex,
  mode: oneOf(['http', 'tcp']),
  hosts: list(text({ min: 1, max: 253, pattern: HOST }), { unique: true }),
  path: text({ min: 1, max: 1024, pattern: PATH }),
  stripPath: flag,
  listen: list(portNumber, { min: 1, unique: true }),
  tls: object({ certificates: list(text({ min: 1, max: 255, pattern: /^[\w-][\w.-]*$/ }), { unique: true }) }),
  redirectToHttps: flag,
  hsts: flag,
  balance: oneOf(['roundrobin', 'leastconn', 'source']),
  sticky: flag,
  stickyCookie: text({ min: 1, max: 128, pattern: TOKEN }),
  acceptProxy: flag,
  sendProxy: oneOf(['v1', 'v2']),
  auth: object({ realm: text({ min: 1, max: 128, pattern: /^[^"\\\p{Cc}]*$/u }), users: record(text({ min: 1 })) }, ['users']),
  connectTimeoutSeconds: timeout,
  serverTimeoutSeconds: timeout,
});

export type RouteShape = Read<typeof route>;

export type AppRoute = {
  /** Index or name of one of the app's ports. */
  readonly port: string | number;
  readonly mode: 'http' | 'tcp';
  readonly hosts: readonly string[];
  readonly path?: string;
  readonly stripPath: boolean;
  /** Ports to listen on; those of the server where there are none. */
  readonly listen?: readonly number[];
  /** Names of certificates that the server has; those that fit the hosts where none is named. */
  readonly tls?: { readonly certificates?: readonly string[] };
  readonly redirectToHttps: boolean;
  readonly hsts: boolean;
  readonly balance: 'roundrobin' | 'leastconn' | 'source';
  readonly sticky: boolean;
  readonly stickyCookie?: string;
  readonly acceptProxy: boolean;
  readonly sendProxy?: 'v1' | 'v2';
  /** Passwords as `crypt(3)` hashes. */
  readonly auth?: { readonly realm?: string; readonly users: Readonly<Record<string, string>> };
  readonly connectTimeoutSeconds?: number;
  readonly serverTimeoutSeconds?: number;
};

export const completeRoute = ({ hosts = [], ...route }: RouteShape): AppRoute =>
  ({
    port: 0,
    mode: 'http',
    stripPath: false,
    redirectToHttps: false,
    hsts: false,
    balance: 'roundrobin',
    sticky: route.stickyCookie !== undefined,
    acceptProxy: false,
    ...route,
    hosts: hosts.map((host) => host.toLowerCase()),
  }) as AppRoute;

/** `$5$…` and the like: what `openssl passwd -5` or `mkpasswd` write. */
export const CRYPT = /^\$(?:5|6)\$[!-~]+$/;

export const checkRoutes = (app: AppDefinition, found: Violations): void => {
  const { routes = [] } = app;
  if (routes.length > ROUTES_MAX) found.add('/routes', `must have at most ${ROUTES_MAX} routes`);
  const ports = declaredPorts(app);
  routes.forEach((each, index) => {
    const at = `/routes(${index})`;
    const port = portIndex(app, each.port);
    if (port === undefined) found.add(`${at}/port`, `the app has no port '${each.port}'`);
    else if (ports[port]?.protocol === 'udp') found.add(`${at}/port`, 'UDP cannot be routed');
    if (each.hosts.length > HOSTS_MAX) found.add(`${at}/hosts`, `must have at most ${HOSTS_MAX} hosts`);
    for (const [user, hash] of Object.entries(each.auth?.users ?? {})) {
      if (!/^[^:\s\p{Cc}]+$/u.test(user)) found.add(`${at}/auth/users`, 'names of users must have no colon, space or control character');
      if (!CRYPT.test(hash)) found.add(`${at}/auth/users/${user}`, 'must be a hash of crypt(3) with SHA-256 or SHA-512 ($5$… or $6$…)');
    }
    if (each.auth !== undefined && Object.keys(each.auth.users).length === 0) found.add(`${at}/auth/users`, 'must name a user at least');
    if (each.stripPath && each.path === undefined) found.add(`${at}/stripPath`, 'needs a path');
    if (each.mode !== 'tcp') return;
    for (const field of ['path', 'auth', 'stickyCookie'] as const)
      if (each[field] !== undefined) found.add(`${at}/${field}`, 'is for mode http only');
    for (const field of ['redirectToHttps', 'hsts', 'stripPath'] as const)
      if (each[field]) found.add(`${at}/${field}`, 'is for mode http only');
    if (each.hosts.length > 0 && each.tls === undefined) found.add(`${at}/hosts`, 'needs tls in mode tcp: the host is known by SNI only');
  });
};

/** The index of a port that a route names, in one version of the app. */
export const portIndex = (
  app: Pick<AppDefinition, 'container' | 'portDefinitions' | 'requirePorts'>,
  port: string | number,
): number | undefined => {
  const ports = declaredPorts(app);
  const index = typeof port === 'number' ? port : ports.findIndex(({ name }) => name === port);
  return ports[index] === undefined ? undefined : index;
};
