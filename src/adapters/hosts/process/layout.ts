import { join } from 'node:path';

/** Where everything of one instance lies on the host. The shim knows the same names. */
export type InstancePaths = {
  readonly dir: string;
  /** The application's working directory, and `MESOS_SANDBOX`. */
  readonly sandbox: string;
  readonly output: string;
  readonly app: string;
  readonly shim: string;
  readonly exit: string;
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
  };
};
