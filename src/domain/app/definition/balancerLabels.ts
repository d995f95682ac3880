import type { Labels } from './definition.ts';

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

const OF_PORT = /^HAPROXY_\d+_(.+)$/;

/** Labels of marathon-lb from which nothing follows here. */
export const ignoredBalancerLabels = (labels: Labels): readonly string[] =>
  Object.keys(labels).filter((label) => {
    if (!label.startsWith('HAPROXY_') || label === 'HAPROXY_GROUP') return false;
    const [, name = ''] = OF_PORT.exec(label) ?? [];
    return !(BALANCER_LABELS as readonly string[]).includes(name);
  });
