import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../../domain/kernel/ids.ts';
import { Problem } from './problem.ts';
import type { Server } from './surroundings.ts';

export type Auth = { readonly token: string } | 'none';

/** Who is told apart today: the holder of the token, whoever may open the socket file, and everyone where nobody is asked. */
export const TOKEN_HOLDER: Principal = 'token';
export const LOCAL: Principal = 'local';
export const ANYONE: Principal = 'anonymous';

/** Answered to everyone: whether it lives, its gauges, and how to talk to it. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(['/ping', '/metrics', '/metrics/prometheus', '/openapi.json']);

const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access hook before any route runs. */
    principal: Principal;
  }
}

/** Connections that came through the unix socket: the mode of its file has already said who may. */
export type LocalSockets = WeakSet<Socket>;

/**
 * Guards every request, before its body is read. First against a browser that was tricked into speaking to us (DNS rebinding): the
 * Host must be a name of ours, and the Origin, when a browser sends one, the same. Then asks for the token, as Bearer or as the
 * password of Basic (RFC 6750, RFC 7617).
 */
export const guardAccess = (server: Server, auth: Auth, allowedHosts: readonly string[], localSockets: LocalSockets): void => {
  const hosts: ReadonlySet<string> = new Set([...LOOPBACK_NAMES, ...allowedHosts.map((host) => host.toLowerCase())]);
  server.decorateRequest('principal', ANYONE);
  server.addHook('onRequest', async (request) => {
    if (localSockets.has(request.raw.socket)) {
      request.principal = LOCAL;
      return;
    }
    checkHost(request.headers.host, request.headers.origin, hosts);
    if (auth === 'none') return;
    if (carriesToken(request, auth.token)) request.principal = TOKEN_HOLDER;
    else if (!OPEN_PATHS.has(pathOf(request))) throw unauthorized();
  });
};

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';

const unauthorized = (): Problem =>
  new Problem(
    401,
    { message: 'A token is needed: as `Authorization: Bearer <token>`, or as the password of Basic.' },
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

const carriesToken = ({ headers }: FastifyRequest, token: string): boolean => {
  const [scheme = '', given = ''] = (headers.authorization ?? '').split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return sameSecret(given, token);
  if (scheme.toLowerCase() !== 'basic') return false;
  const pair = Buffer.from(given, 'base64').toString('utf8');
  return sameSecret(pair.slice(pair.indexOf(':') + 1), token);
};

/** Digests first, so that neither content nor length shows in the time it takes. */
const sameSecret = (given: string, wanted: string): boolean => timingSafeEqual(sha256(given), sha256(wanted));

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
