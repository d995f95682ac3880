import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import { BYTES_PER_MEBIBYTE } from '../../../domain/kernel/units.ts';
import type { HostFault, Mount, PortBinding, RunSpec } from '../../../domain/ports/hosts.ts';
import { holderOptionsOf } from './holder.ts';
import { containerName, labelsOf } from './labels.ts';
import type { Draft } from './parameters.ts';
import { writeParameters } from './parameters.ts';

/** Where Mesos mounts a task's sandbox inside its container; clients find it in MESOS_SANDBOX. */
export const SANDBOX = '/mnt/mesos/sandbox';

/** The engine refuses less than this. */
const MEMORY_MIN_BYTES = 6 * BYTES_PER_MEBIBYTE;
/** The engine refuses less than a hundredth of a core; the kernel's scheduler less than two shares. */
const NANO_CPUS_MIN = 10_000_000;
const CPU_SHARES_MIN = 2;
const CPU_SHARES_PER_CORE = 1024;
/** What an instance may leave in the engine's log directory: three files of ten megabytes. */
const LOGS = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } };

/**
 * What the engine is told to create (Engine API 1.41, ContainerCreate), from the spec alone.
 * Left: StartRejected for what Docker cannot do.
 */
export const createOptionsOf = (spec: RunSpec, cluster: string, dns: readonly string[] = []): Either<HostFault, ContainerCreateOptions> => {
  if (spec.containers !== undefined) return holderOptionsOf(spec, cluster, dns);
  if (spec.image === undefined) return rejected('a container needs an image');
  const draft: Draft = {
    name: containerName(spec.instance),
    Image: spec.image,
    Labels: { ...labelsOf(spec, cluster) },
    Env: Object.entries({ MESOS_SANDBOX: SANDBOX, MESOS_CONTAINER_NAME: containerName(spec.instance), ...spec.env }).map(
      ([name, value]) => `${name}=${value}`,
    ),
    ...commandOf(spec),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ...(spec.tty ? { Tty: true } : {}),
    ...(spec.artifacts.length === 0 ? {} : { Volumes: { [SANDBOX]: {} } }),
    // A health check of the image would run beside ours, at a cost per check that a cluster feels.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: hostConfigOf(spec),
    networkAliases: [],
  };
  return written(draft, spec.parameters, dns);
};

/** The user's parameters are written last: they are for whoever knows better. */
export const written = (
  draft: Draft,
  parameters: RunSpec['parameters'],
  dns: readonly string[],
): Either<HostFault, ContainerCreateOptions> => {
  const written = writeParameters(draft, parameters);
  if (E.isLeft(written)) return rejected(written.left);
  const { networkAliases, ...options } = written.right;
  const mode = options.HostConfig.NetworkMode ?? 'bridge';
  // Who joins another's network has its name servers too; who has none needs none, and the engine refuses both.
  if (dns.length > 0 && mode !== 'none' && !mode.startsWith('container:')) options.HostConfig.Dns ??= [...dns];
  return E.right({
    ...options,
    ...exposed(options.HostConfig),
    ...(networkAliases.length === 0 ? {} : { NetworkingConfig: { EndpointsConfig: { [mode]: { Aliases: networkAliases } } } }),
  });
};

const rejected = (message: string): Either<HostFault, never> => E.left({ _tag: 'StartRejected', message });

/** As Mesos does: a command line replaces the image's entrypoint by the shell; `args` go to the entrypoint. */
const commandOf = ({ command, entrypoint }: RunSpec): Pick<ContainerCreateOptions, 'Entrypoint' | 'Cmd'> => {
  if ('shell' in command && typeof command.shell === 'string')
    return entrypoint === undefined
      ? { Entrypoint: ['/bin/sh'], Cmd: ['-c', command.shell] }
      : { Entrypoint: [...entrypoint], Cmd: ['/bin/sh', '-c', command.shell] };
  return {
    ...(entrypoint === undefined ? {} : { Entrypoint: [...entrypoint] }),
    ...('args' in command && command.args !== undefined ? { Cmd: [...command.args] } : {}),
  };
};

