import { access, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Cluster } from './cluster.ts';
import { startCluster } from './cluster.ts';

/** A real engine for a test file, or the reason why there is none. */

export type RunningDocker = {
  readonly socket: string;
  /** Where published ports of its containers answer. */
  readonly address: string;
  readonly cluster: Cluster;
  stop(): Promise<void>;
};

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  dockerd: ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd'],
  ip: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'],
  iptables: ['/usr/sbin/iptables', '/sbin/iptables'],
  nsenter: ['/usr/bin/nsenter', '/bin/nsenter'],
  openssl: ['/usr/bin/openssl'],
  busybox: ['/bin/busybox', '/usr/bin/busybox'],
};

/** Why no engine can be started here; undefined where one can. */
export const whyNoDocker = async (): Promise<string | undefined> => {
  if (process.platform !== 'linux') return 'engines are started on Linux only';
  if (process.getuid?.() !== 0) return 'starting an engine needs root';
  for (const [program, places] of Object.entries(PROGRAMS)) {
    const found = await Promise.all(
      places.map((place) =>
        access(place)
          .then(() => true)
          .catch(() => false),
      ),
    );
    if (!found.includes(true)) return `${program} is not installed (node scripts/setup/main.ts installs it on Debian)`;
  }
  if (!/\scgroup2?\s/.test(await readFile('/proc/mounts', 'utf8'))) return 'no cgroups are mounted';
  return undefined;
};

/** Starts an engine of its own, never touching one that the machine has. */
export const ensureDocker = async (args: readonly string[] = []): Promise<RunningDocker | { readonly unavailable: string }> => {
  const reason = await whyNoDocker();
  if (reason !== undefined) return { unavailable: reason };
  try {
    const cluster = await startCluster(1, args);
    const [host] = cluster.hosts;
    if (host === undefined) return { unavailable: 'no host' };
    return { socket: host.socket, address: host.address, cluster, stop: () => cluster.down() };
  } catch (error) {
    return { unavailable: `an engine does not start: ${error instanceof Error ? error.message : String(error)}` };
  }
};

/** A suite on real engines. Where none can be had it is skipped with the reason; under CI that is a failure. */
export const describeWithDocker = (name: string, reason: string | undefined, suite: () => void): void => {
  if (reason === undefined) describe(name, suite);
  else if (process.env.CI === 'true')
    describe(name, () => {
      it('finds a Docker Engine', () => expect.fail(reason));
    });
  else describe.skip(`${name} (skipped: ${reason})`, suite);
};
