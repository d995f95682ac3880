import type { Listener, Route, RouteTable } from '../../../domain/traffic/table.ts';
import { backendsOf } from './backends.ts';
import { httpFrontend, tcpFrontend } from './frontends.ts';
import type { Layout } from './layout.ts';
import { userlistOf, word } from './words.ts';

export type Files = {
  readonly statsSocket: string;
  readonly idleSocket: string;
  readonly lookups: string;
  certificatesOf(listener: Listener): string;
};

export type ConfigOptions = {
  readonly files: Files;
  /** Told by `show info`, so that one worker is known from the next. */
  readonly generation: string;
  /** Who workers become where the master is root. */
  readonly user?: { readonly name: string; readonly group: string };
};

/** The whole configuration of a worker, its servers where the layout has them. */
export const configOf = (table: RouteTable, layout: Layout, { files, generation, user }: ConfigOptions): string =>
  [
    'global',
    `  description ${generation}`,
    `  stats socket ${word(files.statsSocket)} mode 600 level admin expose-fd listeners`,
    '  stats timeout 1m',
    ...(user === undefined ? [] : [`  user ${user.name}`, `  group ${user.group}`]),
    '  ssl-default-bind-options ssl-min-ver TLSv1.2',
    '  tune.ssl.default-dh-param 2048',
    '',
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 60s',
    '  timeout server 60s',
    '  timeout http-request 10s',
    '  timeout http-keep-alive 60s',
    '  timeout tunnel 1h',
    // A worker that gives way tells its clients to come back, instead of closing on them.
    '  option idle-close-on-response',
    '  option redispatch 1',
    '  retries 3',
    '',
    // A worker needs something to listen on, also while no route does.
    'frontend idle',
    `  bind ${word(`unix@${files.idleSocket}`)} mode 600`,
    '  http-request return status 200',
    '',
    ...userlists(table.routes),
    ...table.listeners.flatMap((listener) => {
      const routes = table.routes.filter((route) => route.listeners.includes(listener.id) && route.mode === listener.mode);
      const places = routes.flatMap((route) => layout.places.get(route.id) ?? []);
      return [
        `frontend ${frontendName(listener)}`,
        `  bind ${bindOf(listener, files)}`,
        ...(listener.mode === 'http' ? httpFrontend(listener, places, files.lookups) : tcpFrontend(places, files.lookups)).map(
          (line) => `  ${line}`,
        ),
        '',
      ];
    }),
    ...[...layout.places.values()].flatMap((place) => backendsOf(place, table, files.lookups)),
  ].join('\n');

const frontendName = ({ id }: Listener): string => `on_${id.replace(/[^A-Za-z0-9_.-]/g, '_')}`;

/** Addresses and ports that a configuration listens on, as `placeOf` has them. */
export const boundIn = (config: string): ReadonlySet<string> =>
  new Set([...config.matchAll(/^ {2}bind "\[?([^\]"@]*?)\]?:(\d+)"/gm)].map(([, address, port]) => `${address}:${port}`));

const bindOf = (listener: Listener, files: Files): string =>
  [
    word(`${listener.address.includes(':') ? `[${listener.address}]` : listener.address}:${listener.port}`),
    ...(listener.tls === undefined
      ? []
      : ['ssl', 'crt-list', word(files.certificatesOf(listener)), ...(listener.mode === 'http' ? ['alpn', 'h2,http/1.1'] : [])]),
    ...(listener.acceptsProxy ? ['accept-proxy'] : []),
  ].join(' ');

const userlists = (routes: readonly Route[]): readonly string[] =>
  routes.flatMap(({ id, auth }) =>
    auth === undefined
      ? []
      : [
          `userlist ${userlistOf(id)}`,
          ...Object.entries(auth.users).map(([name, hash]) => `  user ${word(name)} password ${word(hash)}`),
          '',
        ],
  );
