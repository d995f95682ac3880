import { BlockList, isIP, isIPv6 } from 'node:net';

/** A server by its address: names would need a resolver before there is one. */
export type Endpoint = { readonly host: string; readonly port: number };

export const DNS_PORT = 53;
const PORT_MAX = 65_535;

/** `10.0.0.2`, `10.0.0.2:5353`, `fd00::2`, `[fd00::2]:5353`. undefined for what is none of these. */
export const endpointIn = (text: string, usualPort: number = DNS_PORT): Endpoint | undefined => {
  if (isIP(text) > 0) return { host: text, port: usualPort };
  const [, six, four, port = String(usualPort)] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = six ?? four;
  if (host === undefined || isIP(host) !== (six === undefined ? 4 : 6) || Number(port) > PORT_MAX) return undefined;
  return { host, port: Number(port) };
};

/** Those who may have names of others looked up unless told otherwise: this machine and private networks (RFC 1918, 4193, 3927). */
export const PRIVATE_NETWORKS: readonly string[] = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

/** @throws Error that names the text which is no network as `10.0.0.0/8`. */
export const networksOf = (texts: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address);
    const length = bits === undefined ? (family === 6 ? 128 : 32) : Number(bits);
    if (family === 0 || !/^\d{1,3}$/.test(bits ?? '0') || length > (family === 6 ? 128 : 32))
      throw new Error(`'${text}' is no network such as 10.0.0.0/8`);
    list.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
    return isIP(plain) > 0 && list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
};

/** The name servers of a resolv.conf(5). */
export const nameserversIn = (resolvConf: string): readonly Endpoint[] =>
  resolvConf.split('\n').flatMap((line) => {
    const [word, address = ''] = line.trim().split(/\s+/);
    return word === 'nameserver' ? (endpointIn(address) ?? []) : [];
  });
