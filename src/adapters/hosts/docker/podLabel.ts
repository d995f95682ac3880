import type { Holds, RunSpec } from '../../../domain/ports/hosts.ts';
import { holdsOf, isVolumeOf } from '../members.ts';
import { LABEL } from './labels.ts';

/** What a pod's holder says of the pod to every later engine. */
export type PodLabel = Holds & {
  /** The pod's own name: an image brings labels too, and none can know this one. */
  readonly instance: string;
  /** Those that go with it. */
  readonly volumes: readonly string[];
};

export const podLabelOf = (spec: RunSpec): string => {
  const { instance, containers = [] } = spec;
  const named = containers.flatMap(({ mounts }) => mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.name] : [])));
  const volumes = [...new Set(named)].filter((name) => isVolumeOf(instance, name));
  return JSON.stringify({ instance, ...holdsOf(spec), volumes } satisfies PodLabel);
};

/** Undefined of a container that holds no pod. */
export const readPodLabel = (labels: Readonly<Record<string, string>>): PodLabel | undefined => {
  const told = labels[LABEL.pod];
  if (told === undefined) return undefined;
  try {
    const label = JSON.parse(told) as PodLabel;
    return label.instance === labels[LABEL.instance] ? label : undefined;
  } catch {
    return undefined;
  }
};