const hostConfigOf = (spec: RunSpec): HostConfig => {
  const memory = Math.max(MEMORY_MIN_BYTES, Math.round(spec.mem * BYTES_PER_MEBIBYTE));
  const binds = spec.mounts.flatMap(bindOf);
  const mounts = spec.mounts.flatMap(mountOf);
  const bindings = portBindingsOf(spec);
  return {
    ...networkOf(spec),
    // Starting again is ours to decide: an instance is replaced, never revived.
    RestartPolicy: { Name: 'no' },
    LogConfig: LOGS,
    NanoCpus: Math.max(NANO_CPUS_MIN, Math.round(spec.cpus * 1e9)),
    CpuShares: Math.max(CPU_SHARES_MIN, Math.round(spec.cpus * CPU_SHARES_PER_CORE)),
    Memory: memory,
    MemorySwap: memory,
    ...(spec.privileged ? { Privileged: true } : {}),
    ...(Object.keys(bindings).length === 0 ? {} : { PortBindings: bindings }),
    ...(binds.length === 0 ? {} : { Binds: binds }),
    ...(mounts.length === 0 ? {} : { Mounts: mounts }),
    ...(spec.gpus === 0 ? {} : { DeviceRequests: [{ Driver: '', Count: spec.gpus, Capabilities: [['gpu']] }] }),
  };
};

/** Who joins another shares its IPC as well, unless its parameters say otherwise: so it is among the containers of a pod elsewhere. */
export const networkOf = ({ network }: RunSpec): Pick<HostConfig, 'NetworkMode' | 'IpcMode'> => {
  if (network.mode === 'container') return { NetworkMode: network.name };
  if (network.mode !== 'join') return { NetworkMode: network.mode };
  const joined = `container:${containerName(network.instance)}`;
  return { NetworkMode: joined, IpcMode: joined };
};

/** In host mode the application listens on the host's own ports; there is nothing to publish. */
export const portBindingsOf = ({ network, ports }: RunSpec): Record<string, { HostPort: string }[]> => {
  const bindings: Record<string, { HostPort: string }[]> = {};
  if (network.mode === 'host' || network.mode === 'none' || network.mode === 'join') return bindings;
  for (const { protocol, hostPort, containerPort } of ports)
    for (const each of protocolsOf(protocol)) {
      const key = `${containerPort ?? hostPort}/${each}`;
      bindings[key] = [...(bindings[key] ?? []), { HostPort: String(hostPort) }];
    }
  return bindings;
};

const protocolsOf = (protocol: PortBinding['protocol']): readonly string[] => protocol.split(',');

const exposed = ({ PortBindings }: HostConfig): Pick<ContainerCreateOptions, 'ExposedPorts'> =>
  PortBindings === undefined ? {} : { ExposedPorts: Object.fromEntries(Object.keys(PortBindings).map((key) => [key, {}])) };

/** A path inside the container; a relative one is below the sandbox, as in Mesos. */
const inside = (path: string): string => (path.startsWith('/') ? path : `${SANDBOX}/${path}`);

/** Binds rather than Mounts: the engine makes a missing source directory for these only, as Mesos' Docker containers expect. */
const bindOf = (mount: Mount): readonly string[] =>
  mount.kind === 'bind' ? [`${mount.hostPath}:${inside(mount.containerPath)}:${mount.readOnly ? 'ro' : 'rw'}`] : [];

const mountOf = (mount: Mount): NonNullable<HostConfig['Mounts']> => {
  if (mount.kind === 'bind') return [];
  if (mount.kind === 'tmpfs')
    return [
      {
        Type: 'tmpfs',
        Source: '',
        Target: inside(mount.containerPath),
        ...(mount.sizeBytes === undefined ? {} : { TmpfsOptions: { SizeBytes: mount.sizeBytes, Mode: 0o1777 } }),
      },
    ];
  const { driver, driverOptions } = mount;
  return [
    {
      Type: 'volume',
      Source: mount.name,
      Target: inside(mount.containerPath),
      ReadOnly: mount.readOnly,
      ...(driver === undefined && driverOptions === undefined
        ? {}
        : {
            VolumeOptions: { NoCopy: false, Labels: {}, DriverConfig: { Name: driver ?? 'local', Options: { ...driverOptions } } },
          }),
    },
  ];
};
