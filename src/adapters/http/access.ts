import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Principal } from '../../domain/kernel/ids.ts';
import type { Instant } from '../../domain/kernel/units.ts';
import { type LoginTokens, loginTokens } from './dcos/loginTokens.ts';
import { spokenFor } from './onBehalf.ts';
import { Problem } from './problem.ts';
import type { Server } from './surroundings.ts';

export type Auth =
  | {
      readonly token: string;
      /** Public key (PEM) of a service account that logs in by signing instead of by a password; undefined where there is none. */
      readonly serviceKeyOf?: (uid: string) => Promise<string | undefined>;
    }
  | 'none';

/** Who is told apart today: the holder of the token, whoever may open the socket file, and everyone where nobody is asked. */
export const TOKEN_HOLDER: Principal = 'token';
export const LOCAL: Principal = 'local';
export const ANYONE: Principal = 'anonymous';

/** Answered to everyone: whether it lives, its gauges, how to talk to it; and what DC/OS' clients ask before they log in. */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/',
  '/ping',
  '/metrics',
  '/metrics/prometheus',
  '/openapi.json',
  '/asyncapi.json',
  '/asyncapi.yaml',
  '/acs/api/v1/auth/jwks',
  '/acs/api/v1/auth/login',
  '/acs/api/v1/auth/logout',
  '/acs/api/v1/auth/providers',
  '/ca/dcos-ca.crt',
  '/dcos-metadata/dcos-version.json',
]);

/** What consumers of events look up, who need not know this API otherwise. */
const SCHEMAS = /^\/v1\/schemas(\/[^/]*)?$/;

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access hook before any route runs. */
    principal: Principal;
    /** Set with it: whether it came through the unix socket. */
    isLocal: boolean;
  }
}

/** Connections that came through the unix socket: the mode of its file has already said who may. */
export type LocalSockets = WeakSet<Socket>;

/** What comes with a request before its body. */
export type Caller = {
  readonly headers: IncomingHttpHeaders;
  readonly socket: Socket;
  /** From a page that is allowed to read from here: its Origin is no sign of a trick. */
  readonly crossOrigin?: boolean;
};

export type Access = {
  /**
   * Who asks for a path. First a browser that was tricked into speaking to us (DNS rebinding) is turned away: the Host must be a name of
   * ours, and the Origin, when a browser sends one, the same. Then the token is asked for: as Bearer, as the password of Basic (RFC 6750,
   * RFC 7617), or as DC/OS' `token=`; a token that a login answered does as well.
   * @throws Problem 403, 401
   */
  admit(caller: Caller, path: string): Principal;
  /** Whether these headers carry what opens this API: nobody else is to see it. */
  carriesOurs(headers: IncomingHttpHeaders): boolean;
  /** Whether it is the key of this API, or a token of a login. */
  isOurs(secret: string): boolean;
  readonly auth: Auth;
  readonly tokens: LoginTokens;
};

export const createAccess = (auth: Auth, allowedHosts: readonly string[], localSockets: LocalSockets, now: () => Instant): Access => {
  const hosts: ReadonlySet<string> = new Set([...LOOPBACK_NAMES, ...allowedHosts.map((host) => host.toLowerCase())]);
  const tokens = loginTokens(auth === 'none' ? randomBytes(KEY_BYTES).toString('hex') : auth.token, now);
  const isOurs = (secret: string): boolean => (auth !== 'none' && sameSecret(secret, auth.token)) || tokens.isOurs(secret);
  const carriesOurs = (headers: IncomingHttpHeaders): boolean => secretsIn(headers).some(isOurs);
  return {
    admit: ({ headers, socket, crossOrigin }, path) => {
      if (localSockets.has(socket)) return spokenFor({ headers }) ?? LOCAL;
      checkHost(headers.host, crossOrigin === true ? undefined : headers.origin, hosts);
      if (auth === 'none') return ANYONE;
      if (carriesOurs(headers)) return TOKEN_HOLDER;
      if (!OPEN_PATHS.has(path) && !SCHEMAS.test(path)) throw unauthorized();
      return ANYONE;
    },
    carriesOurs,
    isOurs,
    auth,
    tokens,
  };
};

const KEY_BYTES = 32;

/** Guards every request, before its body is read. */
export const guardAccess = (server: Server, access: Access): void => {
  server.decorateRequest('principal', ANYONE);
  server.decorateRequest('isLocal', false);
  server.addHook('onRequest', async (request) => {
    const { headers, socket } = request.raw;
    request.isLocal = server.localSockets.has(socket);
    request.principal = access.admit({ headers, socket, crossOrigin: request.crossOrigin }, request.url.split('?', 1)[0] ?? '');
  });
};

const unauthorized = (): Problem =>
  new Problem(
    401,
    { message: 'A token is needed: as `Authorization: Bearer <token>`, as `token=<token>`, or as the password of Basic.' },
    { 'www-authenticate': 'Bearer realm="wharfinger", Basic realm="wharfinger"' },
  );

const checkHost = (host: string | undefined, origin: string | undefined, hosts: ReadonlySet<string>): void => {
  if (host === undefined || !hosts.has(hostnameOf(host)))
    throw new Problem(403, { message: `Host '${host ?? ''}' is none of this server's names; allow it with allowedHosts.` });
  if (origin !== undefined && originHost(origin) !== host.toLowerCase())
    throw new Problem(403, { message: `Origin '${origin}' is not this server's own.` });
};

/** `name`, `name:port`, `[v6]:port` → the name, lower case. */
const hostnameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, '');

const originHost = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

/** What the Authorization header brings, in whichever of the three forms. */
const secretsIn = ({ authorization = '' }: IncomingHttpHeaders): readonly string[] => {
  const [, scheme = '', given = ''] = /^(bearer +|basic +|token=)(\S+)$/i.exec(authorization.trim()) ?? [];
  if (given === '') return [];
  if (!/^basic/i.test(scheme)) return [given];
  const pair = Buffer.from(given, 'base64').toString('utf8');
  return [pair.slice(pair.indexOf(':') + 1)];
};

/** Digests first, so that neither content nor length shows in the time it takes. */
export const sameSecret = (given: string, wanted: string): boolean => timingSafeEqual(sha256(given), sha256(wanted));

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
