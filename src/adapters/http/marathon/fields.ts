import { APP_FIELDS } from '../../../domain/app/definition/shape.ts';
import { POD_FIELDS } from '../../../domain/app/pod/shape.ts';

/**
 * Where a field of an answer comes from. What is `recorded` follows from the log, so it can be told of any moment. What is `live` is known
 * of now alone: the last result of a probe, a countdown, what a node would offer, how this process was set up.
 */
export type Source = 'recorded' | 'live';

/** Fields of an object, or of each object of a list. A source stands for all that is below it. */
export type Fields = { readonly [field: string]: Source | Fields };

const recorded = (...names: readonly string[]): Fields => Object.fromEntries(names.map((name) => [name, 'recorded' as const]));
const live = (...names: readonly string[]): Fields => Object.fromEntries(names.map((name) => [name, 'live' as const]));

const task: Fields = {
  ...recorded('id', 'appId', 'host', 'ports', 'servicePorts', 'ipAddresses', 'slaveId', 'state', 'stagedAt', 'startedAt', 'version'),
  ...recorded('localVolumes', 'region', 'zone', 'role'),
  ...live('healthCheckResults', 'checkResult'),
};

const failure = recorded('appId', 'host', 'message', 'state', 'taskId', 'timestamp', 'version', 'slaveId');

/** Unknown fields of a definition are given back as they came, beside these. */
const definition: Fields = { ...recorded(...Object.keys(APP_FIELDS)), ...recorded('version', 'versionInfo') };

const app: Fields = {
  ...definition,
  // Health as far as nobody has been probed lately: as it was recorded.
  ...recorded('tasksStaged', 'tasksRunning', 'tasksHealthy', 'tasksUnhealthy', 'deployments', 'tasksStats', 'taskStats'),
  tasks: task,
  lastTaskFailure: failure,
  readinessCheckResults: 'live',
};

const pod: Fields = recorded(...Object.keys(POD_FIELDS), 'version');

/** Groups in a group have the same fields. */
const group: Fields = { ...recorded('id', 'dependencies', 'version', 'enforceRole', 'groups'), apps: app, pods: pod };

const containerStatus: Fields = {
  ...recorded('name', 'status', 'statusSince', 'containerId', 'resources', 'termination', 'lastUpdated', 'lastChanged'),
  endpoints: { ...recorded('name', 'allocatedHostPort'), ...live('healthy') },
  ...live('conditions', 'checkResult'),
};

const podInstanceStatus: Fields = {
  ...recorded('id', 'statusSince', 'agentHostname', 'agentId', 'agentRegion', 'agentZone', 'resources', 'networks', 'specReference'),
  ...recorded('localVolumes', 'role', 'lastUpdated', 'lastChanged'),
  // DEGRADED by the last probe of a container.
  ...live('status', 'message', 'conditions'),
  containers: containerStatus,
};

const podStatus: Fields = {
  ...recorded('id', 'statusSince', 'terminationHistory', 'lastChanged'),
  ...live('status', 'lastUpdated'),
  spec: pod,
  instances: podInstanceStatus,
};

const action = recorded('action', 'app', 'pod');

const deployment: Fields = {
  ...recorded('id', 'version', 'affectedApps', 'affectedPods', 'currentStep', 'totalSteps'),
  steps: { actions: action },
  currentActions: { ...action, ...live('readinessCheckResults') },
};

const queueItem: Fields = {
  ...recorded('count', 'role', 'since', 'processedOffersSummary'),
  ...live('delay', 'lastUnusedOffers'),
  app: definition,
  pod,
  lastTaskFailure: failure,
};

const info: Fields = {
  ...recorded('name', 'frameworkId'),
  ...live('version', 'buildref', 'elected', 'leader', 'marathon_config', 'zookeeper_config', 'http_config'),
};

/** Every field that an answer of `/v2` has, by resource. A test walks the answers of an engine that runs and finds no other one. */
export const FIELDS = {
  app,
  appVersion: definition,
  task,
  pod,
  podStatus,
  podInstance: recorded('instanceId', 'state', 'agentInfo', 'runSpecVersion', 'unreachableStrategy'),
  group,
  groupDryRun: { steps: { actions: action }, ...recorded('diff', 'groups') },
  deployment,
  deploymentResult: recorded('version', 'deploymentId', 'deployments'),
  queueItem,
  info,
  leader: live('leader', 'message'),
  problem: live('message', 'details', 'deployments'),
} as const satisfies Readonly<Record<string, Fields>>;

export type Resource = keyof typeof FIELDS;

/** Paths of the fields of a resource that only a read of now has, such as `tasks.healthCheckResults`. */
export const liveOnly = (resource: Resource): readonly string[] => pathsOf(FIELDS[resource], 'live');

/** Paths of all fields of a resource from one source; what is below a path is from the same. */
export const pathsOf = (fields: Fields, source: Source): readonly string[] =>
  Object.entries(fields).flatMap(([name, entry]) => {
    if (typeof entry === 'string') return entry === source ? [name] : [];
    return pathsOf(entry, source).map((path) => `${name}.${path}`);
  });
