import type { Route, RouteTable } from '../../../domain/traffic/table.ts';
import type { Place, Slot } from './layout.ts';
import { literal, milliseconds, pattern, userlistOf, word } from './words.ts';

/** How long a browser keeps to HTTPS, seconds: 182.5 days, as marathon-lb had it. */
const HSTS_SECONDS = 15_768_000;
const HTTPS_PORT = 443;
/** Methods that may be asked twice (RFC 9110 §9.2.2) and have no body to send again. */
const REPEATABLE = 'GET HEAD OPTIONS';

export const backendsOf = ({ route, pools }: Place, table: RouteTable, lookups: string): readonly string[] =>
  pools.flatMap(({ backend, slots }) => [
    `backend ${backend}`,
    ...[
      `mode ${route.mode}`,
      `balance ${route.mode === 'tcp' && route.sticky !== undefined ? 'source' : route.balance}`,
      ...(route.balance === 'source' || route.mode === 'tcp' ? ['hash-type consistent'] : []),
      `timeout connect ${milliseconds(route.timeouts.connectMs)}`,
      `timeout server ${milliseconds(route.timeouts.serverMs)}`,
      ...(route.mode === 'http' ? httpLines(route, table, lookups) : []),
      ...slots.map((slot) => serverLine(slot, route)),
    ].map((line) => `  ${line}`),
    '',
  ]);

const httpLines = (route: Route, table: RouteTable, lookups: string): readonly string[] => [
  // A request that a server may have read is asked again only where that does no harm.
  'retry-on conn-failure empty-response',
  `http-request disable-l7-retry unless { method ${REPEATABLE} }`,
  ...(route.redirectToHttps ? redirect(route, table) : []),
  ...(route.auth === undefined ? [] : [`http-request auth realm ${word(route.auth.realm)} unless { http_auth(${userlistOf(route.id)}) }`]),
  ...(route.stripPath === undefined
    ? []
    : [`http-request replace-path ${word(`^${pattern(bare(route.stripPath))}(/(.*))?$`)} ${word('/\\2')}`]),
  ...(route.sticky === undefined || route.sticky === '' ? [] : stickyLines(route.sticky, lookups)),
  ...(route.hsts ? [`http-response set-header Strict-Transport-Security max-age=${HSTS_SECONDS} if { ssl_fc }`] : []),
];

const bare = (path: string): string => path.replace(/\/+$/, '');

const redirect = (route: Route, { listeners }: RouteTable): readonly string[] => {
  const secure = listeners.find(({ id, tls }) => tls !== undefined && route.listeners.includes(id));
  const port = secure === undefined || secure.port === HTTPS_PORT ? '' : `:${secure.port}`;
  const to = `location "https://%[req.hdr(host),host_only]${port}%[pathq]"`;
  // 308 keeps the method; what only reads gets the code that every client knows.
  return [`http-request redirect ${to} code 301 if !{ ssl_fc } { method GET HEAD }`, `http-request redirect ${to} code 308 if !{ ssl_fc }`];
};

const stickyLines = (cookie: string, lookups: string): readonly string[] => [
  'use-server %[var(txn.server)] if { var(txn.server) -m found }',
  'http-response set-var-fmt(txn.answered) "t|%[be_name]/%[srv_name]"',
  `http-response set-var(txn.token) var(txn.answered),map_str(${lookups})`,
  `http-response add-header Set-Cookie ${word(`${literal(cookie)}=%[var(txn.token)]; Path=/; HttpOnly`)} if { var(txn.token) -m found } !{ var(txn.cookie),strcmp(txn.token) eq 0 }`,
];

const serverLine = ({ name, server }: Slot, { sendsProxy }: Route): string =>
  [
    `server ${name}`,
    server === undefined ? '127.0.0.1:1' : `${server.address.includes(':') ? `[${server.address}]` : server.address}:${server.port}`,
    ...(server === undefined ? ['disabled'] : []),
    ...(server?.isDraining === true ? ['weight 0'] : []),
    ...(sendsProxy === undefined ? [] : [sendsProxy === 'v1' ? 'send-proxy' : 'send-proxy-v2']),
  ].join(' ');
