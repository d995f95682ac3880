import type { z } from 'zod';
import { autoscalingPolicy } from '../../autoscale/policy.facts.ts';
import { deploymentPolicy } from '../../deployment/policy.facts.ts';
import { HEALTH_PROTOCOLS } from './checks.ts';
import { disruptionBudget, PRIORITY_MAX } from './disruptionBudget.ts';
import { isPathId } from './pathId.ts';
import { type AppPlacement, appPlacement } from './placement.ts';
import { NETWORK_MODES } from './ports.ts';
import {
  anything,
  bySchema,
  flag,
  integer,
  isObject,
  list,
  number,
  object,
  oneOf,
  port,
  type Read,
  type Reader,
  record,
  text,
} from './readers.ts';

import { route } from './routes.ts';

/** The shape of an app as Marathon's RAML (`app.raml` and the types it uses, 1.11) gives it; deprecated forms included, no defaults. */
const seconds = integer({ min: 0 });
const labels = record(text());
const pathId = text({ min: 1, pattern: isPathId });
const name = text({ min: 1, pattern: /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/ });
const networkName = text({ min: 1, max: 63, pattern: /^[a-z0-9](?:[-a-z0-9_]*[a-z0-9])?$/ });
const path = text({ min: 1, max: 1024 });
const protocol = oneOf(['tcp', 'udp', 'udp,tcp']);
const scheme = oneOf(['HTTP', 'HTTPS']);
const mode = oneOf(['RO', 'RW']);

const envValue: Reader<string | { readonly secret: string }> = (value, at, found) =>
  isObject(value) ? object({ secret: text() }, ['secret'])(value, at, found) : text()(value, at, found);

const resourceLimit: Reader<number | string> = (value, at, found) =>
  typeof value === 'string' ? value : number({ min: 0 })(value, at, found);

const unreachableStrategy: Reader<'disabled' | { readonly inactiveAfterSeconds?: number; readonly expungeAfterSeconds?: number }> = (
  value,
  at,
  found,
) =>
  typeof value === 'string'
    ? oneOf(['disabled'])(value, at, found)
    : object({ inactiveAfterSeconds: seconds, expungeAfterSeconds: seconds })(value, at, found);

const portMapping = object({
  containerPort: port,
  hostPort: port,
  servicePort: port,
  protocol,
  name,
  labels,
  networkNames: list(name),
});

const volume: Reader<Readonly<Record<string, unknown>> & { readonly containerPath: string }> = (value, at, found) => {
  const containerPath = text({ min: 1 });
  if (!isObject(value)) return object({ containerPath }, ['containerPath'])(value, at, found);
  if ('persistent' in value)
    return object({ containerPath, mode, persistent: anything }, ['containerPath', 'persistent'])(value, at, found);
  if ('external' in value) return object({ containerPath, mode, external: anything }, ['containerPath', 'external'])(value, at, found);
  if ('secret' in value) return object({ containerPath, secret: text({ min: 1 }) }, ['containerPath', 'secret'])(value, at, found);
  return object({ containerPath, mode, hostPath: text({ min: 1 }) }, ['containerPath', 'hostPath'])(value, at, found);
};

const container = object({
  type: oneOf(['MESOS', 'DOCKER']),
  docker: object(
    {
      image: text({ min: 1 }),
      forcePullImage: flag,
      privileged: flag,
      parameters: list(object({ key: text({ min: 1 }), value: text() }, ['key', 'value'])),
      credential: object({ principal: text(), secret: text() }, ['principal']),
      pullConfig: object({ secret: text({ min: 1 }) }, ['secret']),
      network: oneOf(['BRIDGE', 'HOST', 'NONE', 'USER']),
      portMappings: list(portMapping),
    },
    ['image'],
  ),
  volumes: list(volume),
  portMappings: list(portMapping),
  linuxInfo: object({
    seccomp: object({ profileName: text(), unconfined: flag }),
    ipcInfo: object({ mode: oneOf(['PRIVATE', 'SHARE_PARENT']), shmSize: integer({ min: 0 }) }, ['mode']),
  }),
});

const healthCheck = object({
  protocol: oneOf(HEALTH_PROTOCOLS),
  command: object({ value: text() }, ['value']),
  gracePeriodSeconds: seconds,
  intervalSeconds: seconds,
  timeoutSeconds: seconds,
  maxConsecutiveFailures: integer({ min: 0 }),
  delaySeconds: seconds,
  ignoreHttp1xx: flag,
  ipProtocol: oneOf(['IPv4', 'IPv6']),
  path: text(),
  port,
  portIndex: port,
});

