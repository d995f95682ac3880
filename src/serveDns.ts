import { isIP } from 'node:net';
import type { Command } from 'commander';
import { usage } from './adapters/cli/failure.ts';
import { type Endpoint, endpointIn, networksOf } from './adapters/dns/addresses.ts';
import type { ServerOptions } from './main.ts';

/** A port that needs no privilege and is not multicast DNS' own; the API's, 8080, with DNS' 53. */
const USUAL: Endpoint = { host: '127.0.0.1', port: 8053 };
const TTL_MAX_SECONDS = 86_400;

export type DnsFlags = {
  /** false for --no-dns. */
  readonly dns?: readonly Endpoint[] | false;
  readonly dnsUpstream?: readonly Endpoint[];
  readonly dnsAllow?: readonly string[];
  readonly dnsDomain?: string;
  readonly dnsTtl?: number;
  readonly dnsVip?: readonly string[];
  readonly containerDns?: readonly string[];
};

const words = (value: string): readonly string[] =>
  value
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

const endpoint =
  (usualPort?: number) =>
  (text: string): Endpoint => {
    const found = endpointIn(text, usualPort);
    if (found === undefined) throw usage(`'${text}' is no address:port; an address is like 10.0.0.7 or [fd00::7]`);
    return found;
  };

const networks = (value: string): readonly string[] => {
  try {
    networksOf(words(value));
  } catch (error) {
    throw usage(`--dns-allow: ${(error as Error).message}`);
  }
  return words(value);
};

const domain = (value: string): string => {
  const name = value.toLowerCase().replace(/\.$/, '');
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/.test(name) || name.length > 100)
    throw usage(`'${value}' is no domain of 100 characters or fewer`);
  return name;
};

const ttl = (value: string): number => {
  if (!/^\d{1,5}$/.test(value) || Number(value) > TTL_MAX_SECONDS)
    throw usage(`'${value}' is no number of seconds, 0 to ${TTL_MAX_SECONDS}`);
  return Number(value);
};

const addresses = (value: string): readonly string[] => {
  const wrong = words(value).find((each) => isIP(each) === 0);
  if (wrong !== undefined) throw usage(`'${wrong}' is no address; no name and no port may be given here`);
  return words(value);
};

/** The options of `wharf serve` on names. */
export const addDnsOptions = (serve: Command): Command =>
  serve
    .option(
      '--dns <address:port>',
      `where names are answered, UDP and TCP; several with commas between them (${USUAL.host}:${USUAL.port} if it is free)`,
      (value: string) => words(value).map(endpoint()),
    )
    .option('--no-dns', 'answer no names')
    .option(
      '--dns-upstream <servers>',
      'who is asked about other names, in this order (those of /etc/resolv.conf); none: nobody',
      (value: string) => (value === 'none' ? [] : words(value).map(endpoint())),
    )
    .option('--dns-allow <networks>', 'whose questions about other names are passed on (this machine and private networks)', networks)
    .option('--dns-domain <domain>', 'domain of the short names (wharf)', domain)
    .option('--dns-ttl <seconds>', 'how long answers may be kept (5)', ttl)
    .option(
      '--dns-vip <addresses>',
      'where virtual addresses are listened for and told to be (each at a loopback address of its own)',
      addresses,
    )
    .option('--container-dns <addresses>', 'name servers, on port 53, that Docker containers are pointed at', addresses);

/** What the server is told of it. Unless a place was named, one that is taken is no reason not to start. */
export const dnsOf = (flags: DnsFlags): Pick<ServerOptions, 'dns' | 'containerDns'> => {
  const { dns, dnsUpstream, dnsAllow, dnsDomain, dnsTtl, dnsVip, containerDns } = flags;
  return {
    ...(containerDns !== undefined && { containerDns }),
    ...(dns !== false && {
      dns: {
        listen: dns ?? [USUAL],
        isOptional: dns === undefined,
        ...(dnsUpstream !== undefined && { upstream: dnsUpstream }),
        ...(dnsAllow !== undefined && { allow: dnsAllow }),
        ...(dnsDomain !== undefined && { domain: dnsDomain }),
        ...(dnsTtl !== undefined && { ttlSeconds: dnsTtl }),
        ...(dnsVip !== undefined && { vip: dnsVip }),
      },
    }),
  };
};
