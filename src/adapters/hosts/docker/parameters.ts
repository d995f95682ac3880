import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { DockerParameter } from '../../../domain/app/definition/dockerParameters.ts';
import { isOurs } from './labels.ts';

/** Create options while parameters are written into them; private to one computation. */
export type Draft = ContainerCreateOptions & { HostConfig: HostConfig; networkAliases: string[] };

/** Writes one `docker run --<key>=<value>` into the draft, or says what is wrong with the value. */
type Writer = (draft: Draft, value: string) => string | undefined;

const push = (list: string[] | undefined, value: string): string[] => [...(list ?? []), value];

const hostList =
  (
    field:
      | 'CapAdd'
      | 'CapDrop'
      | 'Dns'
      | 'DnsOptions'
      | 'DnsSearch'
      | 'ExtraHosts'
      | 'GroupAdd'
      | 'SecurityOpt'
      | 'Binds'
      | 'DeviceCgroupRules',
  ): Writer =>
  ({ HostConfig }, value) => {
    HostConfig[field] = push(HostConfig[field], value);
    return undefined;
  };

const hostText =
  (
    field:
      | 'IpcMode'
      | 'PidMode'
      | 'UTSMode'
      | 'UsernsMode'
      | 'CgroupParent'
      | 'CpusetCpus'
      | 'CpusetMems'
      | 'NetworkMode'
      | 'VolumeDriver'
      | 'Runtime',
  ): Writer =>
  ({ HostConfig }, value) => {
    HostConfig[field] = value;
    return undefined;
  };

const hostFlag =
  (field: 'Init' | 'OomKillDisable' | 'ReadonlyRootfs' | 'Privileged' | 'PublishAllPorts'): Writer =>
  ({ HostConfig }, value) => {
    if (!/^(true|false|)$/.test(value)) return 'is true or false';
    HostConfig[field] = value !== 'false';
    return undefined;
  };

const hostNumber =
  (field: 'PidsLimit' | 'OomScoreAdj' | 'CpuShares' | 'BlkioWeight' | 'MemorySwappiness'): Writer =>
  ({ HostConfig }, value) => {
    if (!/^-?\d+$/.test(value)) return 'is a whole number';
    HostConfig[field] = Number(value);
    return undefined;
  };

/** Docker's sizes: a number with b, k, m, g or t, powers of 1024 (units.RAMInBytes of docker/go-units); -1 for none. */
export const bytesOf = (text: string): number | undefined => {
  if (text === '-1') return -1;
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(text);
  if (match?.[1] === undefined) return undefined;
  return Math.floor(Number(match[1]) * 1024 ** Math.max(0, 'bkmgt'.indexOf((match[2] ?? '').toLowerCase())));
};

const hostBytes =
  (field: 'ShmSize' | 'MemorySwap' | 'MemoryReservation'): Writer =>
  ({ HostConfig }, value) => {
    const bytes = bytesOf(value);
    if (bytes === undefined) return 'is a size such as 64m';
    HostConfig[field] = bytes;
    return undefined;
  };

const split = (value: string, separator: string): readonly [string, string] => {
  const at = value.indexOf(separator);
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
};

