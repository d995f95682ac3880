import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './shell.ts';

/** Network namespaces as hosts, on a bridge in a namespace of its own, so that this machine's own firewall has no say in it. */
export type Fabric = {
  /** Of host i, counted from 1. */
  address(host: number): string;
  /** For `nsenter --net=`. */
  namespacePath(host: number): string;
  /** This machine's address on the fabric. */
  readonly gateway: string;
  /** What engine i may give to its containers. */
  bridgeAddress(host: number): string;
  networkPool(host: number): string;
  /** All containers of all hosts. */
  readonly range: string;
  cut(host: number): Promise<void>;
  mend(host: number): Promise<void>;
};

const SECOND_OCTETS = { first: 96, last: 127 };
export const HOSTS_MAX = 8;

const alive = async (lease: string): Promise<boolean> => {
  const pid = Number(await readFile(join(lease, 'pid'), 'utf8').catch(() => '0'));
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** One 10.x.0.0/16 for this run alone: making a directory succeeds for one process only. */
const leaseSubnet = async (): Promise<{ readonly octet: number; readonly lease: string }> => {
  const leases = join(tmpdir(), 'wharf-subnets');
  await mkdir(leases, { recursive: true });
  const routes = await run('ip', '-4', 'route', 'show', 'table', 'all');
  for (let octet = SECOND_OCTETS.first; octet <= SECOND_OCTETS.last; octet++) {
    const lease = join(leases, String(octet));
    if (routes.includes(` 10.${octet}.`) || routes.startsWith(`10.${octet}.`) || routes.includes(`\n10.${octet}.`)) continue;
    for (const attempt of [1, 2]) {
      try {
        await mkdir(lease);
        await writeFile(join(lease, 'pid'), String(process.pid));
        return { octet, lease };
      } catch {
        if (attempt === 2 || (await alive(lease))) break;
        await rm(lease, { recursive: true, force: true });
      }
    }
  }
  throw new Error('no free subnet for test hosts');
};

/** @param directory the state directory; what must be removed is written there first, so that a sweep finds it. */
export const weaveFabric = async (directory: string, name: string, hosts: number): Promise<Fabric> => {
  const { octet, lease } = await leaseSubnet();
  const bridge = `${name}f`;
  const link = `${name}r`;
  const namespace = (host: number) => `${name}h${host}`;
  const numbers = Array.from({ length: hosts }, (_, index) => index + 1);
  await writeFile(join(directory, 'network.json'), JSON.stringify({ namespaces: [bridge, ...numbers.map(namespace)], link, lease }));
  const gateway = `10.${octet}.0.1`;
  const address = (host: number) => `10.${octet}.0.${10 + host}`;
  const below = (host: number) => `10.${octet}.${16 * host}.0/20`;

  await run('ip', 'netns', 'add', bridge);
  await run('ip', '-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
  await run('ip', '-n', bridge, 'link', 'set', 'br0', 'up');
  await run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'root', 'netns', bridge);
  await run('ip', '-n', bridge, 'link', 'set', 'root', 'master', 'br0', 'up');
  await run('ip', 'addr', 'add', `${gateway}/24`, 'dev', link);
  await run('ip', 'link', 'set', link, 'up');
  for (const host of numbers) {
    const ns = namespace(host);
    await run('ip', 'netns', 'add', ns);
    await run('ip', '-n', ns, 'link', 'set', 'lo', 'up');
    await run('ip', 'link', 'add', 'eth0', 'netns', ns, 'type', 'veth', 'peer', 'name', `p${host}`, 'netns', bridge);
    await run('ip', '-n', bridge, 'link', 'set', `p${host}`, 'master', 'br0', 'up');
    await run('ip', '-n', ns, 'addr', 'add', `${address(host)}/24`, 'dev', 'eth0');
    await run('ip', '-n', ns, 'link', 'set', 'eth0', 'up');
    await run('ip', '-n', ns, 'route', 'add', 'default', 'via', gateway);
    await run('ip', 'route', 'add', below(host), 'via', address(host));
    for (const other of numbers) if (other !== host) await run('ip', '-n', ns, 'route', 'add', below(other), 'via', address(other));
    await run('nsenter', `--net=/run/netns/${ns}`, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
  }
  return {
    address,
    namespacePath: (host) => `/run/netns/${namespace(host)}`,
    gateway,
    bridgeAddress: (host) => `10.${octet}.${16 * host}.1/24`,
    networkPool: (host) => `base=10.${octet}.${16 * host + 8}.0/21,size=24`,
    range: `10.${octet}.0.0/16`,
    cut: async (host) => void (await run('ip', '-n', bridge, 'link', 'set', `p${host}`, 'down')),
    mend: async (host) => void (await run('ip', '-n', bridge, 'link', 'set', `p${host}`, 'up')),
  };
};
