import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createNames } from '../../domain/network/names.ts';
import { loopbackOf } from '../../domain/network/vipAddress.ts';
import type { Views } from '../../domain/ports/views.ts';
import { type Endpoint, nameserversIn, networksOf, PRIVATE_NETWORKS } from './addresses.ts';
import { type DnsServer, listenDns } from './dnsServer.ts';
import { createForward, withoutOurselves } from './forward.ts';
import { forwardCache } from './forwardCache.ts';
import { ownAnswers } from './own.ts';

/** How long answers about our names may be kept, seconds: what DC/OS has for its zones. */
export const DEFAULT_TTL_SECONDS = 5;
/** The port that Mesos' agents have; SRV records of nodes name it. */
const AGENT_PORT = 5051;
const RESOLV_CONF = '/etc/resolv.conf';

export type DnsOptions = {
  /** One server at each address, UDP and TCP; port 0: any free one. */
  readonly listen: readonly Endpoint[];
  /** Who is asked about other names, in this order; those of /etc/resolv.conf where absent, nobody where empty. */
  readonly upstream?: readonly Endpoint[];
  /** Networks such as `10.0.0.0/8` whose clients may ask about other names; this machine and private ones where absent. */
  readonly allow?: readonly string[];
  readonly ttlSeconds?: number;
  /** Of our short names: `wharf` where absent. */
  readonly domain?: string;
  /** Where the balancer is reached, for names of `l4lb.thisdcos.directory`, by address; each at a loopback address of its own where absent. */
  readonly vip?: readonly string[];
};

export type DnsSurroundings = {
  readonly views: Pick<Views, 'discovery' | 'nodes' | 'position'>;
  /** Where the API is reached. */
  readonly leader: () => Endpoint;
  /** Where one name of `l4lb.thisdcos.directory`, such as `shopweb`, is balanced, by address; as the options say where absent. */
  readonly vipAddress?: (name: string) => readonly string[];
  readonly onFault: (error: unknown) => void;
};

export type Dns = { readonly bound: readonly Endpoint[]; readonly upstream: readonly Endpoint[]; close(): Promise<void> };

/** Answers by name who is ready, and asks others about the rest. */
export const startDns = async (options: DnsOptions, { views, leader, vipAddress, onFault }: DnsSurroundings): Promise<Dns> => {
  const names = createNames({
    view: views.discovery,
    mesos: 'mesos',
    own: options.domain ?? 'wharf',
    framework: 'marathon',
    sha1: (text) => createHash('sha1').update(text).digest(),
    leader: () => {
      const { host, port } = leader();
      return { address: host, port };
    },
    nodes: () => [...views.nodes.all()].map(({ offer }) => ({ address: offer.address, port: AGENT_PORT })),
    vipAddress: vipAddress ?? ((vip) => options.vip ?? [loopbackOf(vip)]),
  });
  const own = ownAnswers({ names, ttlSeconds: options.ttlSeconds ?? DEFAULT_TTL_SECONDS, serial: views.position, random: Math.random });
  const mayForward = networksOf(options.allow ?? PRIVATE_NETWORKS);
  const upstream = withoutOurselves(options.upstream ?? (await systemServers()), options.listen);
  const forward = createForward(
    upstream,
    forwardCache(() => performance.now()),
  );
  const servers: DnsServer[] = [];
  const close = async (): Promise<void> => {
    forward.close();
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    for (const at of options.listen) servers.push(await listenDns(at, { own, mayForward, forward: forward.resolve, onFault }));
  } catch (error) {
    await close();
    throw error;
  }
  return { bound: servers.map(({ bound }) => bound), upstream, close };
};

/** None where the machine has no such file. */
const systemServers = async (): Promise<readonly Endpoint[]> => {
  try {
    return nameserversIn(await readFile(RESOLV_CONF, 'utf8'));
  } catch {
    return [];
  }
};
