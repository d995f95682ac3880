import { describe, expect, test } from 'vitest';
import { placementAskOf } from '../../../../src/domain/app/definition/ask.ts';
import type { AppDefinition } from '../../../../src/domain/app/definition/definition.ts';
import { drainOf, graceOf } from '../../../../src/domain/app/definition/leaving.ts';
import { declaredPorts } from '../../../../src/domain/app/definition/ports.ts';
import { runSpecOf } from '../../../../src/domain/app/definition/runSpec.ts';
import { APP_FIELDS } from '../../../../src/domain/app/definition/shape.ts';
import { same } from '../../../../src/domain/kernel/same.ts';
import { draftsOf } from '../../../../src/domain/traffic/derive.ts';
import { DEFAULT_SETTINGS } from '../../../../src/domain/traffic/settings.ts';
import { app, errorsOf } from './support.ts';

/** Everything of a definition that leaves it: for the host, the scheduler, the prober, and the engine's own doings. */
const sinks = (definition: AppDefinition) => ({
  host: runSpecOf(definition, {
    instance: '00000000-0000-4000-8000-000000000001',
    version: 'v1',
    slot: 0,
    node: { hostname: 'n1', address: '10.0.0.1' },
    hostPorts: declaredPorts(definition).flatMap(({ hostPort }, nth) => (hostPort === undefined ? [] : [hostPort || 31_000 + nth])),
  }),
  scheduler: placementAskOf(definition),
  prober: [definition.healthChecks, definition.readinessChecks, definition.check],
  stop: [graceOf(definition), drainOf(definition), definition.killSelection],
  launch: [definition.backoffSeconds, definition.backoffFactor, definition.maxLaunchDelaySeconds],
  loss: definition.unreachableStrategy,
  autoscaler: definition.autoscaling,
  preemption: [definition.priority, definition.disruptionBudget],
  deployment: [definition.deployment, definition.upgradeStrategy, definition.dependencies, definition.instances],
  traffic: draftsOf(definition, DEFAULT_SETTINGS),
});
type Sink = keyof ReturnType<typeof sinks>;

const image = { cmd: undefined, container: { type: 'DOCKER', docker: { image: 'nginx' } } };
const bridged = { ...image, networks: [{ mode: 'container/bridge' }] };
const mesos = { container: { type: 'MESOS', docker: { image: 'nginx' } } };
const docker = (over: object) => ({ container: { type: 'DOCKER', docker: { image: 'nginx', ...over } }, cmd: undefined });
const mapping = (over: object) => ({ ...bridged, container: { ...image.container, portMappings: [over] } });
const volume = (over: object) => ({ ...image, container: { ...image.container, volumes: [over] } });

type Row = {
  /** What else must be there for it to mean something. */
  readonly beside?: object;
  /** A value that differs from what is there without it, and whom it reaches. */
  readonly honoured?: readonly (readonly [value: object, reaches: readonly Sink[]])[];
  readonly refused: readonly (readonly [value: object, path: string, error: string])[];
};

const NO_PORT = 'Health check port indices must address an element of the ports array or container port mappings.';
const ONE_OF = "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.";
const featureOff = (feature: string) => `Feature ${feature} is not enabled. Enable with --enable_features ${feature})`;
const CONSTRAINT_OPERATORS = 'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS';

