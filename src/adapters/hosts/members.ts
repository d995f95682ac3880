import type { Holds, RunSpec } from '../../domain/ports/hosts.ts';

/**
 * How a pod is spread over instances of a runtime: a holder of the pod's own name, and a member for each container. Names tell who belongs to
 * whom: neither an instance's id nor a container's name has a dot in it.
 */
export const memberName = (pod: string, container: string): string => `${pod}.${container}`;

/** The pod of a member; any other name is its own. */
export const podOf = (name: string): string => {
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
};

export const containerOf = (name: string): string => name.slice(name.indexOf('.') + 1);

/** Volumes of such names are made with a pod and removed with it; all others are the user's. */
export const isVolumeOf = (pod: string, volume: string): boolean => volume.startsWith(`wharf-${pod}-`);

export const holdsOf = ({ containers = [], killGraceMs }: RunSpec): Holds => ({
  containers: containers.map(({ name }) => name),
  ...(killGraceMs === undefined ? {} : { killGraceMs }),
});

/** What each container is as an instance of its own, which joins the holder. Images are the holder's to bring, before anything starts. */
export const memberSpecs = ({ instance, app, version, slot, containers = [] }: RunSpec): readonly RunSpec[] =>
  containers.map(({ name, ...own }) => ({
    ...own,
    instance: memberName(instance, name),
    app,
    version,
    slot,
    forcePull: false,
    network: { mode: 'join', instance },
    ports: [],
  }));
