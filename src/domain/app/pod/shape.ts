import { NETWORK_MODES } from '../definition/ports.ts';
import {
  anything,
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
} from '../definition/readers.ts';
import { APP_FIELDS, PARTS } from '../definition/shape.ts';

/** The shape of a pod as Marathon's RAML (`pod.raml`, `podContainer.raml` and the types they use, 1.11) gives it, no defaults. */
const { envValue, labels, networkName, path, readinessCheck, resourceLimit, scheme, seconds, shellOrArgv } = PARTS;
const name = text({ min: 1, max: 63, pattern: /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/ });
const environment = record(envValue);
const linuxInfo = object({
  seccomp: object({ profileName: text(), unconfined: flag }),
  ipcInfo: object({ mode: oneOf(['PRIVATE', 'SHARE_PARENT']), shmSize: integer({ min: 0 }) }, ['mode']),
});

const command = object({ command: shellOrArgv }, ['command']);
const onEndpoint = { endpoint: name };

const asked = {
  http: object({ ...onEndpoint, path, scheme }, ['endpoint']),
  tcp: object(onEndpoint, ['endpoint']),
  exec: command,
  intervalSeconds: seconds,
  timeoutSeconds: seconds,
  delaySeconds: seconds,
};

const healthCheck = object({
  ...asked,
  gracePeriodSeconds: seconds,
  maxConsecutiveFailures: integer({ min: 0 }),
});

const container = object(
  {
    name,
    exec: object({ command: shellOrArgv, overrideEntrypoint: flag }, ['command']),
    resources: object({
      cpus: number({ min: 0.001 }),
      mem: number({ min: 0.001 }),
      disk: number({ min: 0 }),
      gpus: integer({ min: 0 }),
    }),
    resourceLimits: object({ cpus: resourceLimit, mem: resourceLimit }),
    endpoints: list(
      object(
        {
          name,
          containerPort: port,
          hostPort: port,
          // Capitals are taken too: Marathon's own examples have them.
          protocol: list(text({ min: 1, max: 63, pattern: /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/i })),
          labels,
          networkNames: list(name),
          servicePort: port,
        },
        ['name'],
      ),
    ),
    image: object(
      {
        kind: oneOf(['DOCKER']),
        id: path,
        forcePull: flag,
        pullConfig: object({ secret: text({ min: 1 }) }, ['secret']),
        labels,
      },
      ['kind', 'id'],
    ),
    environment,
    user: text({ min: 1 }),
    healthCheck,
    check: object(asked),
    volumeMounts: list(object({ name, mountPath: path, readOnly: flag }, ['name', 'mountPath'])),
    artifacts: list(object({ uri: text({ min: 1, max: 1024 }), extract: flag, executable: flag, cache: flag, destPath: path }, ['uri'])),
    labels,
    lifecycle: object({ killGracePeriodSeconds: number({ min: 0 }) }),
    tty: flag,
    linuxInfo,
  },
  ['name', 'resources'],
);

type VolumeShape = {
  readonly name: string;
  readonly host?: string;
  readonly persistent?: Readonly<Record<string, unknown>>;
  readonly secret?: string;
};

/** Which kind a volume is, the field beside its name says. */
const volume: Reader<VolumeShape> = (value, at, found) => {
  const has = (field: string): boolean => isObject(value) && value[field] !== undefined && value[field] !== null;
  if (has('persistent')) return object({ name: text({ min: 1 }), persistent: anything }, ['name', 'persistent'])(value, at, found);
  if (has('secret')) return object({ name: text({ min: 1 }), secret: text({ min: 1 }) }, ['name', 'secret'])(value, at, found);
  return object({ name, host: text({ min: 1 }) }, ['name'])(value, at, found);
};

const fraction = number({ min: 0, max: 1 });
const amount = number({ min: 0 });

export const POD_FIELDS = {
  id: APP_FIELDS.id,
  user: text({ min: 1 }),
  role: APP_FIELDS.role,
  labels,
  environment,
  secrets: APP_FIELDS.secrets,
  containers: list(container, { min: 1 }),
  volumes: list(volume),
  networks: list(object({ mode: oneOf(NETWORK_MODES), name: networkName, labels })),
  scaling: object({ kind: oneOf(['fixed']), instances: integer({ min: 0 }), maxInstances: integer({ min: 0 }) }, ['kind']),
  scheduling: object({
    backoff: object({ backoff: amount, backoffFactor: amount, maxLaunchDelay: amount }),
    upgrade: object({ minimumHealthCapacity: fraction, maximumOverCapacity: fraction }),
    placement: object({
      constraints: list(object({ fieldName: text(), operator: text(), value: text() }, ['fieldName', 'operator']), { unique: true }),
      acceptedResourceRoles: list(text(), { unique: true }),
    }),
    killSelection: APP_FIELDS.killSelection,
    unreachableStrategy: APP_FIELDS.unreachableStrategy,
  }),
  executorResources: APP_FIELDS.executorResources,
  linuxInfo,
  legacySharedCgroups: flag,
  /** Ours: what Marathon's apps had and its pods lacked. */
  dependencies: APP_FIELDS.dependencies,
  readinessChecks: list(readinessCheck),
  priority: APP_FIELDS.priority,
  disruptionBudget: APP_FIELDS.disruptionBudget,
};

export const podShape = object(POD_FIELDS, ['id', 'containers']);
export type PodShape = Read<typeof podShape>;
export type ContainerShape = PodShape['containers'][number];
