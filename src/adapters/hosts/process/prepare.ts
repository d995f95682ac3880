import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostFault, RunSpec } from '../../../domain/ports/hosts.ts';
import { programOf, resolveArgv } from './admission.ts';
import type { Capabilities } from './capabilities.ts';
import { Escape, placeBelow } from './fetch/below.ts';
import { bringArtifact } from './fetch/bringArtifact.ts';
import { environmentOf, launchFile, type Rotation, type RunAs } from './launch.ts';
import { hostPathOf, type InstancePaths } from './layout.ts';
import { runBounded } from './shimCalls.ts';

export type Preparation = {
  readonly spec: RunSpec;
  readonly paths: InstancePaths;
  readonly runAs?: RunAs;
  readonly capabilities: Capabilities;
  readonly rotation: Rotation;
};

/**
 * Puts sandbox and launch file together in a private staging directory, so that a second `run` of the same instance can't disturb the
 * first; the shim moves it into place under its lock.
 * @returns the staging directory, or the fault, after which nothing is left of it.
 */
export const prepare = async (preparation: Preparation): Promise<string | HostFault> => {
  const { paths, spec } = preparation;
  const staging = join(paths.dir, `staging-${randomUUID()}`);
  try {
    await mkdir(staging, { recursive: true, mode: 0o711 });
    // For people who look into the directory; nothing reads it back.
    await writeFile(join(staging, 'spec.json'), JSON.stringify(spec, undefined, 2), { mode: 0o600 });
    const fault = await fill(preparation, staging);
    if (fault === undefined) return staging;
    await rm(staging, { recursive: true, force: true });
    return fault;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
};

const fill = async ({ spec, paths, runAs, capabilities, rotation }: Preparation, staging: string): Promise<HostFault | undefined> => {
  const sandbox = join(staging, 'sandbox');
  await Promise.all([mkdir(sandbox, { mode: 0o755 }), mkdir(join(staging, 'output'), { mode: 0o700 }), chmod(paths.dir, 0o711)]);
  for (const artifact of spec.artifacts) {
    const fault = await bringArtifact(artifact, sandbox);
    if (fault !== undefined) return fault;
  }
  for (const [index, mount] of spec.mounts.entries()) {
    const hostPath = hostPathOf(dirname(paths.dir), spec, mount);
    if (hostPath === undefined) continue;
    if (mount.kind === 'volume') await makeVolume(hostPath);
    const fault = await linkMount(sandbox, { hostPath, containerPath: mount.containerPath }, `mounts[${index}]`);
    if (fault !== undefined) return fault;
  }
  const argv = await resolveArgv(spec, environmentOf(spec, paths.sandbox).PATH ?? '', sandbox);
  if (argv === undefined) {
    const command = programOf(spec);
    return { _tag: 'CommandNotFound', command, message: `no executable ${JSON.stringify(command)} in the PATH or the sandbox` };
  }
  // -h and -P: a link that an archive brought is given away itself, never what it points to.
  if (runAs !== undefined) await runBounded('chown', ['-RhP', `${runAs.uid}:${runAs.gid}`, sandbox]);
  const plan = { spec, argv, sandbox: paths.sandbox, capabilities, rotation, ...(runAs === undefined ? {} : { runAs }) };
  await writeFile(join(staging, 'launch'), launchFile(plan), { mode: 0o600 });
  return undefined;
};

/** The containers of a pod may run as different users, and all of them write. */
const makeVolume = async (directory: string): Promise<void> => {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o1777);
};

/** Without privileges nothing can be mounted; a link of that name in the sandbox serves. */
const linkMount = async (
  sandbox: string,
  mount: { readonly hostPath: string; readonly containerPath: string },
  field: string,
): Promise<HostFault | undefined> => {
  try {
    await stat(mount.hostPath);
  } catch {
    return { _tag: 'StartRejected', message: `${field}.hostPath: there is no ${mount.hostPath} on this host` };
  }
  try {
    const place = await placeBelow(sandbox, mount.containerPath);
    await mkdir(dirname(place), { recursive: true });
    await symlink(mount.hostPath, place);
    return undefined;
  } catch (error) {
    const why = error instanceof Escape ? error.message : `${mount.containerPath} is already there`;
    return { _tag: 'StartRejected', message: `${field}.containerPath: ${why}` };
  }
};