const WRITERS: Readonly<Record<DockerParameter, Writer>> = {
  'add-host': hostList('ExtraHosts'),
  'blkio-weight': hostNumber('BlkioWeight'),
  'cap-add': hostList('CapAdd'),
  'cap-drop': hostList('CapDrop'),
  'cgroup-parent': hostText('CgroupParent'),
  'cpu-shares': hostNumber('CpuShares'),
  // 0 is without a limit, for both.
  cpus: ({ HostConfig }, value) => {
    if (!/^\d+(\.\d+)?$/.test(value)) return 'is a number of cpus';
    HostConfig.NanoCpus = Math.round(Number(value) * 1e9);
    return undefined;
  },
  'cpuset-cpus': hostText('CpusetCpus'),
  'cpuset-mems': hostText('CpusetMems'),
  device: ({ HostConfig }, value) => {
    const [outside, inside, permissions] = value.split(':');
    HostConfig.Devices = [
      ...(HostConfig.Devices ?? []),
      { PathOnHost: outside, PathInContainer: inside ?? outside, CgroupPermissions: permissions ?? 'rwm' },
    ];
    return undefined;
  },
  'device-cgroup-rule': hostList('DeviceCgroupRules'),
  dns: hostList('Dns'),
  'dns-option': hostList('DnsOptions'),
  'dns-search': hostList('DnsSearch'),
  domainname: (draft, value) => {
    draft.Domainname = value;
    return undefined;
  },
  entrypoint: (draft, value) => {
    draft.Entrypoint = value === '' ? [] : [value];
    return undefined;
  },
  env: (draft, value) => {
    draft.Env = push(draft.Env, value);
    return undefined;
  },
  'group-add': hostList('GroupAdd'),
  hostname: (draft, value) => {
    draft.Hostname = value;
    return undefined;
  },
  init: hostFlag('Init'),
  ipc: hostText('IpcMode'),
  label: (draft, value) => {
    const [name, text] = split(value, '=');
    // Ours stay as they are: what runs is found by them.
    if (!isOurs(name)) draft.Labels = { [name]: text, ...draft.Labels };
    return undefined;
  },
  'log-driver': ({ HostConfig }, value) => {
    HostConfig.LogConfig = { Type: value, Config: HostConfig.LogConfig?.Type === value ? HostConfig.LogConfig.Config : {} };
    return undefined;
  },
  'log-opt': ({ HostConfig }, value) => {
    const [name, text] = split(value, '=');
    HostConfig.LogConfig = { Type: HostConfig.LogConfig?.Type ?? 'json-file', Config: { ...HostConfig.LogConfig?.Config, [name]: text } };
    return undefined;
  },
  'mac-address': (draft, value) => {
    draft.MacAddress = value;
    return undefined;
  },
  // Swap counts in, as for the memory that a definition asks for.
  memory: ({ HostConfig }, value) => {
    const bytes = bytesOf(value);
    if (bytes === undefined || bytes < 0) return 'is a size such as 64m';
    HostConfig.Memory = bytes;
    HostConfig.MemorySwap = bytes;
    return undefined;
  },
  'memory-reservation': hostBytes('MemoryReservation'),
  'memory-swap': hostBytes('MemorySwap'),
  'memory-swappiness': hostNumber('MemorySwappiness'),
  net: hostText('NetworkMode'),
  network: hostText('NetworkMode'),
  'network-alias': (draft, value) => {
    draft.networkAliases.push(value);
    return undefined;
  },
  'oom-kill-disable': hostFlag('OomKillDisable'),
  'oom-score-adj': hostNumber('OomScoreAdj'),
  pid: hostText('PidMode'),
  'pids-limit': hostNumber('PidsLimit'),
  privileged: hostFlag('Privileged'),
  'publish-all': hostFlag('PublishAllPorts'),
  'read-only': hostFlag('ReadonlyRootfs'),
  runtime: hostText('Runtime'),
  'security-opt': hostList('SecurityOpt'),
  'shm-size': hostBytes('ShmSize'),
  'stop-signal': (draft, value) => {
    draft.StopSignal = value;
    return undefined;
  },
  sysctl: ({ HostConfig }, value) => {
    const [name, text] = split(value, '=');
    HostConfig.Sysctls = { ...HostConfig.Sysctls, [name]: text };
    return undefined;
  },
  tmpfs: ({ HostConfig }, value) => {
    const [path, options] = split(value, ':');
    HostConfig.Tmpfs = { ...HostConfig.Tmpfs, [path]: options };
    return undefined;
  },
  ulimit: ({ HostConfig }, value) => {
    const match = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(value);
    if (match?.[1] === undefined) return 'is <type>=<soft>[:<hard>]';
    const limit = { Name: match[1], Soft: Number(match[2]), Hard: Number(match[3] ?? match[2]) };
    HostConfig.Ulimits = [...(HostConfig.Ulimits ?? []), limit];
    return undefined;
  },
  user: (draft, value) => {
    draft.User = value;
    return undefined;
  },
  userns: hostText('UsernsMode'),
  uts: hostText('UTSMode'),
  volume: hostList('Binds'),
  'volume-driver': hostText('VolumeDriver'),
  workdir: (draft, value) => {
    draft.WorkingDir = value;
    return undefined;
  },
};

/** Writes the parameters into `draft` in their order, as `docker run` would; an unknown one is refused, never ignored. Left: why not, naming the key. */
export const writeParameters = (
  draft: Draft,
  parameters: readonly { readonly key: string; readonly value: string }[],
): Either<string, Draft> => {
  for (const { key, value } of parameters) {
    const write = Object.hasOwn(WRITERS, key) ? WRITERS[key as DockerParameter] : undefined;
    if (write === undefined) return E.left(`parameter '${key}' is not supported`);
    const wrong = write(draft, value);
    if (wrong !== undefined) return E.left(`parameter '${key}' ${wrong}, not '${value}'`);
  }
  return E.right(draft);
};
