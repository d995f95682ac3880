import type { Labels } from './definition.ts';
import { CRYPT, HOST, PATH } from './routes.ts';

/** Labels of marathon-lb (its Longhelp) from which something follows here, each for one port: `HAPROXY_0_VHOST`. */
export const BALANCER_LABELS = [
  'GROUP',
  'VHOST',
  'PATH',
  'MODE',
  'PORT',
  'BALANCE',
  'STICKY',
  'ENABLED',
  'REDIRECT_TO_HTTPS',
  'SSL_CERT',
  'BIND_ADDR',
  'USE_HSTS',
  'AUTH',
  'HTTP_BACKEND_PROXYPASS_PATH',
] as const;
export type BalancerLabel = (typeof BALANCER_LABELS)[number];

const is =
  (pattern: RegExp) =>
  (value: string): boolean =>
    pattern.test(value);
const listOf =
  (pattern: RegExp) =>
  (value: string): boolean =>
    value.split(',').every((item) => pattern.test(item.trim()));

/** `realm:user:hash`. */
const isLogin = (value: string): boolean => {
  const [realm = '', user = '', ...hash] = value.split(':');
  return /^[^"\\\p{Cc}]+$/u.test(realm) && /^[^\s\p{Cc}]+$/u.test(user) && CRYPT.test(hash.join(':'));
};

/** What a label must be to be used; nothing of a definition reaches a balancer's configuration unread. */
const FORMS: { readonly [L in BalancerLabel]?: (value: string) => boolean } = {
  VHOST: listOf(HOST),
  PATH: is(PATH),
  PORT: (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535,
  BIND_ADDR: is(/^(?:\*|[\d.]{7,15}|[\da-f:]{2,39})$/i),
  AUTH: isLogin,
  HTTP_BACKEND_PROXYPASS_PATH: is(PATH),
};

/** Labels whose values can't be used. A port with one of them is not routed: half of what was asked for would be worse than nothing. */
export const unusableBalancerLabels = (labels: Labels): readonly string[] =>
  Object.entries(labels).flatMap(([label, value]) => {
    const [, name = ''] = OF_PORT.exec(label) ?? [];
    return FORMS[name as BalancerLabel]?.(value) === false ? [label] : [];
  });

const OF_PORT = /^HAPROXY_\d+_(.+)$/;

/** Labels of marathon-lb from which nothing follows here. */
export const ignoredBalancerLabels = (labels: Labels): readonly string[] =>
  Object.keys(labels).filter((label) => {
    if (!label.startsWith('HAPROXY_') || label === 'HAPROXY_GROUP') return false;
    const [, name = ''] = OF_PORT.exec(label) ?? [];
    return !(BALANCER_LABELS as readonly string[]).includes(name);
  });
