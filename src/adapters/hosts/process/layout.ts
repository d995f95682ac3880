import { join } from 'node:path';
import type { Mount, RunSpec } from '../../../domain/ports/hosts.ts';
import { isVolumeOf } from '../members.ts';

/** Where everything of one instance lies on the host. The shim knows the same names. */
export type InstancePaths = {
  readonly dir: string;
  /** The application's working directory, and `MESOS_SANDBOX`. */
  readonly sandbox: string;
  readonly output: string;
  readonly app: string;
  readonly shim: string;
  readonly exit: string;
  /** Of a pod's directory: what is known of the pod. */
  readonly pod: string;
};

/** Touched by a shim when its application ends: one directory to watch for a whole host. */
export const HINTS = '.hints';

/** A name that is a plain file name and can't hide, climb or be an option. */
const INSTANCE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/;

export const isInstanceName = (name: string): boolean => INSTANCE_NAME.test(name);

export const pathsOf = (root: string, instance: string): InstancePaths => {
  const dir = join(root, instance);
  return {
    dir,
    sandbox: join(dir, 'sandbox'),
    output: join(dir, 'output'),
    app: join(dir, 'app'),
    shim: join(dir, 'shim'),
    exit: join(dir, 'exit'),
    pod: join(dir, 'pod'),
  };
};

/** Where a mount comes from; a pod's volumes lie in the pod's own directory. Undefined for what a native process can't have. */
export const hostPathOf = (root: string, { network }: RunSpec, mount: Mount): string | undefined => {
  if (mount.kind === 'bind') return mount.hostPath;
  if (mount.kind !== 'volume' || network.mode !== 'join' || !isVolumeOf(network.instance, mount.name)) return undefined;
  return isInstanceName(mount.name) ? join(root, network.instance, 'volumes', mount.name) : undefined;
};