const shellOrArgv: Reader<{ readonly shell: string } | { readonly argv: readonly string[] }> = (value, at, found) =>
  isObject(value) && 'argv' in value
    ? object({ argv: list(text()) }, ['argv'])(value, at, found)
    : object({ shell: text() }, ['shell'])(value, at, found);

const check = object({
  http: object({ port, portIndex: port, path, scheme }),
  tcp: object({ port, portIndex: port }),
  exec: object({ command: shellOrArgv }, ['command']),
  intervalSeconds: seconds,
  timeoutSeconds: seconds,
  delaySeconds: seconds,
});

const readinessCheck = object({
  name: text({ min: 1 }),
  protocol: scheme,
  path,
  portName: name,
  intervalSeconds: seconds,
  timeoutSeconds: integer({ min: 1 }),
  httpStatusCodesForReady: list(integer({ min: 100, max: 999 }), { min: 1, unique: true }),
  preserveLastResponse: flag,
});

const fraction = number({ min: 0, max: 1 });

export const APP_FIELDS = {
  id: pathId,
  cmd: text({ min: 1 }),
  args: list(text()),
  user: text(),
  env: record(envValue),
  secrets: record(object({ source: text() }, ['source'])),
  instances: integer({ min: 0 }),
  perNode: flag,
  cpus: number({ min: 0.001 }),
  mem: number({ min: 0 }),
  disk: number({ min: 0 }),
  gpus: integer({ min: 0 }),
  resourceLimits: object({ cpus: resourceLimit, mem: resourceLimit }),
  executor: text(),
  executorResources: object({ cpus: number({ min: 0.1 }), mem: number({ min: 32 }), disk: number({ min: 10 }) }),
  constraints: list(list(text()), { unique: true }),
  acceptedResourceRoles: list(text(), { unique: true }),
  role: text({ min: 1 }),
  uris: list(text({ min: 1, max: 1024 })),
  fetch: list(object({ uri: text({ min: 1, max: 1024 }), extract: flag, executable: flag, cache: flag, destPath: path }, ['uri'])),
  container,
  networks: list(object({ mode: oneOf(NETWORK_MODES), name: networkName, labels })),
  ipAddress: object({
    groups: list(text()),
    labels,
    networkName: text({ min: 1 }),
    discovery: object({ ports: list(object({ number: port, name, protocol, labels }, ['name'])) }),
  }),
  ports: list(port),
  portDefinitions: list(object({ port, protocol, name, labels })),
  requirePorts: flag,
  healthChecks: list(healthCheck, { unique: true }),
  check,
  readinessChecks: list(readinessCheck),
  dependencies: list(pathId, { unique: true }),
  labels,
  upgradeStrategy: object({ minimumHealthCapacity: fraction, maximumOverCapacity: fraction }),
  backoffSeconds: seconds,
  backoffFactor: number({ min: 1 }),
  maxLaunchDelaySeconds: seconds,
  taskKillGracePeriodSeconds: seconds,
  killSelection: oneOf(['YOUNGEST_FIRST', 'OLDEST_FIRST'], { youngestfirst: 'YOUNGEST_FIRST', oldestfirst: 'OLDEST_FIRST' }),
  unreachableStrategy,
  residency: object({
    relaunchEscalationTimeoutSeconds: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    taskLostBehavior: oneOf(['WAIT_FOREVER', 'RELAUNCH_AFTER_TIMEOUT']),
  }),
  tty: flag,
  deployment: bySchema(deploymentPolicy),
  autoscaling: bySchema(autoscalingPolicy),
  priority: integer({ min: -PRIORITY_MAX, max: PRIORITY_MAX }),
  disruptionBudget: bySchema(disruptionBudget),
  placement: bySchema(appPlacement as z.ZodType<AppPlacement>),
  routes: list(route),
};

/** What a GET adds and a write takes no notice of. */
export const READ_ONLY_FIELDS: ReadonlySet<string> = new Set([
  'version',
  'versionInfo',
  'tasks',
  'tasksStaged',
  'tasksRunning',
  'tasksHealthy',
  'tasksUnhealthy',
  'tasksStats',
  'taskStats',
  'deployments',
  'lastTaskFailure',
  'readinessCheckResults',
]);

export const appShape = object(APP_FIELDS);
export type AppShape = Read<typeof appShape>;
export type ContainerShape = NonNullable<AppShape['container']>;
export type HealthCheckShape = Read<typeof healthCheck>;

/** Readers that the shape of a pod shares. */
export const PARTS = {
  envValue,
  labels,
  networkName,
  path,
  readinessCheck,
  resourceLimit,
  scheme,
  seconds,
  shellOrArgv,
};
