import { domainFragment } from './dnsLabel.ts';

/** The name of a virtual address as DNS tells it: `/shop/web` → `shopweb`, as dcos-net has it. */
export const vipName = (name: string): string => domainFragment(name.replaceAll('/', ''));

/**
 * An address of this machine's own for each name, in 127.128.0.0/9 (all of 127/8 is loopback, RFC 1122 §3.2.1.3): so that `/a:80` and
 * `/b:80` are two places. It follows from the name alone (FNV-1a, 32 bit), so that the balancer and DNS need not agree on a list.
 */
export const loopbackOf = (vip: string): string => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(vip)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `127.${128 + ((hash >>> 16) & 127)}.${(hash >>> 8) & 255}.${1 + ((hash & 255) % 254)}`;
};
