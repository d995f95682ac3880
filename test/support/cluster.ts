import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientKeys } from './certificates.ts';
import { issueCertificates } from './certificates.ts';
import type { Dockerd } from './dockerd.ts';
import { startDockerd, TLS_PORT } from './dockerd.ts';
import { weaveFabric } from './fabric.ts';
import { removeEngines, STATE_PREFIX } from './sweep.ts';

/** Real Docker Engines in network namespaces, as hosts over tcp with mutual TLS. Hosts count from 1. */
export type Cluster = {
  readonly hosts: readonly ClusterHost[];
  readonly keys: ClientKeys;
  /** This machine's address, as the hosts see it. */
  readonly gateway: string;
  /** The host is no longer reachable; what runs there goes on. */
  partition(host: number): Promise<void>;
  heal(host: number): Promise<void>;
  /** SIGKILLs the engine. */
  kill(host: number): Promise<void>;
  /** Starts the engine again, with the arguments of the first start unless others are given. */
  restart(host: number, args?: readonly string[]): Promise<void>;
  down(): Promise<void>;
};

export type ClusterHost = {
  readonly address: string;
  readonly socket: string;
  readonly tcp: string;
  readonly namespacePath: string;
  pid(): number;
};

export const startCluster = async (count: number, args: readonly string[] = []): Promise<Cluster> => {
  // Interface names are short; five characters keep parallel runs apart.
  const name = `w${randomBytes(3).toString('hex').slice(0, 5)}`;
  const directory = join(tmpdir(), `${STATE_PREFIX}${process.pid}-${name}`);
  await mkdir(join(directory, 'tls'), { recursive: true });
  const down = async (engines: readonly (Dockerd | undefined)[]) => {
    await Promise.all(engines.map((engine) => engine?.stop()));
    await removeEngines(directory);
  };
  try {
    const fabric = await weaveFabric(directory, name, count);
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const keys = await issueCertificates(join(directory, 'tls'), numbers.map(fabric.address));
    const start = (host: number, given: readonly string[]) =>
      startDockerd({
        directory: join(directory, `h${host}`),
        namespacePath: fabric.namespacePath(host),
        bridgeAddress: fabric.bridgeAddress(host),
        networkPool: fabric.networkPool(host),
        range: fabric.range,
        tls: { directory: join(directory, 'tls'), name: `h${host}`, address: fabric.address(host) },
        args: given,
      });
    const engines = await Promise.all(numbers.map((host) => start(host, args)));
    const engine = (host: number): Dockerd => {
      const found = engines[host - 1];
      if (found === undefined) throw new Error(`no host ${host}`);
      return found;
    };
    return {
      hosts: numbers.map((host) => ({
        address: fabric.address(host),
        socket: engine(host).socket,
        tcp: `${fabric.address(host)}:${TLS_PORT}`,
        namespacePath: fabric.namespacePath(host),
        pid: () => engine(host).pid,
      })),
      keys,
      gateway: fabric.gateway,
      partition: fabric.cut,
      heal: fabric.mend,
      kill: (host) => engine(host).kill(),
      restart: async (host, given = args) => {
        engines[host - 1] = await start(host, given);
      },
      down: () => down(engines),
    };
  } catch (error) {
    await down([]);
    throw error;
  }
};

/** For `--insecure-registry`: whichever subnet a run is given lies in here. */
export const ALL_FABRICS = '10.96.0.0/11';
