import { completeNetworks, type Defaults } from '../definition/complete.ts';
import { completeReadinessCheck } from '../definition/completeChecks.ts';
import type { AppConstraint, AppDefinition, LinuxInfo, UnreachableStrategy } from '../definition/definition.ts';
import { absolutePathId } from '../definition/pathId.ts';
import type { Network } from '../definition/ports.ts';
import type { PodApp, PodCheck, PodContainer, PodDefinition, PodHealthCheck, PodVolume } from './pod.ts';
import type { ContainerShape, PodShape } from './shape.ts';
import { wholeOf } from './whole.ts';

/** Marathon's default of what an executor needs beside its containers: cpus, and MiB of memory and disk. */
const EXECUTOR = { cpus: 0.1, mem: 32, disk: 10 } as const;

/** Every default of Marathon 1.11 filled in, and what the whole asks of a node summed up. */
export const completePod = (shape: PodShape, id: string, extras: AppDefinition['extras'], defaults: Defaults): PodApp => {
  const { scheduling = {}, legacySharedCgroups, linuxInfo, user } = shape;
  const { backoff = {}, upgrade = {}, placement = {}, killSelection = 'YOUNGEST_FIRST' } = scheduling;
  const networks = completeNetworks(shape.networks, defaults.networkName);
  const pod: PodDefinition = {
    containers: shape.containers.map((each) => completeContainer(each, networks)),
    volumes: (shape.volumes ?? []) as readonly PodVolume[],
    ...(linuxInfo === undefined ? {} : { linuxInfo: completeLinux(linuxInfo) }),
    ...(legacySharedCgroups === true ? { legacySharedCgroups } : {}),
  };
  const { acceptedResourceRoles = [] } = placement;
  return wholeOf({
    id: absolutePathId(id, defaults.group),
    ...(user === undefined ? {} : { user }),
    env: shape.environment ?? {},
    secrets: shape.secrets ?? {},
    instances: shape.scaling?.instances ?? 1,
    executor: '',
    executorResources: { ...EXECUTOR, ...shape.executorResources },
    constraints: (placement.constraints ?? []).map(constraintOf),
    // For pods an empty list is none, not a mistake.
    acceptedResourceRoles: acceptedResourceRoles.length === 0 ? ['*'] : acceptedResourceRoles,
    role: shape.role ?? defaults.role,
    fetch: [],
    networks,
    requirePorts: false,
    readinessChecks: (shape.readinessChecks ?? []).map(completeReadinessCheck),
    dependencies: (shape.dependencies ?? []).map((dependency) => absolutePathId(dependency, defaults.group)),
    labels: shape.labels ?? {},
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1, ...upgrade },
    backoffSeconds: backoff.backoff ?? 1,
    backoffFactor: backoff.backoffFactor ?? 1.15,
    maxLaunchDelaySeconds: backoff.maxLaunchDelay ?? 300,
    killSelection,
    unreachableStrategy: completeUnreachable(scheduling.unreachableStrategy),
    ...(shape.priority === undefined ? {} : { priority: shape.priority }),
    ...(shape.disruptionBudget === undefined ? {} : { disruptionBudget: shape.disruptionBudget }),
    pod,
    extras,
  });
};

const completeContainer = (container: ContainerShape, networks: readonly Network[]): PodContainer => {
  const { image, healthCheck, check, linuxInfo, resourceLimits, ...rest } = container;
  // Only a container of a network of its own does without a port of the host.
  const inContainerNetwork = networks.some(({ mode }) => mode === 'container');
  return {
    ...rest,
    resources: { cpus: 1, mem: 128, disk: 0, gpus: 0, ...container.resources },
    endpoints: (container.endpoints ?? []).map((endpoint) => ({
      ...(inContainerNetwork ? {} : { hostPort: 0 }),
      ...endpoint,
      protocol: endpoint.protocol ?? [],
      labels: endpoint.labels ?? {},
      networkNames: endpoint.networkNames ?? [],
    })),
    ...(image === undefined ? {} : { image: { ...image, labels: image.labels ?? {} } }),
    environment: container.environment ?? {},
    ...(healthCheck === undefined ? {} : { healthCheck: completeHealthCheck(healthCheck) }),
    ...(check === undefined ? {} : { check: completeCheck(check) }),
    volumeMounts: container.volumeMounts ?? [],
    artifacts: (container.artifacts ?? []).map((file) => ({ extract: true, executable: false, cache: false, ...file })),
    labels: container.labels ?? {},
    ...(linuxInfo === undefined ? {} : { linuxInfo: completeLinux(linuxInfo) }),
    ...(resourceLimits === undefined ? {} : { resourceLimits: resourceLimits as NonNullable<PodContainer['resourceLimits']> }),
  };
};

const completeHealthCheck = (check: NonNullable<ContainerShape['healthCheck']>): PodHealthCheck => ({
  gracePeriodSeconds: check.gracePeriodSeconds ?? 300,
  maxConsecutiveFailures: check.maxConsecutiveFailures ?? 3,
  ...completeCheck(check),
});

const completeCheck = ({ http, ...check }: NonNullable<ContainerShape['check']>): PodCheck => ({
  intervalSeconds: 60,
  timeoutSeconds: 20,
  delaySeconds: 15,
  ...check,
  ...(http === undefined ? {} : { http: { scheme: 'HTTP', ...http } }),
});

const completeLinux = ({ seccomp, ipcInfo }: NonNullable<PodShape['linuxInfo']>): LinuxInfo => ({
  ...(seccomp === undefined ? {} : { seccomp: { unconfined: false, ...seccomp } }),
  ...(ipcInfo === undefined ? {} : { ipcInfo }),
});

const completeUnreachable = (written: NonNullable<PodShape['scheduling']>['unreachableStrategy']): UnreachableStrategy =>
  written === 'disabled' ? 'disabled' : { inactiveAfterSeconds: 0, expungeAfterSeconds: 0, ...written };

type ConstraintShape = NonNullable<NonNullable<NonNullable<PodShape['scheduling']>['placement']>['constraints']>[number];

/** Shape only: whether it can be kept is for the rules to say. */
const constraintOf = ({ fieldName, operator, value }: ConstraintShape): AppConstraint =>
  [fieldName, operator.toUpperCase(), ...(value === undefined ? [] : [value])] as unknown as AppConstraint;
