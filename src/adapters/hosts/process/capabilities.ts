import { rmdir } from 'node:fs/promises';
import type { ShimCalls } from './shimCalls.ts';

export type CgroupController = 'cpu' | 'cpuacct' | 'memory' | 'freezer' | 'v2';

/** What this host lets the shim do; probed once, when the host is opened. */
export type Capabilities = {
  readonly awkFlags: string;
  /** Whether an exit code above 128 can be told from a signal. */
  readonly tellsSignals: boolean;
  /** Path of setpriv(1), for running as another user. */
  readonly setpriv: string;
  /** Parent cgroup by controller; empty where none may be made. */
  readonly cgroups: Readonly<Partial<Record<CgroupController, string>>>;
  readonly missing: readonly string[];
};

const CONTROLLERS: readonly CgroupController[] = ['cpu', 'cpuacct', 'memory', 'freezer', 'v2'];

export const probeCapabilities = async (shim: ShimCalls, cgroupParent: string): Promise<Capabilities> => {
  const { stdout } = await shim.call(['probe', cgroupParent]);
  const answers = stdout.split('\n').filter((line) => line.includes('='));
  const valuesOf = (key: string) => answers.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
  return {
    awkFlags: valuesOf('awk_flags')[0] ?? '',
    tellsSignals: valuesOf('tells_signals')[0] === '1',
    setpriv: valuesOf('setpriv')[0] ?? '',
    cgroups: Object.fromEntries(
      CONTROLLERS.flatMap((controller) => valuesOf(`cg_${controller}`).map((path) => [controller, path] as const)),
    ),
    missing: valuesOf('missing'),
  };
};

export const enforcesCpu = ({ cgroups }: Capabilities): boolean => cgroups.cpu !== undefined || cgroups.v2 !== undefined;
export const enforcesMemory = ({ cgroups }: Capabilities): boolean => cgroups.memory !== undefined || cgroups.v2 !== undefined;

/** One sentence for each promise that this host can't keep. */
export const warningsOf = (capabilities: Capabilities): readonly string[] => [
  ...(enforcesCpu(capabilities) ? [] : ['cpu limits are not enforced: no cpu cgroup can be made here (not root, or read-only)']),
  ...(enforcesMemory(capabilities) ? [] : ['memory limits are not enforced: no memory cgroup can be made here (not root, or read-only)']),
  ...(Object.keys(capabilities.cgroups).length > 0 ? [] : ['children that leave their session outlive a stop: no cgroup can be made here']),
  ...(capabilities.tellsSignals ? [] : ['exit codes from 129 to 159 are read as signals: this awk does not tell them apart']),
];

/**
 * Takes away the parent cgroups when no instance is left in them; one that holds any can't be removed. A start makes them anew. Under v2 they
 * stay: they were given their controllers at the probe, and only there.
 */
export const removeEmptyParents = async ({ cgroups }: Capabilities): Promise<void> => {
  if (cgroups.v2 !== undefined) return;
  await Promise.all(Object.values(cgroups).map((parent) => rmdir(parent).catch(() => {})));
};
