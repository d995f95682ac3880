import { byPrecedence } from '../../../domain/traffic/precedence.ts';
import type { Listener, TrafficRule } from '../../../domain/traffic/table.ts';
import { DICE, type Place, tokenOf } from './layout.ts';
import { literal, word } from './words.ts';

/*
 * A frontend finds the route, then the backend of it: a rule's, that of the server that a cookie names, or one by the dice. Where the
 * dice's faces end is looked up, so that weights change without a new worker.
 */

/** A cookie of a percentage lasts this long, seconds: 30 days. */
const TRIAL_SECONDS = 2_592_000;
/** Steps of a percentage: a hundredth of a point. */
const PERCENT_STEPS = 10_000;

export const httpFrontend = (listener: Listener, places: readonly Place[], lookups: string): readonly string[] => {
  const set = (name: string, value: string, ...conditions: readonly string[]): string =>
    `http-request set-var(txn.${name}) ${value}${conditions.length === 0 ? '' : ` if ${conditions.join(' ')}`}`;
  const sticky = places.filter(({ route }) => route.sticky !== undefined && route.sticky !== '');
  return [
    'option forwardfor',
    `http-request set-header X-Forwarded-Proto ${listener.tls === undefined ? 'http' : 'https'}`,
    `http-request set-header X-Forwarded-Port ${listener.acceptsProxy ? '%[dst_port]' : listener.port}`,
    'http-request set-header X-Forwarded-Host %[req.hdr(host)]',
    ...(places.some(({ route }) => route.hosts.length > 0) ? [set('host', 'req.hdr(host),host_only,lower')] : []),
    ...matchesOf(places).map(({ key, host, path }, nth) =>
      set('route', `str(${key})`, ...(nth === 0 ? [] : [ABSENT('route')]), ...host, ...pathConditions(path)),
    ),
    `http-request return status 404 if ${ABSENT('route')}`,
    ...places.flatMap((place) => place.route.rules.flatMap((rule, nth) => ruleLines(place, rule, nth, set))),
    ...sticky.flatMap(({ key, route }) => [set('cookie', `req.cook(${word(route.sticky ?? '')})`, IS(key))]),
    ...(sticky.length === 0
      ? []
      : [
          'http-request set-var-fmt(txn.asked) "s|%[var(txn.route)]|%[var(txn.cookie)]" if { var(txn.cookie) -m found }',
          set('stays', `var(txn.asked),map_str(${lookups})`, '{ var(txn.asked) -m found }'),
          set('pool', 'var(txn.stays),field(1,/)', ABSENT('pool'), '{ var(txn.stays) -m found }'),
          set('staysIn', 'var(txn.stays),field(1,/)', '{ var(txn.stays) -m found }'),
          set('server', 'var(txn.stays),field(2,/)', '{ var(txn.stays) -m found }', '{ var(txn.staysIn),strcmp(txn.pool) eq 0 }'),
        ]),
    ...diceLines(places, lookups, 'http-request'),
    ...places.flatMap((place) => place.route.rules.flatMap((rule, nth) => trialCookie(place, rule, nth))),
  ];
};

export const tcpFrontend = (places: readonly Place[], lookups: string): readonly string[] => [
  'mode tcp',
  'timeout client 1h',
  'tcp-request inspect-delay 5s',
  'tcp-request content set-var(txn.host) ssl_fc_sni,lower',
  ...matchesOf(places).map(
    ({ key, host }) => `tcp-request content set-var(txn.route) str(${key}) if ${[ABSENT('route'), ...host].join(' ')}`,
  ),
  `tcp-request content reject if ${ABSENT('route')}`,
  ...diceLines(places, lookups, 'tcp-request content'),
];

const ABSENT = (name: string): string => `!{ var(txn.${name}) -m found }`;
const IS = (key: string): string => `{ var(txn.route) -m str ${key} }`;

const matchesOf = (places: readonly Place[]) =>
  byPrecedence(places.map(({ key, route }) => ({ key, hosts: route.hosts, ...(route.path !== undefined && { path: route.path }) }))).map(
    ({ key, hosts, path }) => ({ key, path, host: hostCondition(hosts) }),
  );

