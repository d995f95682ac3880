import type { Mount } from '../../ports/hosts.ts';
import type { Volume } from './definition.ts';

/** Host volumes of a definition as mounts. As for `docker run -v`, a host path without a slash is the name of a volume. */
export const mountsOf = (volumes: readonly Volume[]): readonly Mount[] =>
  volumes.flatMap((volume): readonly Mount[] => {
    if (!('hostPath' in volume)) return [];
    const readOnly = volume.mode === 'RO';
    const containerPath = inSandbox(volume.containerPath);
    return volume.hostPath.startsWith('/')
      ? [{ kind: 'bind', hostPath: volume.hostPath, containerPath, readOnly }]
      : [{ kind: 'volume', name: volume.hostPath, containerPath, readOnly }];
  });

/** Docker's own rule for names of volumes. */
export const isVolumeName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name);

/** Where Mesos mounts the sandbox in a Docker container; relative container paths are below it. */
const CONTAINER_SANDBOX = '/mnt/mesos/sandbox';

export const inSandbox = (path: string): string => (path.startsWith('/') ? path : `${CONTAINER_SANDBOX}/${path}`);
