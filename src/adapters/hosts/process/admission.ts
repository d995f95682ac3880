import { createSocket } from 'node:dgram';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { isAbsolute, join } from 'node:path';
import type { HostFault, RunSpec } from '../../../domain/ports/hosts.ts';
import { containerOf, memberSpecs } from '../members.ts';
import type { Capabilities } from './capabilities.ts';
import type { RunAs } from './launch.ts';
import { hostPathOf, isInstanceName } from './layout.ts';
import { runBounded } from './shimCalls.ts';

const rejected = (message: string): HostFault => ({ _tag: 'StartRejected', message });

/** What a native process can't have, each named by its field; undefined when there is nothing to object. Pure. */
export const objectionTo = (spec: RunSpec): HostFault | undefined => {
  if (!isInstanceName(spec.instance)) return rejected(`instance: ${JSON.stringify(spec.instance)} can't be the name of a directory`);
  for (const member of memberSpecs(spec)) {
    const objection = objectionTo(member);
    if (objection !== undefined) return { ...objection, message: `containers.${containerOf(member.instance)}: ${objection.message}` };
  }
  if (spec.image !== undefined) return rejected('image: this host runs native processes, no images');
  if (spec.containers === undefined && !('shell' in spec.command) && !('args' in spec.command && spec.command.args.length > 0))
    return rejected('command: a native process needs a shell command or arguments');
  if (spec.network.mode !== 'host' && spec.network.mode !== 'join')
    return rejected('network: a native process shares the network of its host');
  if (spec.gpus > 0) return rejected('gpus: this host hands out no gpus');
  for (const [index, mount] of spec.mounts.entries()) {
    const field = `mounts[${index}]`;
    const from = hostPathOf('', spec, mount);
    if (mount.kind === 'tmpfs' || from === undefined)
      return rejected(`${field}.kind: a native process has no ${mount.kind} mounts, only bind, and a pod's own volumes`);
    if (isAbsolute(mount.containerPath)) return rejected(`${field}.containerPath: ${mount.containerPath} must be relative to the sandbox`);
    if (mount.readOnly) return rejected(`${field}.readOnly: a native process can't be held from writing to ${from}`);
  }
  for (const [key, value] of Object.entries(spec.env)) {
    if (key === '' || key.includes('=') || key.includes('\0') || value.includes('\0'))
      return rejected(`env: ${JSON.stringify(key)} can't be handed to a process`);
  }
  const words = 'shell' in spec.command ? [spec.command.shell] : [...(spec.entrypoint ?? []), ...commandArgs(spec)];
  return words.some((word) => word.includes('\0')) ? rejected('command: holds a NUL character') : undefined;
};

const commandArgs = (spec: RunSpec): readonly string[] => ('args' in spec.command ? (spec.command.args as readonly string[]) : []);

/** The words to execute, the first an absolute path found as execvp(3) would; undefined when there is no such program. */
export const resolveArgv = async (spec: RunSpec, path: string, sandbox: string): Promise<readonly string[] | undefined> => {
  if ('shell' in spec.command) return ['/bin/sh', '-c', spec.command.shell as string];
  const [program = '', ...rest] = [...(spec.entrypoint ?? []), ...commandArgs(spec)];
  const inSandbox = (file: string) => (isAbsolute(file) ? file : join(sandbox, file));
  const candidates = program.includes('/') ? [program] : path.split(':').map((dir) => join(dir === '' ? '.' : dir, program));
  for (const candidate of program === '' ? [] : candidates) {
    if (await isExecutable(inSandbox(candidate))) return [isAbsolute(candidate) ? candidate : `./${candidate}`, ...rest];
  }
  return undefined;
};

export const programOf = (spec: RunSpec): string =>
  'shell' in spec.command ? '/bin/sh' : ([...(spec.entrypoint ?? []), ...commandArgs(spec)][0] ?? '');

const isExecutable = async (file: string): Promise<boolean> => {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
};

/** Numeric identity of `user`, by the host's own name service; undefined when it is our own, a fault when it can't be had. */
export const resolveUser = async (user: string | undefined, capabilities: Capabilities): Promise<RunAs | undefined | HostFault> => {
  if (user === undefined || user === '') return undefined;
  const own = process.getuid?.() ?? 0;
  const runAs = await lookUp(user);
  if (runAs === undefined) return rejected(`user: there is no user ${JSON.stringify(user)} on this host`);
  if (runAs.uid === own) return undefined;
  if (own !== 0) return rejected(`user: only root may run as ${user}`);
  return capabilities.setpriv === '' ? rejected('user: this host has no setpriv to change the user with') : runAs;
};

const lookUp = async (user: string): Promise<RunAs | undefined> => {
  if (user.startsWith('-')) return undefined;
  const [uid, gid] = await Promise.all([runBounded('id', ['-u', '--', user]), runBounded('id', ['-g', '--', user])]);
  if (uid.code === 0 && gid.code === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout), hasAccount: true };
  return /^\d{1,10}$/.test(user) ? { uid: Number(user), gid: Number(user), hasAccount: false } : undefined;
};

/** The first port that something else listens on, found by taking each for a moment. */
export const takenPort = async (spec: RunSpec): Promise<HostFault | undefined> => {
  for (const { hostPort, protocol } of spec.ports) {
    for (const each of protocol.split(',')) {
      const error = await (each === 'udp' ? tryUdp(hostPort) : tryTcp(hostPort));
      if (error?.code === 'EADDRINUSE') return { _tag: 'PortTaken', port: hostPort, message: `${each} port ${hostPort} is in use` };
      if (error !== undefined) return rejected(`ports: ${each} port ${hostPort} can't be bound: ${error.message}`);
    }
  }
  return undefined;
};

/** Kernels without IPv6 refuse the dual-stack wildcard. */
const NO_IPV6: readonly (string | undefined)[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL'];

const tryTcp = async (port: number, host = '::'): Promise<NodeJS.ErrnoException | undefined> => {
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', resolve);
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  return host === '::' && NO_IPV6.includes(error?.code) ? tryTcp(port, '0.0.0.0') : error;
};

const tryUdp = async (port: number, type: 'udp6' | 'udp4' = 'udp6'): Promise<NodeJS.ErrnoException | undefined> => {
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const socket = createSocket({ type, reuseAddr: false });
    socket.once('error', (failure) => socket.close(() => resolve(failure)));
    socket.bind({ port, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
  return type === 'udp6' && NO_IPV6.includes(error?.code) ? tryUdp(port, 'udp4') : error;
};