const hostCondition = (hosts: readonly string[]): readonly string[] => {
  const [first] = hosts;
  if (first === undefined) return [];
  if (first.startsWith('*')) return [`{ var(txn.host) -m end ${word(first.slice(1).toLowerCase())} }`];
  return [`{ var(txn.host) -m str ${hosts.map((host) => word(host.toLowerCase())).join(' ')} }`];
};

const pathConditions = (path: string | undefined): readonly string[] => {
  const bare = path?.replace(/\/+$/, '');
  return bare === undefined || bare === '' ? [] : [`{ path,concat(/) -m beg ${word(`${bare}/`)} }`];
};

type Set = (name: string, value: string, ...conditions: readonly string[]) => string;

/** The backend of a version, while somebody there can answer. */
const ruleLines = (place: Place, { version, when }: TrafficRule, nth: number, set: Set): readonly string[] => {
  const pool = place.pools.find((each) => each.version === version);
  if (pool === undefined) return [];
  const is = IS(place.key);
  const choose = (condition: string): string =>
    set('pool', `str(${pool.suffix})`, is, ABSENT('pool'), condition, `{ nbsrv(${pool.backend}) gt 0 }`);
  if ('header' in when) return [choose(`{ req.hdr(${word(when.header)}) -m str ${word(when.equals)} }`)];
  if (!('percent' in when)) return [choose(`{ req.cook(${word(when.cookie)}) -m str ${word(when.equals)} }`)];
  const [known, roll] = [`trial${nth}`, `roll${nth}`];
  return [
    set(known, `req.cook(${word(when.cookie)})`, is, `{ req.cook(${word(when.cookie)}) -m beg ${tokenOf(version)}. }`),
    set(roll, `var(txn.${known}),field(2,.),add(0)`, is, `{ var(txn.${known}) -m found }`),
    set(roll, `rand(${PERCENT_STEPS})`, is, ABSENT(roll)),
    choose(`{ var(txn.${roll}) -m int lt ${Math.round((when.percent / 100) * PERCENT_STEPS)} }`),
  ];
};

const trialCookie = ({ key }: Place, { version, when }: TrafficRule, nth: number): readonly string[] =>
  'percent' in when
    ? [
        `http-response add-header Set-Cookie ${word(
          `${literal(when.cookie)}=${tokenOf(version)}.%[var(txn.roll${nth})]; Path=/; Max-Age=${TRIAL_SECONDS}; HttpOnly`,
        )} if ${IS(key)} ${ABSENT(`trial${nth}`)} { var(txn.roll${nth}) -m found }`,
      ]
    : [];

const diceLines = (places: readonly Place[], lookups: string, request: string): readonly string[] => {
  const [common = '.c', ...suffixes] = longest(places.map(({ pools }) => pools.map(({ suffix }) => suffix)));
  // Who is kept by his address is kept with his version by it, too.
  const bySource = places.filter(({ route }) => route.balance === 'source' || route.sticky === '').map(({ key }) => key);
  const isSplit = '{ var(txn.faces) -m found }';
  return [
    `${request} set-var(txn.faces) var(txn.route),map_str(${lookups})`,
    `${request} set-var(txn.roll) rand(${DICE}) if ${isSplit}`,
    ...(bySource.length === 0
      ? []
      : [`${request} set-var(txn.roll) src,xxh32,mod(${DICE}) if ${isSplit} { var(txn.route) -m str ${bySource.join(' ')} }`]),
    ...suffixes.map(
      (suffix, nth) =>
        `${request} set-var(txn.pool) str(${suffix}) if ${isSplit} ${ABSENT('pool')} { var(txn.faces),field(${nth + 1},:),sub(txn.roll) -m int gt 0 }`,
    ),
    // All are alike; or nobody can answer, and the backend says so, after it has asked for a password or redirected.
    `${request} set-var(txn.pool) str(${common}) if ${ABSENT('pool')}`,
    'use_backend %[var(txn.route)]%[var(txn.pool)]',
  ];
};

const longest = (lists: readonly (readonly string[])[]): readonly string[] =>
  lists.reduce((most, each) => (each.length > most.length ? each : most), []);
