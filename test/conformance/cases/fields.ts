import { expect } from 'vitest';
import type { Json } from '../../support/api.ts';
import { type Case, matching, text } from '../case.ts';
import { app, pod } from '../stage.ts';

type Fields = Readonly<Record<string, unknown>>;
type Errors = Readonly<Record<string, Json>>;

const ONE_OF = "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.";
const NO_SUCH_PORT = 'Health check port indices must address an element of the ports array or container port mappings.';
const OPERATORS = 'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS';
const SECRETS_OFF = matching(/^Feature secrets is not enabled/);
const SECRETS_IN_ENV = 'use of secret-references in the environment requires the secrets feature to be enabled';
const image = { cmd: undefined, container: { type: 'DOCKER', docker: { image: 'nginx' } } };
const mesos = { cmd: undefined, container: { type: 'MESOS', docker: { image: 'nginx' } } };
const bridge = { ...image, networks: [{ mode: 'container/bridge' }] };
const withVolume = (volume: object) => ({ ...image, container: { ...image.container, volumes: [volume] } });
const mapped = (...portMappings: readonly object[]) => ({ ...bridge, container: { ...image.container, portMappings } });
const resident = { container: { type: 'MESOS', volumes: [{ containerPath: 'data', persistent: { size: 10 } }] } };

const ask = (fields: Fields, nth: number) => ({ to: 'POST /v2/apps', body: { ...app(`/f/n${nth}`), ...fields } });

/** A shape that is none: play-json's words, all at once, each with its path. */
const SHAPES: readonly (readonly [when: string, fields: Fields, errors: Errors])[] = [
  ['id with capitals', { id: '/Web' }, { '/id': ['error.pattern'] }],
  ['id with an underscore', { id: '/a_b' }, { '/id': ['error.pattern'] }],
  ['id that ends in a dash', { id: '/a-' }, { '/id': ['error.pattern'] }],
  ['no id', { id: undefined }, { '/id': ['error.path.missing'] }],
  ['cmd as a number', { cmd: 1 }, { '/cmd': ['error.expected.jsstring'] }],
  ['args as a string', { cmd: undefined, args: 'a' }, { '/args': ['error.expected.jsarray'] }],
  ['user as a number', { user: 1 }, { '/user': ['error.expected.jsstring'] }],
  ['env of a number', { env: { A: 5 } }, { '/env/A': ['error.expected.jsstring'] }],
  ['instances below 0', { instances: -1 }, { '/instances': ['error.min'] }],
  ['half an instance', { instances: 0.5 }, { '/instances': ['error.expected.int'] }],
  ['cpus as a word', { cpus: 'two' }, { '/cpus': ['error.expected.jsnumber'] }],
  ['cpus below 0.001', { cpus: 0.0001 }, { '/cpus': ['error.min'] }],
  ['mem below 0', { mem: -1 }, { '/mem': ['error.min'] }],
  ['disk below 0', { disk: -1 }, { '/disk': ['error.min'] }],
  ['half a gpu', { gpus: 0.5 }, { '/gpus': ['error.expected.int'] }],
  [
    'executorResources below the least',
    { executorResources: { cpus: 0.01, mem: 8, disk: 1 } },
    { '/executorResources/cpus': ['error.min'], '/executorResources/mem': ['error.min'], '/executorResources/disk': ['error.min'] },
  ],
  ['constraints as a string', { constraints: 'hostname UNIQUE' }, { '/constraints': ['error.expected.jsarray'] }],
  ['a uri longer than 1024', { fetch: [{ uri: `http://a/${'b'.repeat(1024)}` }] }, { '/fetch(0)/uri': ['error.maxLength'] }],
  ['fetch without a uri', { fetch: [{}] }, { '/fetch(0)/uri': ['error.path.missing'] }],
  ['docker without an image', { container: { docker: {} } }, { '/container/docker/image': ['error.path.missing'] }],
  ['another container type', { container: { type: 'APPC' } }, { '/container/type': ['error.unknown.enum.literal'] }],
  ['a volume without a path', withVolume({ hostPath: '/a' }), { '/container/volumes(0)/containerPath': ['error.path.missing'] }],
  [
    'a volume of another mode',
    withVolume({ containerPath: '/a', hostPath: '/a', mode: 'RX' }),
    { '/container/volumes(0)/mode': ['error.unknown.enum.literal'] },
  ],
  ['a port mapping above 65535', mapped({ containerPort: 70_000 }), { '/container/portMappings(0)/containerPort': ['error.max'] }],
  ['a protocol that is none', mapped({ protocol: 'sctp' }), { '/container/portMappings(0)/protocol': ['error.unknown.enum.literal'] }],
  ['another mode of network', { networks: [{ mode: 'mesh' }] }, { '/networks(0)/mode': ['error.unknown.enum.literal'] }],
  ['a port below 0', { portDefinitions: [{ port: -1 }] }, { '/portDefinitions(0)/port': ['error.min'] }],
  ['a name of a port with capitals', { portDefinitions: [{ port: 0, name: 'HTTP' }] }, { '/portDefinitions(0)/name': ['error.pattern'] }],
  ['requirePorts as a word', { requirePorts: 'yes' }, { '/requirePorts': ['error.expected.jsboolean'] }],
  [
    'a health check of another protocol',
    { healthChecks: [{ protocol: 'SMTP' }] },
    { '/healthChecks(0)/protocol': ['error.unknown.enum.literal'] },
  ],
  ['a health check of a port above 65535', { healthChecks: [{ port: 70_000 }] }, { '/healthChecks(0)/port': ['error.max'] }],
  [
    'a readiness check of another protocol',
    { readinessChecks: [{ protocol: 'TCP' }] },
    { '/readinessChecks(0)/protocol': ['error.unknown.enum.literal'] },
  ],
  [
    'a readiness check without statuses',
    { readinessChecks: [{ httpStatusCodesForReady: [] }] },
    { '/readinessChecks(0)/httpStatusCodesForReady': ['error.minLength'] },
  ],
  ['a dependency that is no id', { dependencies: ['/A'] }, { '/dependencies(0)': ['error.pattern'] }],
  ['a label that is no string', { labels: { a: 1 } }, { '/labels/a': ['error.expected.jsstring'] }],
  [
    'minimumHealthCapacity above 1',
    { upgradeStrategy: { minimumHealthCapacity: 1.5 } },
    { '/upgradeStrategy/minimumHealthCapacity': ['error.max'] },
  ],
  [
    'maximumOverCapacity below 0',
    { upgradeStrategy: { maximumOverCapacity: -0.1 } },
    { '/upgradeStrategy/maximumOverCapacity': ['error.min'] },
  ],
  ['backoffSeconds below 0', { backoffSeconds: -1 }, { '/backoffSeconds': ['error.min'] }],
  ['backoffFactor below 1', { backoffFactor: 0.5 }, { '/backoffFactor': ['error.min'] }],
  ['maxLaunchDelaySeconds as a word', { maxLaunchDelaySeconds: 'long' }, { '/maxLaunchDelaySeconds': ['error.expected.jsnumber'] }],
  ['another killSelection', { killSelection: 'RANDOM' }, { '/killSelection': ['error.unknown.enum.literal'] }],
  ['another unreachableStrategy', { unreachableStrategy: 'enabled' }, { '/unreachableStrategy': ['error.unknown.enum.literal'] }],
  [
    'inactiveAfterSeconds below 0',
    { unreachableStrategy: { inactiveAfterSeconds: -1 } },
    { '/unreachableStrategy/inactiveAfterSeconds': ['error.min'] },
  ],
  [
    'another taskLostBehavior',
    { residency: { taskLostBehavior: 'WHATEVER' } },
    { '/residency/taskLostBehavior': ['error.unknown.enum.literal'] },
  ],
  ['tty as a word', { tty: 'yes' }, { '/tty': ['error.expected.jsboolean'] }],
  ['several at once', { cmd: 1, mem: 'x' }, { '/cmd': ['error.expected.jsstring'], '/mem': ['error.expected.jsnumber'] }],
];