/** Every field that a definition may have, new or deprecated: honoured where it says, else refused with path and words. */
const ROWS: { readonly [F in keyof typeof APP_FIELDS]: Row } = {
  id: {
    honoured: [[{ id: '/other/web' }, ['host', 'scheduler']]],
    refused: [
      [{ id: 'A_b' }, '/id', 'error.pattern'],
      [{ id: '/web/tasks' }, '/id', 'must not end with any of the following reserved keywords: restart, tasks, versions, ., ..'],
      [{ id: '/' }, '/', 'must not be root'],
    ],
  },
  cmd: {
    honoured: [[{ cmd: 'other' }, ['host']]],
    refused: [
      [{ cmd: '' }, '/cmd', 'error.minLength'],
      [{ cmd: 'x' }, '/', 'must not be an empty string'],
      [{ cmd: undefined }, '/', ONE_OF],
    ],
  },
  args: {
    beside: { cmd: undefined, ...mesos },
    honoured: [[{ args: ['a', 'b'] }, ['host']]],
    refused: [
      [{ args: 'a' }, '/args', 'error.expected.jsarray'],
      [{ args: ['a', 1] }, '/args(1)', 'error.expected.jsstring'],
      [{ cmd: 'serve', args: ['a'] }, '/', ONE_OF],
    ],
  },
  user: { honoured: [[{ user: 'nobody' }, ['host']]], refused: [[{ user: 1 }, '/user', 'error.expected.jsstring']] },
  env: {
    honoured: [[{ env: { A: '1' } }, ['host']]],
    refused: [
      [{ env: { A: 1 } }, '/env/A', 'error.expected.jsstring'],
      [{ env: { '': 'a' } }, '/env', 'must not be empty'],
      [{ env: { A: {} } }, '/env/A/secret', 'error.path.missing'],
      [{ env: { A: { secret: 'a' } } }, '/env', 'use of secret-references in the environment requires the secrets feature to be enabled'],
    ],
  },
  secrets: {
    refused: [
      [{ secrets: { a: { source: 'b' } } }, '/secrets', featureOff('secrets')],
      [{ secrets: { a: {} } }, '/secrets/a/source', 'error.path.missing'],
    ],
  },
  instances: {
    honoured: [[{ instances: 4 }, ['scheduler', 'deployment']]],
    refused: [
      [{ instances: -1 }, '/instances', 'error.min'],
      [{ instances: 1.5 }, '/instances', 'error.expected.int'],
      [{ instances: 2, labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' } }, '/', 'Single instance app may only have one instance'],
    ],
  },
  cpus: {
    honoured: [[{ cpus: 0.25 }, ['host', 'scheduler']]],
    refused: [
      [{ cpus: 0 }, '/cpus', 'error.min'],
      [{ cpus: '1' }, '/cpus', 'error.expected.jsnumber'],
    ],
  },
  mem: { honoured: [[{ mem: 33.5 }, ['host', 'scheduler']]], refused: [[{ mem: -1 }, '/mem', 'error.min']] },
  disk: { honoured: [[{ disk: 10 }, ['host', 'scheduler']]], refused: [[{ disk: -1 }, '/disk', 'error.min']] },
  gpus: {
    honoured: [[{ gpus: 1 }, ['host', 'scheduler']]],
    refused: [
      [{ gpus: 0.5 }, '/gpus', 'error.expected.int'],
      [{ ...image, gpus: 1 }, '/', 'GPU resources only work with the Mesos containerizer'],
      [{ ...mesos, gpus: 1 }, '/gpus', 'gpus of a container image are not supported yet'],
    ],
  },
  resourceLimits: {
    beside: image,
    honoured: [
      [{ resourceLimits: { cpus: 'unlimited' } }, ['host']],
      [{ resourceLimits: { mem: 256 } }, ['host']],
    ],
    refused: [
      [
        { resourceLimits: { mem: 64 } },
        '/resourceLimits/mem',
        'resource limit must be greater than or equal to requested resource (128.0)',
      ],
      [
        { resourceLimits: { cpus: 'all' } },
        '/resourceLimits/cpus',
        "'all' is an invalid resource limit. It must be 'unlimited' or a number",
      ],
      [{ cmd: 'serve', container: undefined, resourceLimits: { mem: 256 } }, '/resourceLimits', 'resourceLimits need a container image'],
    ],
  },
  executor: {
    refused: [
      [{ executor: '/opt/executor' }, '/executor', 'custom executors are not supported'],
      [{ executor: 1 }, '/executor', 'error.expected.jsstring'],
    ],
  },
  executorResources: {
    refused: [
      [{ executorResources: { cpus: 0.01 } }, '/executorResources/cpus', 'error.min'],
      [{ executorResources: { mem: 31 } }, '/executorResources/mem', 'error.min'],
      [{ executorResources: { disk: 9 } }, '/executorResources/disk', 'error.min'],
    ],
  },
  constraints: {
    honoured: [[{ constraints: [['rack', 'group_by', '3']] }, ['scheduler']]],
    refused: [
      [{ constraints: [['rack']] }, '/constraints(0)', 'Each constraint must have either 2 or 3 fields'],
      [{ constraints: [['rack', 'NEAR']] }, '/constraints(0)', CONSTRAINT_OPERATORS],
      [{ constraints: [['', 'UNIQUE']] }, '/constraints(0)', 'missing field for constraint declaration'],
      [
        {
          constraints: [
            ['rack', 'IS', 'a'],
            ['rack', 'UNLIKE', 'a|b'],
          ],
        },
        '/constraints(1)',
        'contradicts constraint 0: no node can satisfy both',
      ],
      [
        {
          instances: 2,
          constraints: [
            ['rack', 'UNIQUE'],
            ['rack', 'CLUSTER', 'a'],
          ],
        },
        '/constraints(1)',
        'contradicts constraint 0: no node can satisfy both',
      ],
    ],
  },
  acceptedResourceRoles: {
    refused: [
      [{ acceptedResourceRoles: [] }, '/acceptedResourceRoles', 'must not be empty'],
      [{ acceptedResourceRoles: ['prod'] }, '/acceptedResourceRoles', 'acceptedResourceRoles can only contain *'],
      [{ acceptedResourceRoles: ['a/b'] }, '/acceptedResourceRoles(0)', 'A role name must not include a slash (\\x2f) character.'],
    ],
  },
  role: {
    refused: [
      [{ role: 'dev' }, '/role', 'got dev, expected one of: [*]'],
      [{ role: '' }, '/role', 'error.minLength'],
    ],
  },
  uris: {
    honoured: [[{ uris: ['http://files/a.tgz'] }, ['host']]],
    refused: [
      [{ uris: [''] }, '/uris(0)', 'error.minLength'],
      [{ uris: ['http://a/b'], fetch: [{ uri: 'http://a/b' }] }, '/uris', 'may not be set in conjunction with fetch'],
    ],
  },
  fetch: {
    honoured: [
      [{ fetch: [{ uri: 'http://files/a.tgz' }] }, ['host']],
      [{ fetch: [{ uri: 'http://files/a', extract: false, executable: true, destPath: 'bin/a' }] }, ['host']],
    ],
    refused: [
      [{ fetch: [{}] }, '/fetch(0)/uri', 'error.path.missing'],
      [{ fetch: [{ uri: 'http://a b' }] }, '/fetch(0)/uri', 'URI has invalid syntax.'],
      [{ fetch: [{ uri: 'x'.repeat(1025) }] }, '/fetch(0)/uri', 'error.maxLength'],
    ],
  },
  container: {
    honoured: [
      [image, ['host', 'scheduler']],
      [docker({ forcePullImage: true }), ['host']],
      [docker({ privileged: true }), ['host']],
      [docker({ parameters: [{ key: 'hostname', value: 'a' }] }), ['host']],
      [docker({ credential: { principal: 'me', secret: 'x' } }), ['host']],
      [docker({ network: 'BRIDGE' }), ['host']],
      [docker({ network: 'NONE' }), ['host', 'scheduler']],
      [docker({ network: 'BRIDGE', portMappings: [{ containerPort: 80, hostPort: 8080 }] }), ['host', 'scheduler']],
      [mapping({ containerPort: 80, protocol: 'udp' }), ['host']],
      [mapping({ containerPort: 80, name: 'web' }), ['host']],
      [volume({ containerPath: '/data', hostPath: '/srv', mode: 'RO' }), ['host']],
      [volume({ containerPath: 'data', hostPath: 'named', mode: 'RW' }), ['host']],
      [{ ...mesos, container: { ...mesos.container, linuxInfo: { ipcInfo: { mode: 'PRIVATE', shmSize: 8 } } } }, ['host']],
      [{ ...mesos, container: { ...mesos.container, linuxInfo: { seccomp: { unconfined: true } } } }, ['host']],
    ],
    refused: [
      [{ container: { type: 'APPC' } }, '/container/type', 'error.unknown.enum.literal'],
      [{ container: { type: 'DOCKER' } }, '/container/docker', 'not defined'],
      [docker({ image: '' }), '/container/docker/image', 'error.minLength'],
      [docker({ parameters: [{ key: 'rm', value: 'true' }] }), '/container/docker/parameters(0)/key', "parameter 'rm' is not supported"],
      [docker({ pullConfig: { secret: 'a' } }), '/container/docker/pullConfig', 'pullConfig is not supported with Docker containerizer'],
      [mapping({ containerPort: 70_000 }), '/container/portMappings(0)/containerPort', 'error.max'],
      [mapping({ networkNames: ['x'] }), '/container/portMappings(0)/networkNames(0)', 'is not one of ()'],
      [
        volume({ containerPath: '/a', hostPath: './a' }),
        '/container/volumes(0)/hostPath',
        'must be an absolute path or the name of a volume',
      ],
      [
        volume({ containerPath: 'd', persistent: { size: 5 } }),
        '/container/volumes(0)/persistent',
        'persistent volumes are not supported yet',
      ],
      [
        volume({ containerPath: '/d', external: { name: 'n', provider: 'dvdi' } }),
        '/container/volumes(0)/external',
        featureOff('external_volumes'),
      ],
      [volume({ containerPath: 'd', secret: 's' }), '/container/volumes(0)/secret', featureOff('secrets')],
      [
        { container: { type: 'MESOS', volumes: [{ containerPath: '/a', hostPath: '/a' }] } },
        '/container/volumes(0)',
        'host volumes need a container image',
      ],
      [{ container: { type: 'MESOS', linuxInfo: {} } }, '/container/linuxInfo', 'linuxInfo needs a container image'],
      [
        { ...mesos, container: { ...mesos.container, linuxInfo: { seccomp: { profileName: 'p' } } } },
        '/container/linuxInfo/seccomp/profileName',
        'named seccomp profiles are not supported yet',
      ],
    ],
  },
  networks: {
    beside: image,
    honoured: [
      [{ networks: [{ mode: 'container/bridge' }] }, ['host']],
      [{ networks: [{ mode: 'container', name: 'dcos' }] }, ['host', 'scheduler']],
    ],
    refused: [
      [{ networks: [{ mode: 'overlay' }] }, '/networks(0)/mode', 'error.unknown.enum.literal'],
      [{ networks: [{ mode: 'container' }] }, '/networks', 'Network name must be specified when container network is selected.'],
      [{ networks: [{ mode: 'host', name: 'a' }] }, '/networks', 'Host networks may not have names or labels'],
      [{ networks: [{ mode: 'container/bridge', name: 'a' }] }, '/networks', 'Bridge networks may not have names'],
      [
        { container: mesos.container, networks: [{ name: 'a' }, { name: 'b' }] },
        '/networks',
        'more than one container network is not supported yet',
      ],
      [
        { cmd: 'serve', container: undefined, networks: [{ mode: 'container/bridge' }] },
        '/networks',
        'only host networking is possible without a container image',
      ],
    ],
  },
  ipAddress: {
    beside: { cmd: undefined, ...mesos },
    honoured: [
      [{ ipAddress: { networkName: 'dcos', discovery: { ports: [{ number: 80, name: 'web', protocol: 'tcp' }] } } }, ['host', 'scheduler']],
    ],
    refused: [
      [{ ipAddress: { networkName: 'a' }, ports: [80] }, '/', 'cannot specify both an IP address and port'],
      [{ ipAddress: { networkName: 'a' }, networks: [{ mode: 'host' }] }, '/', 'must not specify both networks and ipAddress'],
      [{ ipAddress: { discovery: { ports: [{ number: 80 }] } } }, '/ipAddress/discovery/ports(0)/name', 'error.path.missing'],
    ],
  },
  ports: {
    honoured: [[{ ports: [8080, 0] }, ['host', 'scheduler']]],
    refused: [
      [{ ports: [-1] }, '/ports(0)', 'error.min'],
      [{ ports: [80, 80] }, '/', 'ports must be unique'],
      [{ ports: [80], portDefinitions: [{ port: 81 }] }, '/', 'cannot specify both ports and port definitions'],
    ],
  },
  portDefinitions: {
    honoured: [[{ portDefinitions: [{ port: 8080, name: 'web', protocol: 'udp,tcp' }] }, ['host']]],
    refused: [
      [{ portDefinitions: [{ port: 1 }, { port: 1 }] }, '/portDefinitions', 'Ports must be unique.'],
      [{ portDefinitions: [{ name: 'a' }, { name: 'a' }] }, '/portDefinitions', 'Port names must be unique.'],
      [{ portDefinitions: [{ protocol: 'sctp' }] }, '/portDefinitions(0)/protocol', 'error.unknown.enum.literal'],
      [{ portDefinitions: [{ name: 'A b' }] }, '/portDefinitions(0)/name', 'error.pattern'],
    ],
  },
  requirePorts: {
    beside: { portDefinitions: [{ port: 8080 }] },
    honoured: [[{ requirePorts: true }, ['host', 'scheduler']]],
    refused: [[{ requirePorts: 'yes' }, '/requirePorts', 'error.expected.jsboolean']],
  },
  healthChecks: {
    honoured: (['HTTP', 'HTTPS', 'TCP', 'MESOS_HTTP', 'MESOS_HTTPS', 'MESOS_TCP'] as const)
      .map((protocol) => [{ healthChecks: [{ protocol }] }, ['prober']] as const)
      .concat([[{ healthChecks: [{ protocol: 'COMMAND', command: { value: 'true' } }] } as never, ['prober']]]),
    refused: [
      [{ healthChecks: [{ protocol: 'COMMAND' }] }, '/healthChecks(0)/command', 'not defined'],
      [{ healthChecks: [{ portIndex: 3 }] }, '/healthChecks(0)', NO_PORT],
      [{ healthChecks: [{ port: 80, portIndex: 0 }] }, '/healthChecks(0)', 'HealthCheck must specify either a port or a portIndex'],
      [
        { healthChecks: [{ protocol: 'MESOS_TCP' }, { protocol: 'MESOS_HTTP' }] },
        '/',
        'AppDefinition can contain at most one Mesos health check',
      ],
      [
        { healthChecks: [{ ipProtocol: 'IPv6' }] },
        '/healthChecks(0)',
        'IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks',
      ],
      [{ healthChecks: [{ intervalSeconds: -1 }] }, '/healthChecks(0)/intervalSeconds', 'error.min'],
    ],
  },
  check: {
    honoured: [
      [{ check: { http: { portIndex: 0, path: '/s' } } }, ['prober']],
      [{ check: { tcp: { port: 80 } } }, ['prober']],
      [{ check: { exec: { command: { shell: 'true' } } } }, ['prober']],
    ],
    refused: [
      [{ check: {} }, '/check', 'must define exactly one of http, tcp, exec'],
      [{ check: { tcp: {}, http: {} } }, '/check', 'must define exactly one of http, tcp, exec'],
      [{ check: { tcp: { portIndex: 5 } } }, '/check/tcp', NO_PORT],
      [{ check: { exec: {} } }, '/check/exec/command', 'error.path.missing'],
      [{ ...image, check: { tcp: {} } }, '/', "AppDefinition must not use 'checks' if using docker"],
    ],
  },
  readinessChecks: {
    beside: { portDefinitions: [{ name: 'http-api' }] },
    honoured: [[{ readinessChecks: [{ path: '/ready' }] }, ['prober']]],
    refused: [
      [{ readinessChecks: [{}, {}] }, '/readinessChecks', 'got 2, expected 1 or less'],
      [{ readinessChecks: [{ portName: 'x' }] }, '/readinessChecks(0)/portName', 'No port definition reference for portName x'],
      [{ readinessChecks: [{ timeoutSeconds: 30 }] }, '/readinessChecks(0)/timeoutSeconds', 'got 30, expected less than 30'],
      [{ readinessChecks: [{ httpStatusCodesForReady: [] }] }, '/readinessChecks(0)/httpStatusCodesForReady', 'error.minLength'],
    ],
  },
  dependencies: {
    honoured: [[{ dependencies: ['db'] }, ['deployment']]],
    refused: [[{ dependencies: ['A'] }, '/dependencies(0)', 'error.pattern']],
  },
  labels: {
    honoured: [[{ labels: { team: 'a' } }, ['host']]],
    refused: [
      [{ labels: { team: 1 } }, '/labels/team', 'error.expected.jsstring'],
      [
        { labels: { DCOS_MIGRATION_API_VERSION: 'v2', DCOS_PACKAGE_FRAMEWORK_NAME: 'a', DCOS_MIGRATION_API_PATH: '/p' } },
        '/',
        'DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION',
      ],
    ],
  },
  upgradeStrategy: {
    honoured: [[{ upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 } }, ['deployment']]],
    refused: [
      [{ upgradeStrategy: { minimumHealthCapacity: 1.1 } }, '/upgradeStrategy/minimumHealthCapacity', 'error.max'],
      [
        { labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' }, upgradeStrategy: { maximumOverCapacity: 1, minimumHealthCapacity: 0 } },
        '/upgradeStrategy/maximumOverCapacity',
        'does not equal 0.0',
      ],
    ],
  },
  backoffSeconds: { honoured: [[{ backoffSeconds: 3 }, ['launch']]], refused: [[{ backoffSeconds: -1 }, '/backoffSeconds', 'error.min']] },
  backoffFactor: { honoured: [[{ backoffFactor: 2 }, ['launch']]], refused: [[{ backoffFactor: 0.9 }, '/backoffFactor', 'error.min']] },
  maxLaunchDelaySeconds: {
    honoured: [[{ maxLaunchDelaySeconds: 3600 }, ['launch']]],
    refused: [[{ maxLaunchDelaySeconds: 'long' }, '/maxLaunchDelaySeconds', 'error.expected.jsnumber']],
  },
  taskKillGracePeriodSeconds: {
    honoured: [[{ taskKillGracePeriodSeconds: 30 }, ['stop']]],
    refused: [[{ taskKillGracePeriodSeconds: -1 }, '/taskKillGracePeriodSeconds', 'error.min']],
  },
  killSelection: {
    honoured: [
      [{ killSelection: 'OLDEST_FIRST' }, ['stop']],
      [{ killSelection: 'OldestFirst' }, ['stop']],
    ],
    refused: [[{ killSelection: 'RANDOM' }, '/killSelection', 'error.unknown.enum.literal']],
  },
  unreachableStrategy: {
    honoured: [
      [{ unreachableStrategy: 'disabled' }, ['loss']],
      [{ unreachableStrategy: { inactiveAfterSeconds: 1, expungeAfterSeconds: 2 } }, ['loss']],
    ],
    refused: [
      [{ unreachableStrategy: 'never' }, '/unreachableStrategy', 'error.unknown.enum.literal'],
      [
        { unreachableStrategy: { inactiveAfterSeconds: 5, expungeAfterSeconds: 1 } },
        '/unreachableStrategy',
        'inactiveAfterSeconds (5) must be less or equal to expungeAfterSeconds, which is 1',
      ],
    ],
  },
  residency: {
    refused: [
      [{ residency: {}, upgradeStrategy: { maximumOverCapacity: 0 } }, '/residency', 'residency is not supported yet'],
      [{ residency: {} }, '/upgradeStrategy/maximumOverCapacity', 'does not equal 0.0'],
      [{ residency: {}, unreachableStrategy: {} }, '/', 'unreachableStrategy must be disabled for resident tasks'],
    ],
  },
  perNode: {
    honoured: [[{ perNode: true }, ['scheduler', 'loss', 'deployment']]],
    refused: [
      [{ perNode: 1 }, '/perNode', 'error.expected.jsboolean'],
      [{ perNode: true, constraints: [['rack', 'GROUP_BY']] }, '/constraints(0)', 'an app on every node takes only IS, IN, LIKE, UNLIKE'],
      [{ perNode: true, residency: {} }, '/perNode', 'must not be set together with residency'],
    ],
  },
  priority: {
    honoured: [[{ priority: -1000 }, ['scheduler', 'preemption']]],
    refused: [
      [{ priority: 1001 }, '/priority', 'error.max'],
      [{ priority: -1001 }, '/priority', 'error.min'],
      [{ priority: 'high' }, '/priority', 'error.expected.jsnumber'],
    ],
  },
  disruptionBudget: {
    honoured: [
      [{ disruptionBudget: { maxUnavailable: 0 } }, ['preemption']],
      [{ disruptionBudget: { maxUnavailable: '20%' } }, ['preemption']],
    ],
    refused: [
      [
        { disruptionBudget: { maxUnavailable: '120%' } },
        '/disruptionBudget/maxUnavailable',
        'must be a whole number of instances from 0, or a share of them from "0%" to "100%"',
      ],
      [
        { disruptionBudget: { maxUnavailable: -1 } },
        '/disruptionBudget/maxUnavailable',
        'must be a whole number of instances from 0, or a share of them from "0%" to "100%"',
      ],
      [{ disruptionBudget: { minAvailable: 1 } }, '/disruptionBudget', 'Unrecognized key: "minAvailable"'],
    ],
  },
  deployment: {
    honoured: [
      [{ deployment: { strategy: 'canary', maxFailures: 3 } }, ['deployment']],
      [{ deployment: { before: { cmd: './migrate' } } }, ['deployment']],
    ],
    refused: [
      [
        { deployment: { strategy: 'Canary' } },
        '/deployment/strategy',
        'must be lower-case letters, digits and dashes, beginning with a letter',
      ],
      [{ deployment: { stratgy: 'canary' } }, '/deployment', 'Unrecognized key: "stratgy"'],
      [{ deployment: { maxFailures: 0 } }, '/deployment/maxFailures', 'Too small: expected number to be >=1'],
    ],
  },
  autoscaling: {
    honoured: [[{ autoscaling: { min: 2, max: 9, targets: [{ metric: 'cpu', target: 0.5 }] } }, ['autoscaler']]],
    refused: [
      [{ autoscaling: { min: 2, max: 1, desired: 2 } }, '/autoscaling/max', 'must not be less than min (2)'],
      [{ autoscaling: { min: 1, max: 2 } }, '/autoscaling/targets', 'must name a target, or there must be a schedule'],
      [
        { autoscaling: { min: 1, max: 2, targets: [{ metric: 'cpu', target: 0 }] } },
        '/autoscaling/targets(0)/target',
        'Too small: expected number to be >=0.01',
      ],
      [
        { autoscaling: { min: 1, max: 2, schedule: [{ from: '08:00', to: '9:00' }] } },
        '/autoscaling/schedule(0)/to',
        'must be a time of day such as 08:30',
      ],
      [
        { autoscaling: { min: 1, max: 2, schedule: [{ from: '08:00', to: '09:00', timeZone: 'Mars/Olympus' }] } },
        '/autoscaling/schedule(0)/timeZone',
        'must be a time zone such as Europe/Berlin',
      ],
      [
        { autoscaling: { min: 1, max: 2, schedule: [{ from: '08:00', to: '09:00', min: 3 }] } },
        '/autoscaling/schedule(0)',
        'leaves min (3) above max (2)',
      ],
    ],
  },
  placement: {
    honoured: [
      [{ placement: { policy: 'binpack' } }, ['scheduler']],
      [{ placement: { affinity: [{ app: '/db' }] } }, ['scheduler']],
      [{ placement: { antiAffinity: [{ app: '/shop/*', field: '@zone', weight: 5 }] } }, ['scheduler']],
      [{ placement: { prefer: [{ constraint: ['disk', 'is', 'ssd'], weight: 20 }] } }, ['scheduler']],
      [{ placement: { gang: true } }, ['scheduler']],
    ],
    refused: [
      [{ placement: { policy: 'best' } }, '/placement/policy', 'Invalid option: expected one of "spread"|"binpack"'],
      [{ placement: { afinity: [] } }, '/placement', 'Unrecognized key: "afinity"'],
      [
        { placement: { affinity: [{ app: 'db' }] } },
        '/placement/affinity(0)/app',
        'must be the absolute id of an app, or of a group with /* behind it',
      ],
      [
        { placement: { antiAffinity: [{ app: '/db', weight: 101 }] } },
        '/placement/antiAffinity(0)/weight',
        'Too big: expected number to be <=100',
      ],
      [{ placement: { prefer: [{ constraint: ['rack', 'NEAR'], weight: 1 }] } }, '/placement/prefer(0)/constraint', CONSTRAINT_OPERATORS],
      [
        { placement: { affinity: [{ app: '/db' }], antiAffinity: [{ app: '/db' }] } },
        '/placement/antiAffinity(0)',
        'contradicts affinity 0: no node can satisfy both',
      ],
      [{ instances: 10_001, placement: { gang: true } }, '/placement/gang', 'is for 10000 instances at most'],
      [{ perNode: true, placement: { gang: true } }, '/placement/gang', 'must not be set for an app on every node: each node has its own'],
      [
        { perNode: true, placement: { prefer: [{ constraint: ['@zone', 'GROUP_BY'], weight: 1 }] } },
        '/placement/prefer(0)/constraint',
        'an app on every node takes only IS, IN, LIKE, UNLIKE',
      ],
    ],
  },
  tty: { beside: image, honoured: [[{ tty: true }, ['host']]], refused: [[{ tty: 1 }, '/tty', 'error.expected.jsboolean']] },
  routes: {
    honoured: [
      [{ routes: [{ hosts: ['web.test'], path: '/api', stripPath: true }] }, ['traffic']],
      [{ routes: [{ port: 'default', mode: 'tcp', listen: [5432] }] }, ['traffic']],
      [{ routes: [{ tls: {}, redirectToHttps: true, hsts: true, sticky: true }] }, ['traffic']],
    ],
    refused: [
      [{ routes: [{ port: 7 }] }, '/routes(0)/port', "the app has no port '7'"],
      [{ routes: [{ hosts: ['a b'] }] }, '/routes(0)/hosts(0)', 'error.pattern'],
      [{ routes: [{ path: 'api' }] }, '/routes(0)/path', 'error.pattern'],
      [{ routes: [{ listen: [70_000] }] }, '/routes(0)/listen(0)', 'error.max'],
      [{ routes: [{ stripPath: true }] }, '/routes(0)/stripPath', 'needs a path'],
      [{ routes: [{ mode: 'tcp', path: '/x' }] }, '/routes(0)/path', 'is for mode http only'],
      [{ routes: [{ mode: 'tcp', hosts: ['a.test'] }] }, '/routes(0)/hosts', 'needs tls in mode tcp: the host is known by SNI only'],
      [
        { routes: [{ auth: { users: { ali: 'plain' } } }] },
        '/routes(0)/auth/users/ali',
        'must be a hash of crypt(3) with SHA-256 or SHA-512 ($5$… or $6$…)',
      ],
    ],
  },
};

const rows = Object.entries(ROWS) as readonly (readonly [string, Row])[];

describe('every field of a definition', () => {
  test('is in this table', () => expect(Object.keys(ROWS).sort()).toEqual(Object.keys(APP_FIELDS).sort()));

  const honoured = rows.flatMap(([field, { beside = {}, honoured = [] }]) =>
    honoured.map(([value, reaches]) => [field, value, beside, reaches] as const),
  );
  test.each(honoured)('%s is honoured as %j', (_, value, beside, reaches) => {
    const [without, having] = [sinks(app(beside)), sinks(app({ ...beside, ...value }))];
    for (const sink of reaches) expect(same(without[sink], having[sink]), sink).toBe(false);
  });

  const refused = rows.flatMap(([field, { beside = {}, refused }]) =>
    refused.map(([value, path, error]) => [field, value, beside, path, error] as const),
  );
  test.each(refused)('%s is refused as %j', (_, value, beside, path, error) =>
    expect(errorsOf({ id: '/web', cmd: 'serve', ...beside, ...value })[path]).toContain(error),
  );
});

test('lenient spellings mean what they meant', () => {
  expect(app({ killSelection: 'YoungestFirst' }).killSelection).toBe('YOUNGEST_FIRST');
  expect(app({ labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' } }).upgradeStrategy).toEqual({
    minimumHealthCapacity: 0,
    maximumOverCapacity: 0,
  });
});
