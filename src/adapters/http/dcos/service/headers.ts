import type { IncomingMessage } from 'node:http';
import type { Access } from '../../access.ts';
import type { Target } from './resolve.ts';

/** Of one connection only (RFC 9110, 7.6.1), and `expect`, which is answered here already. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Never of the connection, whatever its header names: without them the next one would read the body as another request. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set(['content-length', 'host']);

export type Headers = Record<string, string | string[]>;

/** Headers as they came, each with all its values, without those of the connection. */
export const endToEnd = ({ rawHeaders, headers }: IncomingMessage): Headers => {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: Record<string, string[]> = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    if (HOP_BY_HOP.has(name) || (named.has(name) && !OF_THE_MESSAGE.has(name))) continue;
    kept[name] = [...(kept[name] ?? []), rawHeaders[at + 1] ?? ''];
  }
  return Object.fromEntries(Object.entries(kept).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
};

/**
 * What a service gets to see of a request. Our own key never: an app is not to act for whoever looks at it. Any other authorization is
 * the service's affair.
 */
export const headersForService = (request: IncomingMessage, access: Access): Headers => {
  const { headers, socket } = request;
  const kept = endToEnd(request);
  if (access.carriesOurs(headers)) delete kept.authorization;
  const cookies = foreignCookies(headers.cookie ?? '', access);
  if (cookies !== '') kept.cookie = cookies;
  else delete kept.cookie;
  const client = socket.remoteAddress;
  return {
    ...kept,
    // A body without a length goes on as one: a method that seldom has one would be sent unframed otherwise.
    ...(headers['transfer-encoding'] !== undefined && { 'transfer-encoding': 'chunked' }),
    ...(client !== undefined && {
      'x-real-ip': client,
      'x-forwarded-for': headers['x-forwarded-for'] === undefined ? client : `${headers['x-forwarded-for']}, ${client}`,
    }),
    'x-forwarded-proto': headers['x-forwarded-proto'] ?? 'http',
    ...(headers.host !== undefined && { 'x-forwarded-host': headers.host }),
  };
};

/** DC/OS' clients may carry the token of a login as a cookie, too. */
const foreignCookies = (header: string, { isOurs }: Access): string =>
  header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => !isOurs(pair.slice(pair.indexOf('=') + 1)))
    .join('; ');

/** What the client gets to see of the answer: with redirects that lead back to the service. */
export const headersForClient = (answer: IncomingMessage, target: Target, host: string | undefined): Headers => {
  const kept = endToEnd(answer);
  const { location } = kept;
  return { ...kept, ...(typeof location === 'string' && { location: locationBelow(location, target, host) }) };
};

/** As Admin Router: a redirect to the service's own root, or to our host, leads below `/service/<name>`; any other is left alone. */
export const locationBelow = (location: string, { scheme, prefix }: Target, host: string | undefined): string => {
  const name = host?.replace(/:\d+$/, '');
  const own = [host, name].find((each) => each !== undefined && location.startsWith(`${scheme}://${each}/`));
  const path = own === undefined ? location : location.slice(`${scheme}://${own}`.length);
  if (!path.startsWith('/') || path.startsWith('//')) return location;
  return path === prefix || path.startsWith(`${prefix}/`) ? path : `${prefix}${path}`;
};
