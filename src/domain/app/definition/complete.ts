import type { CanonicalShape } from './canonical.ts';
import { completeCheck, completeHealthCheck, completeReadinessCheck } from './completeChecks.ts';
import { completeContainer } from './completeContainer.ts';
import type { AppConstraint, AppDefinition, Labels, UnreachableStrategy, UpgradeStrategy } from './definition.ts';
import { absolutePathId } from './pathId.ts';
import type { Network } from './ports.ts';
import { completeRoute } from './routes.ts';

export type Defaults = {
  /** The group that relative ids start from. */
  readonly group: string;
  readonly role: string;
  readonly networkName?: string;
};

/** Every default of Marathon 1.11 filled in. What is still missing afterwards is optional there too. */
export const complete = (app: CanonicalShape, id: string, extras: AppDefinition['extras'], defaults: Defaults): AppDefinition => {
  const labels = app.labels ?? {};
  const networks = completeNetworks(app.networks, defaults.networkName);
  const onHost = networks.every(({ mode }) => mode === 'host');
  const container = completeContainer(app.container, networks, app.portDefinitions?.length ?? 0);
  const portDefinitions = onHost ? (app.portDefinitions ?? [{ name: 'default' }]).map(completePort) : undefined;
  const hasPorts = (portDefinitions ?? container?.portMappings ?? []).length > 0;
  const { cmd, args, user, resourceLimits, executorResources, check, taskKillGracePeriodSeconds, residency, tty, routes } = app;
  return {
    id: absolutePathId(id, defaults.group),
    ...(cmd === undefined ? {} : { cmd }),
    ...(args === undefined || args.length === 0 ? {} : { args }),
    ...(user === undefined ? {} : { user }),
    env: app.env ?? {},
    secrets: app.secrets ?? {},
    instances: app.perNode === true ? 0 : (app.instances ?? 1),
    ...(app.perNode === true && { perNode: true as const }),
    cpus: app.cpus ?? 1,
    mem: app.mem ?? 128,
    disk: app.disk ?? 0,
    gpus: app.gpus ?? 0,
    ...(resourceLimits === undefined ? {} : { resourceLimits: resourceLimits as NonNullable<AppDefinition['resourceLimits']> }),
    executor: app.executor ?? '',
    ...(executorResources === undefined ? {} : { executorResources: { cpus: 0.1, mem: 32, disk: 10, ...executorResources } }),
    constraints: (app.constraints ?? []).map(upperOperator),
    acceptedResourceRoles: app.acceptedResourceRoles ?? ['*'],
    role: app.role ?? defaults.role,
    fetch: (app.fetch ?? []).map((file) => ({ extract: true, executable: false, cache: false, ...file })),
    ...(container === undefined ? {} : { container }),
    networks,
    ...(portDefinitions === undefined ? {} : { portDefinitions }),
    requirePorts: onHost && (app.requirePorts ?? false),
    healthChecks: (app.healthChecks ?? []).map((each) => completeHealthCheck(each, hasPorts)),
    ...(check === undefined ? {} : { check: completeCheck(check) }),
    readinessChecks: (app.readinessChecks ?? []).map(completeReadinessCheck),
    dependencies: (app.dependencies ?? []).map((dependency) => absolutePathId(dependency, defaults.group)),
    labels,
    upgradeStrategy: completeUpgrade(app, labels),
    backoffSeconds: app.backoffSeconds ?? 1,
    backoffFactor: app.backoffFactor ?? 1.15,
    maxLaunchDelaySeconds: app.maxLaunchDelaySeconds ?? 300,
    ...(taskKillGracePeriodSeconds === undefined ? {} : { taskKillGracePeriodSeconds }),
    killSelection: app.killSelection ?? 'YOUNGEST_FIRST',
    unreachableStrategy: completeUnreachable(app),
    ...(residency === undefined
      ? {}
      : { residency: { relaunchEscalationTimeoutSeconds: 3600, taskLostBehavior: 'WAIT_FOREVER' as const, ...residency } }),
    ...(tty === undefined ? {} : { tty }),
    ...(app.deployment === undefined ? {} : { deployment: app.deployment }),
    ...(app.autoscaling === undefined ? {} : { autoscaling: app.autoscaling }),
    ...(app.priority === undefined ? {} : { priority: app.priority }),
    ...(app.disruptionBudget === undefined ? {} : { disruptionBudget: app.disruptionBudget }),
    ...(app.placement === undefined ? {} : { placement: app.placement }),
    ...(routes === undefined || routes.length === 0 ? {} : { routes: routes.map(completeRoute) }),
    extras,
  };
};

export const isSingleInstance = (labels: Labels): boolean => labels.MARATHON_SINGLE_INSTANCE_APP === 'true';

const hasVolume = (app: CanonicalShape, ...kinds: readonly string[]): boolean =>
  (app.container?.volumes ?? []).some((volume) => kinds.some((kind) => kind in volume));

/** Volumes that only one instance can hold leave no room to start a second before the first has stopped. */
const completeUpgrade = (app: CanonicalShape, labels: Labels): UpgradeStrategy => {
  if (app.upgradeStrategy !== undefined) return { minimumHealthCapacity: 1, maximumOverCapacity: 1, ...app.upgradeStrategy };
  if (isSingleInstance(labels)) return { minimumHealthCapacity: 0, maximumOverCapacity: 0 };
  if (hasVolume(app, 'persistent', 'external')) return { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 };
  return { minimumHealthCapacity: 1, maximumOverCapacity: 1 };
};

const completeUnreachable = (app: CanonicalShape): UnreachableStrategy => {
  const { unreachableStrategy } = app;
  if (unreachableStrategy === 'disabled') return 'disabled';
  // The node of a lost one is the only place that it could be replaced on.
  if (unreachableStrategy === undefined && app.perNode === true) return 'disabled';
  if (unreachableStrategy === undefined && (app.residency !== undefined || hasVolume(app, 'persistent'))) return 'disabled';
  return { inactiveAfterSeconds: 0, expungeAfterSeconds: 0, ...unreachableStrategy };
};

/** @param networkName of a network of which none is named */
export const completeNetworks = (networks: CanonicalShape['networks'], networkName: string | undefined): readonly Network[] =>
  networks === undefined || networks.length === 0
    ? [{ mode: 'host', labels: {} }]
    : networks.map(({ mode = 'container', name = mode === 'container' ? networkName : undefined, labels = {} }) => ({
        mode,
        ...(name === undefined ? {} : { name }),
        labels,
      }));

const completePort = ({
  port = 0,
  protocol = 'tcp' as const,
  name,
  labels = {},
}: NonNullable<CanonicalShape['portDefinitions']>[number]) => ({
  port,
  protocol,
  ...(name === undefined ? {} : { name }),
  labels,
});

/** Shape only: whether it is a constraint that can be kept is for the rules to say. */
const upperOperator = ([field, operator, ...rest]: readonly string[]): AppConstraint =>
  [
    ...(field === undefined ? [] : [field]),
    ...(operator === undefined ? [] : [operator.toUpperCase()]),
    ...rest,
  ] as unknown as AppConstraint;