/** Rules of Marathon's validators, with its sentences. */
const RULES: readonly (readonly [when: string, fields: Fields, errors: Errors])[] = [
  ['the root as id', { id: '/' }, { '/id': ['Path must contain at least one path element'], '/': ['must not be root'] }],
  ...['restart', 'tasks', 'versions'].map(
    (word) =>
      [
        `an id that ends in ${word}`,
        { id: `/web/${word}` },
        { '/id': ['must not end with any of the following reserved keywords: restart, tasks, versions, ., ..'] },
      ] as const,
  ),
  ['nothing to run', { cmd: undefined }, { '/': [ONE_OF] }],
  ['a command and arguments', { args: ['a'] }, { '/': [ONE_OF] }],
  ['a command of one character', { cmd: 'w' }, { '/': ['must not be an empty string'] }],
  ['DOCKER without docker', { container: { type: 'DOCKER' } }, { '/container/docker': ['not defined'] }],
  [
    'names of ports twice',
    {
      portDefinitions: [
        { port: 0, name: 'a' },
        { port: 0, name: 'a' },
      ],
    },
    { '/portDefinitions': ['Port names must be unique.'] },
  ],
  ['ports twice', { portDefinitions: [{ port: 80 }, { port: 80 }] }, { '/portDefinitions': ['Ports must be unique.'] }],
  [
    'ports and portDefinitions',
    { ports: [1], portDefinitions: [{ port: 2 }] },
    { '/': ['cannot specify both ports and port definitions'] },
  ],
  ['uris and fetch', { uris: ['http://a/b'], fetch: [{ uri: 'http://a/b' }] }, { '/uris': ['may not be set in conjunction with fetch'] }],
  ['a uri that is none', { fetch: [{ uri: 'http://a b' }] }, { '/fetch(0)/uri': ['URI has invalid syntax.'] }],
  ['names of port mappings twice', mapped({ name: 'a' }, { name: 'a' }), { '/container/portMappings': ['Port names must be unique.'] }],
  [
    'networkNames of another network',
    { ...image, container: { ...image.container, portMappings: [{ networkNames: ['b'] }] }, networks: [{ name: 'a' }] },
    { '/container/portMappings(0)/networkNames(0)': ['is not one of (a)'] },
  ],
  ['a health check of a port that is not there', { healthChecks: [{ portIndex: 1 }] }, { '/healthChecks(0)': [NO_SUCH_PORT] }],
  [
    'a health check of a port and an index',
    { healthChecks: [{ port: 80, portIndex: 0 }] },
    { '/healthChecks(0)': ['HealthCheck must specify either a port or a portIndex'] },
  ],
  ['a COMMAND without a command', { healthChecks: [{ protocol: 'COMMAND' }] }, { '/healthChecks(0)/command': ['not defined'] }],
  [
    'two checks that an executor would run',
    { healthChecks: [{ protocol: 'MESOS_TCP' }, { protocol: 'MESOS_HTTP' }] },
    { '/': ['AppDefinition can contain at most one Mesos health check'] },
  ],
  [
    'IPv6 without Docker',
    { healthChecks: [{ protocol: 'MESOS_TCP', ipProtocol: 'IPv6' }] },
    { '/healthChecks(0)': ['IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks'] },
  ],
  [
    'a check with DOCKER',
    { ...image, check: { exec: { command: { shell: 'true' } } } },
    { '/': ["AppDefinition must not use 'checks' if using docker"] },
  ],
  [
    'two readiness checks',
    { portDefinitions: [{ port: 0, name: 'http-api' }], readinessChecks: [{}, { name: 'b' }] },
    { '/readinessChecks': ['got 2, expected 1 or less'] },
  ],
  [
    'a readiness check of a port that nobody has',
    { readinessChecks: [{ portName: 'api' }] },
    { '/readinessChecks(0)/portName': ['No port definition reference for portName api'] },
  ],
  [
    'a readiness check that takes as long as its interval',
    { portDefinitions: [{ port: 0, name: 'http-api' }], readinessChecks: [{ intervalSeconds: 5, timeoutSeconds: 5 }] },
    { '/readinessChecks(0)/timeoutSeconds': ['got 5, expected less than 5'] },
  ],
  [
    'two of a single instance',
    { instances: 2, labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' } },
    { '/': ['Single instance app may only have one instance'] },
  ],
  [
    'a single instance with room to upgrade',
    { upgradeStrategy: { minimumHealthCapacity: 1 }, labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' } },
    { '/upgradeStrategy/minimumHealthCapacity': ['does not equal 0.0'], '/upgradeStrategy/maximumOverCapacity': ['does not equal 0.0'] },
  ],
  [
    'half of the migration labels',
    { labels: { DCOS_MIGRATION_API_VERSION: 'v1' } },
    { '/': ['DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION'] },
  ],
  [
    'another version of migration',
    { labels: { DCOS_MIGRATION_API_VERSION: 'v2', DCOS_PACKAGE_FRAMEWORK_NAME: 'a', DCOS_MIGRATION_API_PATH: '/' } },
    { '/': [text] },
  ],
  [
    'inactive after it is expunged',
    { unreachableStrategy: { inactiveAfterSeconds: 5, expungeAfterSeconds: 1 } },
    { '/unreachableStrategy': ['inactiveAfterSeconds (5) must be less or equal to expungeAfterSeconds, which is 1'] },
  ],
  ['another role', { role: 'dev' }, { '/role': ['got dev, expected one of: [*, f]'] }],
  ['no accepted role', { acceptedResourceRoles: [] }, { '/acceptedResourceRoles': ['must not be empty'] }],
  [
    'a role of others',
    { acceptedResourceRoles: ['prod'] },
    { '/acceptedResourceRoles': [matching(/^acceptedResourceRoles can only contain \*/)] },
  ],
  [
    'a role with a space',
    { acceptedResourceRoles: ['a b'] },
    { '/acceptedResourceRoles(0)': ['A role name must not include a space (\\x20) character.'], '/acceptedResourceRoles': [text] },
  ],
  [
    'a role that begins with a dash',
    { acceptedResourceRoles: ['-a'] },
    { '/acceptedResourceRoles(0)': ["A role name must not start with a '-'."], '/acceptedResourceRoles': [text] },
  ],
  [
    'a role with a slash',
    { acceptedResourceRoles: ['a/b'] },
    { '/acceptedResourceRoles(0)': ['A role name must not include a slash (\\x2f) character.'], '/acceptedResourceRoles': [text] },
  ],
  [
    'host networking with a name',
    { networks: [{ mode: 'host', name: 'a' }] },
    { '/networks': ['Host networks may not have names or labels'] },
  ],
  [
    'a bridge with a name',
    { ...image, networks: [{ mode: 'container/bridge', name: 'a' }] },
    { '/networks': ['Bridge networks may not have names'] },
  ],
  [
    'a container network without a name',
    { ...image, networks: [{}] },
    { '/networks': ['Network name must be specified when container network is selected.'] },
  ],
  [
    'old and new networking',
    { ...bridge, container: { docker: { image: 'a', network: 'HOST' } } },
    { '/': ['must not specify both container.docker.network and networks'] },
  ],
  [
    'a limit below the request',
    { ...image, mem: 256, resourceLimits: { mem: 200 } },
    { '/resourceLimits/mem': ['resource limit must be greater than or equal to requested resource (256.0)'] },
  ],
  [
    'a limit that is a word',
    { ...image, resourceLimits: { cpus: 'all' } },
    { '/resourceLimits/cpus': ["'all' is an invalid resource limit. It must be 'unlimited' or a number"] },
  ],
  [
    'pullConfig with DOCKER',
    { ...image, container: { type: 'DOCKER', docker: { image: 'a', pullConfig: { secret: 's' } } } },
    { '/container/docker/pullConfig': ['pullConfig is not supported with Docker containerizer', SECRETS_OFF] },
  ],
  ['constraint of one field', { constraints: [['hostname']] }, { '/constraints(0)': ['Each constraint must have either 2 or 3 fields'] }],
  [
    'constraint of four',
    { constraints: [['a', 'IS', 'b', 'c']] },
    { '/constraints(0)': ['Each constraint must have either 2 or 3 fields'] },
  ],
  ['constraint of no field', { constraints: [['', 'UNIQUE']] }, { '/constraints(0)': ['missing field for constraint declaration'] }],
  ['another operator', { constraints: [['a', 'NEAR']] }, { '/constraints(0)': [OPERATORS] }],
  ['UNIQUE with a value', { constraints: [['a', 'UNIQUE', 'b']] }, { '/constraints(0)': ['UNIQUE does not accept a value'] }],
  [
    'GROUP_BY a word',
    { constraints: [['a', 'GROUP_BY', 'b']] },
    { '/constraints(0)': ['GROUP BY must define an integer value or else no value at all'] },
  ],
  ['MAX_PER of nothing', { constraints: [['a', 'MAX_PER']] }, { '/constraints(0)': ['MAX_PER requires an integer value'] }],
  [
    'LIKE nothing',
    { constraints: [['a', 'LIKE']] },
    { '/constraints(0)': ['LIKE and UNLIKE require a non-empty, regular expression value'] },
  ],
  ['UNLIKE what is no expression', { constraints: [['a', 'UNLIKE', '(']] }, { '/constraints(0)': ['is not a valid regular expression'] }],
  ['IS a set', { constraints: [['a', 'IS', '{b}']] }, { '/constraints(0)': [matching(/^IS only supports Mesos text and float values/)] }],
  // What is not there yet is refused by its name.
  ['secrets', { secrets: { a: { source: 'b' } }, env: { A: { secret: 'a' } } }, { '/secrets': [SECRETS_OFF], '/env': [SECRETS_IN_ENV] }],
  ['a secret volume', withVolume({ containerPath: 'key', secret: 'a' }), { '/container/volumes(0)/secret': [SECRETS_OFF] }],
  [
    'an external volume',
    withVolume({ containerPath: '/d', external: { name: 'a', provider: 'dvdi', options: { 'dvdi/driver': 'rexray' } } }),
    { '/container/volumes(0)/external': [matching(/^Feature external_volumes is not enabled/)] },
  ],
  ['a persistent volume', resident, { '/container/volumes(0)/persistent': [text] }],
  ['gpus with DOCKER', { ...image, gpus: 1 }, { '/': ['GPU resources only work with the Mesos containerizer'] }],
  ['an executor of its own', { executor: '/opt/executor' }, { '/executor': [text] }],
];

/** What is taken, and how it is told afterwards. */
const TAKEN: readonly (readonly [when: string, fields: Fields, told: Json])[] = [
  [
    'nothing but a command: every default',
    {},
    {
      instances: 1,
      disk: 0,
      gpus: 0,
      executor: '',
      constraints: [],
      acceptedResourceRoles: ['*'],
      role: '*',
      fetch: [],
      healthChecks: [],
      readinessChecks: [],
      dependencies: [],
      requirePorts: false,
      networks: [{ mode: 'host' }],
      portDefinitions: [{ name: 'default', protocol: 'tcp', port: expect.any(Number) }],
      upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
      backoffSeconds: 1,
      backoffFactor: 1.15,
      maxLaunchDelaySeconds: 300,
      killSelection: 'YOUNGEST_FIRST',
      unreachableStrategy: { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
    },
  ],
  ['arguments instead of a command', { cmd: undefined, args: ['serve', '--now'] }, { args: ['serve', '--now'] }],
  ['a user', { user: 'nobody' }, { user: 'nobody' }],
  ['any name in env', { env: { 'a-b.c': '1' } }, { env: { 'a-b.c': '1' } }],
  ['no instances', { instances: 0 }, { instances: 0 }],
  ['ports', { ports: [8081, 0] }, { portDefinitions: [{ port: 8081 }, { port: expect.any(Number) }] }],
  [
    'a port of 0 gets a number of 10000 to 20000',
    { portDefinitions: [{ port: 0 }] },
    { portDefinitions: [{ port: expect.toSatisfy((port: number) => port >= 10_000 && port <= 20_000) }] },
  ],
  ['udp,tcp', { portDefinitions: [{ port: 0, protocol: 'udp,tcp' }] }, { portDefinitions: [{ protocol: 'udp,tcp' }] }],
  [
    'uris',
    { uris: ['http://a/b.tgz', 'http://a/b.txt'] },
    {
      fetch: [
        { uri: 'http://a/b.tgz', extract: true },
        { uri: 'http://a/b.txt', extract: false },
      ],
    },
  ],
  ['fetch', { fetch: [{ uri: 'http://a/b' }] }, { fetch: [{ uri: 'http://a/b', extract: true, executable: false, cache: false }] }],
  [
    'an image',
    image,
    { container: { type: 'DOCKER', docker: { image: 'nginx', forcePullImage: false, privileged: false, parameters: [] }, volumes: [] } },
  ],
  ['an image of MESOS', mesos, { container: { type: 'MESOS', docker: { image: 'nginx' } } }],
  ['docker without a type', { cmd: undefined, container: { docker: { image: 'nginx' } } }, { container: { type: 'DOCKER' } }],
  [
    'docker.network=BRIDGE',
    { cmd: undefined, container: { docker: { image: 'nginx', network: 'BRIDGE', portMappings: [{ containerPort: 80 }] } } },
    { networks: [{ mode: 'container/bridge' }], container: { portMappings: [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }] } },
  ],
  [
    'a bridge: a port by default',
    bridge,
    { container: { portMappings: [{ containerPort: 0, hostPort: 0, name: 'default', servicePort: expect.any(Number) }] } },
  ],
  [
    'a host volume',
    withVolume({ containerPath: '/a', hostPath: '/b', mode: 'RO' }),
    { container: { volumes: [{ containerPath: '/a', hostPath: '/b', mode: 'RO' }] } },
  ],
  [
    'ipAddress',
    { ...mesos, ipAddress: { networkName: 'dcos', labels: { a: 'b' } } },
    { networks: [{ mode: 'container', name: 'dcos', labels: { a: 'b' } }] },
  ],
  [
    'a container network',
    { ...image, networks: [{ mode: 'container', name: 'dcos' }] },
    { networks: [{ mode: 'container', name: 'dcos' }] },
  ],
  [
    'a health check',
    { healthChecks: [{}] },
    {
      healthChecks: [
        {
          protocol: 'HTTP',
          gracePeriodSeconds: 300,
          intervalSeconds: 60,
          timeoutSeconds: 20,
          maxConsecutiveFailures: 3,
          portIndex: 0,
          delaySeconds: 15,
          ignoreHttp1xx: false,
        },
      ],
    },
  ],
  [
    'a readiness check',
    { portDefinitions: [{ port: 0, name: 'http-api' }], readinessChecks: [{}] },
    {
      readinessChecks: [
        {
          name: 'readinessCheck',
          protocol: 'HTTP',
          path: '/',
          portName: 'http-api',
          intervalSeconds: 30,
          timeoutSeconds: 10,
          httpStatusCodesForReady: [200],
          preserveLastResponse: false,
        },
      ],
    },
  ],
  [
    'an informational check',
    { check: { tcp: { portIndex: 0 } } },
    { check: { tcp: { portIndex: 0 }, intervalSeconds: 60, timeoutSeconds: 20, delaySeconds: 15 } },
  ],
  [
    'a single instance',
    { labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' } },
    { upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 } },
  ],
  ['killSelection as the documentation of DC/OS spells it', { killSelection: 'OldestFirst' }, { killSelection: 'OLDEST_FIRST' }],
  ['unreachableStrategy disabled', { unreachableStrategy: 'disabled' }, { unreachableStrategy: 'disabled' }],
  [
    'unreachableStrategy of two times',
    { unreachableStrategy: { inactiveAfterSeconds: 1, expungeAfterSeconds: 2 } },
    { unreachableStrategy: { inactiveAfterSeconds: 1, expungeAfterSeconds: 2 } },
  ],
  ['an operator in small letters', { constraints: [['hostname', 'unique']] }, { constraints: [['hostname', 'UNIQUE']] }],
  [
    'limits of an image',
    { ...image, resourceLimits: { cpus: 'unlimited', mem: 512 } },
    { resourceLimits: { cpus: 'unlimited', mem: 512 } },
  ],
  ['a kill grace', { taskKillGracePeriodSeconds: 7 }, { taskKillGracePeriodSeconds: 7 }],
  [
    'back-off',
    { backoffSeconds: 2, backoffFactor: 2.5, maxLaunchDelaySeconds: 60 },
    { backoffSeconds: 2, backoffFactor: 2.5, maxLaunchDelaySeconds: 60 },
  ],
  ['a terminal', { tty: true }, { tty: true }],
  ['gpus without DOCKER', { gpus: 1 }, { gpus: 1 }],
  ['unknown fields are kept for who reads them', { maintainer: 'me' }, { maintainer: 'me' }],
];

export const fields: readonly Case[] = [
  ...SHAPES.map(
    ([when, given, errors], nth): Case => ({
      endpoint: 'POST /v2/apps',
      when: `shape: ${when}`,
      ask: ask(given, nth),
      answers: { status: 422, body: { message: 'Invalid JSON' }, errors },
    }),
  ),
  ...RULES.map(
    ([when, given, errors], nth): Case => ({
      endpoint: 'POST /v2/apps',
      when: `rule: ${when}`,
      ask: ask(given, nth),
      answers: { status: 422, body: { message: 'Object is not valid' }, errors },
    }),
  ),
  ...TAKEN.map(
    ([when, given, told], nth): Case => ({
      endpoint: 'POST /v2/apps',
      when: `taken: ${when}`,
      ask: {
        to: 'POST /v2/apps',
        body: {
          ...app(`/f/taken/n${nth}`, { instances: 0 }),
          ...(nth === 0 && { instances: undefined, constraints: undefined }),
          ...given,
        },
      },
      answers: { status: 201, body: told },
      after: async ({ api }) => expect((await api.get(`/v2/apps/f/taken/n${nth}`)).app).toMatchObject(told),
    }),
  ),
];

const container = (over: Fields = {}) => ({
  name: 'web',
  resources: { cpus: 0.01, mem: 16 },
  exec: { command: { shell: 'serve' } },
  ...over,
});
const ofImage = { image: { kind: 'DOCKER', id: 'nginx' } };
const inBridge = { networks: [{ mode: 'container/bridge' }] };
const inNetwork = { networks: [{ mode: 'container', name: 'dcos' }] };
type Row = readonly [when: string, of: Fields, ofContainer: Fields, errors: Errors];

const POD_SHAPES: readonly Row[] = [
  ['id with capitals', { id: '/Web' }, {}, { '/id': ['error.pattern'] }],
  ['no containers', { containers: undefined }, {}, { '/containers': ['error.path.missing'] }],
  ['an empty list of them', { containers: [] }, {}, { '/containers': ['error.minLength'] }],
  ['a container without a name', {}, { name: undefined }, { '/containers(0)/name': ['error.path.missing'] }],
  ['a name with an underscore', {}, { name: 'a_b' }, { '/containers(0)/name': ['error.pattern'] }],
  ['a name of 64 characters', {}, { name: 'a'.repeat(64) }, { '/containers(0)/name': ['error.maxLength'] }],
  ['no resources', {}, { resources: undefined }, { '/containers(0)/resources': ['error.path.missing'] }],
  ['too little cpu', {}, { resources: { cpus: 0.0001 } }, { '/containers(0)/resources/cpus': ['error.min'] }],
  ['an image of another kind', {}, { image: { kind: 'APPC', id: 'x' } }, { '/containers(0)/image/kind': ['error.unknown.enum.literal'] }],
  ['an image without an id', {}, { image: { kind: 'DOCKER' } }, { '/containers(0)/image/id': ['error.path.missing'] }],
  ['an endpoint without a name', {}, { endpoints: [{}] }, { '/containers(0)/endpoints(0)/name': ['error.path.missing'] }],
  [
    'a host port above 65535',
    {},
    { endpoints: [{ name: 'a', hostPort: 70_000 }] },
    { '/containers(0)/endpoints(0)/hostPort': ['error.max'] },
  ],
  ['another kind of scaling', { scaling: { kind: 'auto' } }, {}, { '/scaling/kind': ['error.unknown.enum.literal'] }],
  ['instances below 0', { scaling: { kind: 'fixed', instances: -1 } }, {}, { '/scaling/instances': ['error.min'] }],
  [
    'an upgrade above 1',
    { scheduling: { upgrade: { maximumOverCapacity: 1.5 } } },
    {},
    { '/scheduling/upgrade/maximumOverCapacity': ['error.max'] },
  ],
  ['back-off below 0', { scheduling: { backoff: { backoff: -1 } } }, {}, { '/scheduling/backoff/backoff': ['error.min'] }],
  ['a volume without a name', { volumes: [{ host: '/x' }] }, {}, { '/volumes(0)/name': ['error.path.missing'] }],
  ['a mount without a path', {}, { volumeMounts: [{ name: 'a' }] }, { '/containers(0)/volumeMounts(0)/mountPath': ['error.path.missing'] }],
  [
    'a kill grace below 0',
    {},
    { lifecycle: { killGracePeriodSeconds: -1 } },
    { '/containers(0)/lifecycle/killGracePeriodSeconds': ['error.min'] },
  ],
  ['too small an executor', { executorResources: { mem: 8 } }, {}, { '/executorResources/mem': ['error.min'] }],
];

const POD_RULES: readonly Row[] = [
  ['a variable that no shell can read', { environment: { 'a-b': '1' } }, {}, { '/environment/a-b': [matching(/alphanumeric/)] }],
  ['two containers of a name', { containers: [container(), container()] }, {}, { '/containers': ['container names must be unique'] }],
  [
    'a container port in host mode',
    {},
    { endpoints: [{ name: 'a', containerPort: 80 }] },
    { '/containers(0)/endpoints(0)/containerPort': [matching(/not allowed when using host-mode/)] },
  ],
  [
    'none in container mode',
    inNetwork,
    { ...ofImage, endpoints: [{ name: 'a' }] },
    { '/containers(0)/endpoints(0)/containerPort': [matching(/is required when using container-mode/)] },
  ],
  [
    'a protocol twice',
    {},
    { endpoints: [{ name: 'a', protocol: ['tcp', 'tcp'] }] },
    { '/containers(0)/endpoints(0)/protocol': [matching(/Duplicate protocols/)] },
  ],
  [
    'host ports twice',
    { containers: ['a', 'b'].map((name) => container({ name, endpoints: [{ name, hostPort: 80 }] })) },
    {},
    { '/': ['host ports must be unique across all containers'] },
  ],
  [
    'endpoints of a name',
    { containers: ['a', 'b'].map((name) => container({ name, endpoints: [{ name: 'http' }] })) },
    {},
    { '/': ['endpoint names must be unique across all containers'] },
  ],
  [
    'a mount of no volume',
    {},
    { volumeMounts: [{ name: 'data', mountPath: 'data' }] },
    { '/containers(0)/volumeMounts(0)/name': [matching(/should exist/)] },
  ],
  [
    'a volume that nobody mounts',
    { volumes: [{ name: 'data' }] },
    {},
    { '/volumes(0)': ['volume must be referenced by at least one container'] },
  ],
  [
    'limits in shared cgroups',
    { legacySharedCgroups: true },
    { ...ofImage, resourceLimits: { mem: 'unlimited' } },
    { '/containers(0)/resourceLimits': [matching(/legacySharedCgroups/)] },
  ],
  [
    'a limit below the request',
    {},
    { ...ofImage, resourceLimits: { mem: 8 } },
    { '/containers(0)/resourceLimits/mem': [matching(/greater than or equal to requested resource \(16\.0\)/)] },
  ],
  [
    'a bridge with a name',
    { networks: [{ mode: 'container/bridge', name: 'x' }] },
    ofImage,
    { '/networks': [matching(/may not have names/)] },
  ],
  ['a container network without a name', { networks: [{}] }, ofImage, { '/networks': [matching(/Network name must be specified/)] }],
  ['an artifact that is no URI', {}, { artifacts: [{ uri: 'a b' }] }, { '/containers(0)/artifacts(0)/uri': ['URI has invalid syntax.'] }],
  ['a health check of nothing', {}, { healthCheck: {} }, { '/containers(0)/healthCheck': [matching(/Only one of/)] }],
  [
    'one that takes as long as its interval',
    {},
    { healthCheck: { exec: { command: { shell: 'true' } }, timeoutSeconds: 60 } },
    { '/containers(0)/healthCheck/timeoutSeconds': ['got 60, expected less than 60'] },
  ],
  [
    'one of an endpoint that nobody has',
    inBridge,
    { ...ofImage, healthCheck: { tcp: { endpoint: 'x' } } },
    { '/containers(0)/healthCheck/tcp/endpoint': [text] },
  ],
  [
    'a constraint that nobody understands',
    { scheduling: { placement: { constraints: [{ fieldName: 'hostname', operator: 'UNIQUE', value: 'x' }] } } },
    {},
    { '/scheduling/placement/constraints(0)': ['UNIQUE does not accept a value'] },
  ],
  [
    'a role of others',
    { scheduling: { placement: { acceptedResourceRoles: ['web'] } } },
    {},
    { '/scheduling/placement/acceptedResourceRoles': [matching(/can only contain \*/)] },
  ],
  [
    'inactive after it is expunged',
    { scheduling: { unreachableStrategy: { inactiveAfterSeconds: 5, expungeAfterSeconds: 1 } } },
    {},
    { '/scheduling/unreachableStrategy': [matching(/must be less or equal/)] },
  ],
  ['secrets', { secrets: { s: { source: '/s' } } }, {}, { '/secrets': [SECRETS_OFF] }],
  [
    'a persistent volume',
    { volumes: [{ name: 'data', persistent: { size: 10 } }] },
    { volumeMounts: [{ name: 'data', mountPath: 'data' }] },
    { '/volumes(0)/persistent': [text] },
  ],
];

const POD_TAKEN: readonly (readonly [when: string, of: Fields, ofContainer: Fields, told: Json])[] = [
  ['argv', {}, { exec: { command: { argv: ['serve', 'x'] } } }, { containers: [{ exec: { command: { argv: ['serve', 'x'] } } }] }],
  ['instances', { scaling: { kind: 'fixed', instances: 0 } }, {}, { scaling: { kind: 'fixed', instances: 0 } }],
  [
    'environment of the whole and of one',
    { environment: { A: '1' } },
    { environment: { B: '2' } },
    { environment: { A: '1' }, containers: [{ environment: { B: '2' } }] },
  ],
  [
    'a health check',
    {},
    { healthCheck: { exec: { command: { shell: 'true' } } } },
    {
      containers: [
        { healthCheck: { gracePeriodSeconds: 300, intervalSeconds: 60, maxConsecutiveFailures: 3, timeoutSeconds: 20, delaySeconds: 15 } },
      ],
    },
  ],
  [
    'an ephemeral volume',
    { volumes: [{ name: 'data' }] },
    { volumeMounts: [{ name: 'data', mountPath: 'data' }] },
    { volumes: [{ name: 'data' }], containers: [{ volumeMounts: [{ name: 'data', mountPath: 'data' }] }] },
  ],
  [
    'an endpoint in a bridge',
    inBridge,
    { ...ofImage, endpoints: [{ name: 'http', containerPort: 80, hostPort: 0, labels: { VIP_0: '/web:80' } }] },
    {
      networks: [{ mode: 'container/bridge' }],
      containers: [{ endpoints: [{ name: 'http', containerPort: 80, hostPort: 0, labels: { VIP_0: '/web:80' } }] }],
    },
  ],
  [
    'scheduling',
    {
      scheduling: {
        backoff: { backoff: 2, backoffFactor: 3, maxLaunchDelay: 9 },
        killSelection: 'OLDEST_FIRST',
        unreachableStrategy: 'disabled',
      },
    },
    {},
    {
      scheduling: {
        backoff: { backoff: 2, backoffFactor: 3, maxLaunchDelay: 9 },
        killSelection: 'OLDEST_FIRST',
        unreachableStrategy: 'disabled',
      },
    },
  ],
  ['labels, of one too', { labels: { a: 'b' } }, { labels: { c: 'd' } }, { labels: { a: 'b' }, containers: [{ labels: { c: 'd' } }] }],
  ['a kill grace', {}, { lifecycle: { killGracePeriodSeconds: 3 } }, { containers: [{ lifecycle: { killGracePeriodSeconds: 3 } }] }],
];

const podCase = (
  [when, of, ofContainer]: readonly [string, Fields, Fields, ...unknown[]],
  kind: string,
  id: string,
): Omit<Case, 'answers'> => ({
  endpoint: 'POST /v2/pods',
  when: `${kind}: ${when}`,
  ask: { to: 'POST /v2/pods', body: pod(id, of, ofContainer) },
});

export const podFields: readonly Case[] = [
  ...POD_SHAPES.map(
    (row, nth): Case => ({
      ...podCase(row, 'shape', `/pf/s${nth}`),
      answers: { status: 422, body: { message: 'Invalid JSON' }, errors: row[3] },
    }),
  ),
  ...POD_RULES.map(
    (row, nth): Case => ({
      ...podCase(row, 'rule', `/pf/r${nth}`),
      answers: { status: 422, body: { message: 'Object is not valid' }, errors: row[3] },
    }),
  ),
  ...POD_TAKEN.map((row, nth): Case => ({ ...podCase(row, 'taken', `/pf/t${nth}`), answers: { status: 201, body: row[3] } })),
];
