import { readFile } from 'node:fs/promises';
import { taskEither as TE } from 'fp-ts';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { systemClock } from './adapters/clock/systemClock.ts';
import { openDockerHost } from './adapters/hosts/docker/dockerHost.ts';
import type { DockerEndpoint } from './adapters/hosts/docker/options.ts';
import { withPods } from './adapters/hosts/pods/withPods.ts';
import { bringArtifact } from './adapters/hosts/process/fetch/bringArtifact.ts';
import { openProcessHost } from './adapters/hosts/process/processHost.ts';
import { openRemoteHost } from './adapters/hosts/simulated/apart/remoteHost.ts';
import { PLAIN_OFFER, type SimulatedHosts, simulatedHosts } from './adapters/hosts/simulated/simulatedHosts.ts';
import type { NodeOffer, RuntimeEndpoint } from './domain/node/node.facts.ts';
import type { Artifact, HostFault, HostOffer, HostRuntime } from './domain/ports/hosts.ts';

type Known = Pick<NodeOffer, 'hostname' | 'address' | 'cpus' | 'mem' | 'disk' | 'gpus'>;

/** Part of the composition root: which adapter answers for which kind of endpoint. A new runtime is added here. */
export const openRuntime = async (
  endpoint: RuntimeEndpoint,
  node: string,
  known?: Known,
  containerDns?: readonly string[],
): Promise<HostRuntime> => withPods(await openInstances(endpoint, node, known, containerDns), systemClock());

const openInstances = async (
  endpoint: RuntimeEndpoint,
  node: string,
  known: Known | undefined,
  containerDns: readonly string[] | undefined,
): Promise<HostRuntime> => {
  switch (endpoint.kind) {
    case 'process':
      return openProcessHost({ root: endpoint.root, ...known });
    case 'docker':
    case 'docker-tls':
    case 'docker-ssh':
      return openDockerHost({
        endpoint: await dockerEndpoint(endpoint),
        fetch: fetchAll,
        ...known,
        ...(containerDns !== undefined && { dns: containerDns }),
      });
    case 'simulated':
      return endpoint.address === undefined
        ? worldOf(endpoint.seed).host(node, known ?? PLAIN_OFFER)
        : openRemoteHost(endpoint.address, node, known, systemClock());
  }
};

/** Asks a runtime what it has, without keeping it. */
export const probeRuntime =
  (endpoint: RuntimeEndpoint): TaskEither<HostFault, HostOffer> =>
  async () => {
    const opened = await TE.tryCatch(() => openRuntime(endpoint, 'probed'), unreachable)();
    if (opened._tag === 'Left') return opened;
    const offered = await opened.right.offer()();
    await opened.right.close();
    return offered;
  };

export const offerOf = (
  { hostname, address, cpus, mem, disk, gpus }: HostOffer,
  portRanges: readonly (readonly [number, number])[],
): NodeOffer => ({
  hostname,
  address,
  cpus,
  mem,
  disk,
  gpus,
  portRanges,
});

/** One world per seed and process: a reconnect finds what was left there. */
const worlds = new Map<number, SimulatedHosts>();
/** Endpoints of this seed without an address lead to these hosts from now on. */
export const simulateWith = (seed: number, world: SimulatedHosts): void => {
  worlds.set(seed, world);
};
const worldOf = (seed: number): SimulatedHosts => {
  const world = worlds.get(seed) ?? simulatedHosts({ seed, clock: systemClock() });
  worlds.set(seed, world);
  return world;
};

const unreachable = (error: unknown): HostFault => ({
  _tag: 'HostUnreachable',
  message: error instanceof Error ? error.message : String(error),
});

const text = (path: string): Promise<string> => readFile(path, 'utf8');

const dockerEndpoint = async (endpoint: Exclude<RuntimeEndpoint, { kind: 'process' | 'simulated' }>): Promise<DockerEndpoint> => {
  switch (endpoint.kind) {
    case 'docker':
      return { unix: endpoint.socket };
    case 'docker-tls': {
      const [ca, cert, key] = await Promise.all([endpoint.caFile, endpoint.certFile, endpoint.keyFile].map(text));
      return { tcp: `${endpoint.host}:${endpoint.port}`, ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
    }
    case 'docker-ssh': {
      const { user, host, port, hostKey, socket } = endpoint;
      return { ssh: `${user}@${host}:${port}`, privateKey: await text(endpoint.keyFile), hostKeyFingerprint: hostKey, socketPath: socket };
    }
  }
};

const fetchAll =
  (artifacts: readonly Artifact[], directory: string): TaskEither<HostFault, void> =>
  async () => {
    for (const artifact of artifacts) {
      const fault = await bringArtifact(artifact, directory);
      if (fault !== undefined) return { _tag: 'Left', left: fault };
    }
    return { _tag: 'Right', right: undefined };
  };
