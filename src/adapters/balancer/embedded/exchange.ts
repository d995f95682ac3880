import type { IncomingMessage } from 'node:http';
import type { Listener, Route } from '../../../domain/traffic/table.ts';
import type { Asker } from './choosing.ts';
import type { Ends } from './proxyHeader.ts';
import { hostOf, pathOf, withoutPrefix } from './routing.ts';

/** Headers of one connection, which are not passed on (RFC 9110 §7.6.1). `transfer-encoding` is: the body is passed on as it comes. */
const PER_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade'];
/** Methods that only read and may be asked again (RFC 9110 §9.2.1). */
const REPEATABLE: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

export const hostAndPathOf = (request: IncomingMessage): { readonly host: string; readonly path: string } => {
  const url = request.url ?? '/';
  if (!/^https?:\/\//i.test(url)) return { host: hostOf(request.headers.host), path: pathOf(url) };
  // The absolute form (RFC 9112 §3.2.2), whose host counts; it is passed on in the usual one.
  const { host, pathname, search } = new URL(url);
  request.headers.host = host;
  request.url = `${pathname}${search}`;
  return { host: hostOf(host), path: pathname };
};

/** A request without a body that may be asked again. */
export const isRepeatable = ({ method, headers }: IncomingMessage): boolean =>
  REPEATABLE.has(method) && headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;

export const askerOf = ({ headers }: IncomingMessage, ends: Ends): Asker => ({
  address: ends.from.address,
  cookie: headers.cookie,
  header: (name) => {
    const value = headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  },
});

/** Whether the client's connection may serve another request. */
export const keepsConnection = ({ httpVersion, headers }: IncomingMessage): boolean => {
  const said = (headers.connection ?? '').toLowerCase();
  return httpVersion === '1.0' ? /\bkeep-alive\b/.test(said) : !/\bclose\b/.test(said);
};

/** Changes a request into what servers are told: who the client is, and nothing of this connection. */
export const prepare = (request: IncomingMessage, route: Route, listener: Listener, ends: Ends): void => {
  const { headers } = request;
  if (headers.upgrade === undefined || request.method !== 'GET') dropPerHop(headers);
  // The client was told to go on when its request was taken.
  delete headers.expect;
  const before = headers['x-forwarded-for'];
  headers['x-forwarded-for'] = before === undefined ? ends.from.address : `${[before].flat().join(', ')}, ${ends.from.address}`;
  headers['x-forwarded-proto'] = listener.tls === undefined ? 'http' : 'https';
  headers['x-forwarded-port'] = String(listener.port);
  if (headers.host !== undefined) headers['x-forwarded-host'] = headers.host;
  if (route.stripPath !== undefined) request.url = withoutPrefix(request.url ?? '/', route.stripPath);
};

export const dropPerHop = (headers: IncomingMessage['headers']): void => {
  for (const name of (headers.connection ?? '').split(',')) {
    const header = name.trim().toLowerCase();
    if (header !== '' && !BODY_HEADERS.has(header)) delete headers[header];
  }
  for (const name of PER_HOP) delete headers[name];
};

/** What says where a body ends can't be taken away by naming it in `Connection`. */
const BODY_HEADERS: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'host']);
