import type { AutoscalingPolicy } from '../../autoscale/policy.facts.ts';
import type { DeploymentPolicy } from '../../deployment/policy.facts.ts';
import type { Cpus, MebiBytes } from '../../kernel/units.ts';
import type { PodDefinition } from '../pod/pod.ts';
import type { GenericCheck, HealthCheck, ReadinessCheck } from './checks.ts';
import type { DisruptionBudget } from './disruptionBudget.ts';
import type { AppPlacement } from './placement.ts';
import type { Network, PortDefinition, PortMapping } from './ports.ts';
import type { AppRoute } from './routes.ts';

/**
 * Marathon's app definition (`App` of its REST API 1.11), parsed and defaulted once: what is stored, versioned and run.
 * Deprecated forms (`ports`, `uris`, `ipAddress`, `container.docker.network|portMappings`) never occur here.
 */
export type AppDefinition = {
  /** Absolute, such as `/shop/web`. */
  readonly id: string;
  /** Run by `/bin/sh -c`; never together with `args`. */
  readonly cmd?: string;
  readonly args?: readonly string[];
  readonly user?: string;
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly secrets: Readonly<Record<string, { readonly source: string }>>;
  readonly instances: number;
  /** One on every eligible node: `instances` is their number then, whatever was written. */
  readonly perNode?: true;
  readonly cpus: Cpus;
  readonly mem: MebiBytes;
  readonly disk: MebiBytes;
  readonly gpus: number;
  readonly resourceLimits?: ResourceLimits;
  /** '' and '//cmd' are the only executors there are: the host itself. */
  readonly executor: string;
  readonly executorResources?: { readonly cpus: Cpus; readonly mem: MebiBytes; readonly disk: MebiBytes };
  readonly constraints: readonly AppConstraint[];
  readonly acceptedResourceRoles: readonly string[];
  readonly role: string;
  readonly fetch: readonly FetchUri[];
  readonly container?: Container;
  readonly networks: readonly Network[];
  /** Host networking only; `port` is the service port, and with `requirePorts` the host port too. */
  readonly portDefinitions?: readonly PortDefinition[];
  readonly requirePorts: boolean;
  readonly healthChecks: readonly HealthCheck[];
  readonly check?: GenericCheck;
  readonly readinessChecks: readonly ReadinessCheck[];
  /** Absolute ids of apps or groups. */
  readonly dependencies: readonly string[];
  readonly labels: Labels;
  readonly upgradeStrategy: UpgradeStrategy;
  readonly backoffSeconds: number;
  readonly backoffFactor: number;
  readonly maxLaunchDelaySeconds: number;
  readonly taskKillGracePeriodSeconds?: number;
  readonly killSelection: KillSelection;
  readonly unreachableStrategy: UnreachableStrategy;
  readonly residency?: Residency;
  readonly tty?: boolean;
  /** How it is deployed, where that is more than `upgradeStrategy` says. */
  readonly deployment?: DeploymentPolicy;
  /** Who else but its operator says how many instances it has, and by what rule. */
  readonly autoscaling?: AutoscalingPolicy;
  /** Whose instances make room for whose when there is not enough: −1000 … 1000, 0 where absent. */
  readonly priority?: number;
  /** How many of its instances may be missing at once because room is made. */
  readonly disruptionBudget?: DisruptionBudget;
  /** Beside whom and apart from whom its instances are put, what they had better have, and whether all or none; ours. */
  readonly placement?: AppPlacement;
  /** How the load balancer leads clients here; ours. */
  readonly routes?: readonly AppRoute[];
  /**
   * Of a pod: what its containers are. The fields above are then what the whole asks of a node and of the engine (sums of resources,
   * all endpoints as ports, all checks), so that whoever places, counts, probes and rolls knows no difference.
   */
  readonly pod?: PodDefinition;
  /** Top-level fields that mean nothing here, as they came; kept and returned, so that a round trip loses nothing. */
  readonly extras: Readonly<Record<string, unknown>>;
};

export type Labels = Readonly<Record<string, string>>;
export type EnvValue = string | { readonly secret: string };
export type KillSelection = 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
export type UnreachableStrategy = 'disabled' | { readonly inactiveAfterSeconds: number; readonly expungeAfterSeconds: number };
/** Fractions of `instances`, both in [0, 1]. */
export type UpgradeStrategy = { readonly minimumHealthCapacity: number; readonly maximumOverCapacity: number };
export type ResourceLimits = { readonly cpus?: number | 'unlimited'; readonly mem?: number | 'unlimited' };
export type Residency = {
  readonly relaunchEscalationTimeoutSeconds: number;
  readonly taskLostBehavior: 'WAIT_FOREVER' | 'RELAUNCH_AFTER_TIMEOUT';
};

export const CONSTRAINT_OPERATORS = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS', 'IN'] as const;
export type ConstraintOperator = (typeof CONSTRAINT_OPERATORS)[number];
/** `[field, operator]` or `[field, operator, value]`; the operator in capitals. */
export type AppConstraint = readonly [field: string, operator: ConstraintOperator, value?: string];

export type FetchUri = {
  readonly uri: string;
  readonly extract: boolean;
  readonly executable: boolean;
  readonly cache: boolean;
  readonly destPath?: string;
};

export type Container = {
  readonly type: 'MESOS' | 'DOCKER';
  readonly docker?: DockerContainer;
  readonly volumes: readonly Volume[];
  /** Absent in host networking. */
  readonly portMappings?: readonly PortMapping[];
  readonly linuxInfo?: LinuxInfo;
};

export type DockerContainer = {
  readonly image: string;
  readonly forcePullImage: boolean;
  readonly privileged: boolean;
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
  /** Registry login: `principal` is the user name, `secret` the password. */
  readonly credential?: { readonly principal: string; readonly secret?: string };
  readonly pullConfig?: { readonly secret: string };
};

export type LinuxInfo = {
  readonly seccomp?: { readonly profileName?: string; readonly unconfined: boolean };
  readonly ipcInfo?: { readonly mode: 'PRIVATE' | 'SHARE_PARENT'; readonly shmSize?: MebiBytes };
};

export type HostVolume = { readonly containerPath: string; readonly hostPath: string; readonly mode: 'RO' | 'RW' };
export type PersistentVolume = {
  readonly containerPath: string;
  readonly mode: 'RO' | 'RW';
  readonly persistent: Readonly<Record<string, unknown>>;
};
export type ExternalVolume = {
  readonly containerPath: string;
  readonly mode: 'RO' | 'RW';
  readonly external: Readonly<Record<string, unknown>>;
};
export type SecretVolume = { readonly containerPath: string; readonly secret: string };
export type Volume = HostVolume | PersistentVolume | ExternalVolume | SecretVolume;

/** Whether the app comes as a container image; otherwise it is a native process. */
export const imageOf = (definition: Pick<AppDefinition, 'container'>): string | undefined => definition.container?.docker?.image;

/** Whether it is run from images, its own or those of its containers: not every node has a runtime for them. */
export const needsImages = ({ container, pod }: Pick<AppDefinition, 'container' | 'pod'>): boolean =>
  imageOf({ ...(container !== undefined && { container }) }) !== undefined ||
  (pod?.containers ?? []).some(({ image }) => image !== undefined);

/** As GET answers it: the definition with its unknown fields back in their places. */
export const renderApp = ({ extras, ...definition }: AppDefinition): Readonly<Record<string, unknown>> => ({ ...extras, ...definition });
