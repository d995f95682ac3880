import type { RunSpec } from '../../../domain/ports/hosts.ts';
import { containerOf } from '../members.ts';

/** How we find our own on an engine that others use as well: by name and label, never by what we remember. */
export const LABEL = {
  cluster: 'wharfinger.cluster',
  instance: 'wharfinger.instance',
  app: 'wharfinger.app',
  version: 'wharfinger.version',
  slot: 'wharfinger.slot',
  /** On a pod's holder: what has to be known of the pod; JSON. */
  pod: 'wharfinger.pod',
  /** On a container of a pod: its name in the pod. */
  container: 'wharfinger.container',
  /** What Mesos' own tools and many log shippers look for. */
  task: 'MESOS_TASK_ID',
} as const;

/** `w` is no hexadecimal digit, so the engine can never take this name for the beginning of another container's id. */
export const containerName = (instance: string): string => `wharf-${instance}`;

/** Names that only we give. */
export const isOurs = (label: string): boolean => label.startsWith('wharfinger.');

/** The user's labels, then ours: nobody may claim to be another instance. */
export const labelsOf = (spec: RunSpec, cluster: string): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.entries(spec.labels).filter(([name]) => !isOurs(name))),
  [LABEL.cluster]: cluster,
  [LABEL.instance]: spec.instance,
  [LABEL.app]: spec.app,
  [LABEL.version]: spec.version,
  [LABEL.slot]: String(spec.slot),
  ...(spec.network.mode === 'join' ? { [LABEL.container]: containerOf(spec.instance) } : {}),
  [LABEL.task]: spec.taskId,
});
