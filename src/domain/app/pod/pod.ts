import type { ReadinessCheck } from '../definition/checks.ts';
import type { AppDefinition, EnvValue, FetchUri, Labels, LinuxInfo, ResourceLimits } from '../definition/definition.ts';

/**
 * Marathon's pod (`Pod` of its REST API 1.11), parsed and defaulted: containers that are placed, started and ended together. What a pod
 * shares with an app (id, instances, environment, networks, strategies …) stands in the definition's own fields.
 */
export type PodDefinition = {
  readonly containers: readonly PodContainer[];
  readonly volumes: readonly PodVolume[];
  readonly linuxInfo?: LinuxInfo;
  /** Each container may use up to what all have together, as before Mesos gave each a cgroup of its own. */
  readonly legacySharedCgroups?: true;
};

export type PodContainer = {
  /** Unique in its pod. */
  readonly name: string;
  /** Absent: the image's own command. */
  readonly exec?: PodExec;
  readonly resources: PodResources;
  readonly resourceLimits?: ResourceLimits;
  readonly endpoints: readonly Endpoint[];
  /** Absent: native processes. */
  readonly image?: PodImage;
  readonly environment: Readonly<Record<string, EnvValue>>;
  /** Instead of the pod's. */
  readonly user?: string;
  readonly healthCheck?: PodHealthCheck;
  readonly check?: PodCheck;
  readonly volumeMounts: readonly VolumeMount[];
  readonly artifacts: readonly FetchUri[];
  readonly labels: Labels;
  /** Seconds, fractions included. */
  readonly lifecycle?: { readonly killGracePeriodSeconds?: number };
  readonly tty?: boolean;
  readonly linuxInfo?: LinuxInfo;
};

export type PodCommand = { readonly shell: string } | { readonly argv: readonly string[] };
export type PodExec = {
  readonly command: PodCommand;
  /** With `argv`: its first word takes the place of the image's entrypoint. A shell always does. */
  readonly overrideEntrypoint?: boolean;
};

/** Of one container; mem and disk in MiB. */
export type PodResources = Pick<AppDefinition, 'cpus' | 'mem' | 'disk' | 'gpus'>;

export type PodImage = {
  readonly kind: 'DOCKER';
  readonly id: string;
  readonly forcePull?: boolean;
  readonly pullConfig?: { readonly secret: string };
  readonly labels: Labels;
};

export type Endpoint = {
  /** Unique in the pod. */
  readonly name: string;
  /** Absent in host networking; 0: the same as the host port. */
  readonly containerPort?: number;
  /** 0: any; absent, which only a container network allows: none. */
  readonly hostPort?: number;
  /** `udp` is one; whatever else, such as `http`, is spoken over tcp. Empty: tcp. */
  readonly protocol: readonly string[];
  readonly labels: Labels;
  readonly networkNames: readonly string[];
  /** Ours, as Marathon's pods had no service ports: the port that load balancers give it. Assigned where absent. */
  readonly servicePort?: number;
};

/** Exactly one of http, tcp and exec. Times in seconds. */
export type PodHealthCheck = {
  readonly http?: { readonly endpoint: string; readonly path?: string; readonly scheme: 'HTTP' | 'HTTPS' };
  readonly tcp?: { readonly endpoint: string };
  readonly exec?: { readonly command: PodCommand };
  readonly gracePeriodSeconds: number;
  readonly intervalSeconds: number;
  readonly maxConsecutiveFailures: number;
  readonly timeoutSeconds: number;
  readonly delaySeconds: number;
};

/** Informational: its result is shown, nothing follows from it. At most one container of a pod has one. */
export type PodCheck = Pick<PodHealthCheck, 'http' | 'tcp' | 'exec' | 'intervalSeconds' | 'timeoutSeconds' | 'delaySeconds'>;

export type VolumeMount = { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean };

/** Without `host`: ephemeral, shared by the containers that mount it, gone with its instance. */
export type PodVolume = {
  readonly name: string;
  readonly host?: string;
  readonly persistent?: Readonly<Record<string, unknown>>;
  readonly secret?: string;
};

/** Ours: a pod's readiness checks have the form of an app's; `portName` is the name of an endpoint. */
export type PodReadinessCheck = ReadinessCheck;

/** A definition that is known to be a pod's. */
export type PodApp = AppDefinition & { readonly pod: PodDefinition };
export const isPod = (definition: AppDefinition | undefined): definition is PodApp => definition?.pod !== undefined;
