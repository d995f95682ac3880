import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostFault, RunSpec } from '../../../domain/ports/hosts.ts';
import { holdsOf } from '../members.ts';
import { HINTS, type InstancePaths, pathsOf } from './layout.ts';

/**
 * What holds a pod here is a directory: natively all share the host's network, so there is nothing that a process would have to keep open.
 * Its record, and later that of its end, appear whole or not at all, as those of an application do.
 * @returns what stood in the way; nothing when another start was sooner.
 */
export const beginPod = async (paths: InstancePaths, spec: RunSpec): Promise<HostFault | undefined> => {
  await mkdir(paths.dir, { recursive: true, mode: 0o711 });
  await chmod(paths.dir, 0o711);
  await appear(paths.pod, JSON.stringify(holdsOf(spec)));
  return undefined;
};

export const endPod = async (root: string, instance: string): Promise<void> => {
  await appear(pathsOf(root, instance).exit, 'none 0 0\n');
  await writeFile(join(root, HINTS, instance), '');
};

/** The first one stays: who was and how it ended is said once. */
const appear = async (path: string, text: string): Promise<void> => {
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, text, { mode: 0o600 });
  try {
    await link(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(fresh, { force: true });
  }
};
