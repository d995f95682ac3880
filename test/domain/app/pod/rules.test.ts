import { describe, expect, test } from 'vitest';
import { container, errorsOf, type Fields, image, podInput } from './support.ts';

const bridge = [{ mode: 'container/bridge' }];
const inNetwork = [{ mode: 'container', name: 'dcos' }];
const withEndpoint = (endpoint: Fields, networks: readonly Fields[] = []) =>
  podInput({ networks }, { endpoints: [{ name: 'http', ...endpoint }] });
const withHealth = (healthCheck: Fields) =>
  podInput({ networks: bridge }, { endpoints: [{ name: 'http', containerPort: 80 }], healthCheck });
const mounting = (volume: Fields, mount: Fields = {}, fields: Fields = {}) =>
  podInput({ volumes: [volume] }, { volumeMounts: [{ name: 'data', mountPath: '/data', ...mount }], ...fields });

describe('the shape of a pod', () => {
  test.each([
    ['no object', 'pod', { '/': ['error.expected.jsobject'] }],
    ['no id', { containers: [container()] }, { '/id': ['error.path.missing'] }],
    ['an id with capitals', podInput({ id: '/Web' }), { '/id': ['error.pattern'] }],
    ['no containers', { id: '/p' }, { '/containers': ['error.path.missing'] }],
    ['an empty list of them', podInput({ containers: [] }), { '/containers': ['error.minLength'] }],
    ['a container without a name', podInput({}, { name: undefined }), { '/containers(0)/name': ['error.path.missing'] }],
    ['a name with an underscore', podInput({}, { name: 'a_b' }), { '/containers(0)/name': ['error.pattern'] }],
    ['a name of 64 characters', podInput({}, { name: 'a'.repeat(64) }), { '/containers(0)/name': ['error.maxLength'] }],
    ['no resources', podInput({}, { resources: undefined }), { '/containers(0)/resources': ['error.path.missing'] }],
    ['too little cpu', podInput({}, { resources: { cpus: 0.0001 } }), { '/containers(0)/resources/cpus': ['error.min'] }],
    ['mem as a text', podInput({}, { resources: { mem: '64' } }), { '/containers(0)/resources/mem': ['error.expected.jsnumber'] }],
    ['half a gpu', podInput({}, { resources: { gpus: 0.5 } }), { '/containers(0)/resources/gpus': ['error.expected.int'] }],
    [
      'an image of another kind',
      podInput({}, { image: { kind: 'APPC', id: 'x' } }),
      { '/containers(0)/image/kind': ['error.unknown.enum.literal'] },
    ],
    ['an image without an id', podInput({}, { image: { kind: 'DOCKER' } }), { '/containers(0)/image/id': ['error.path.missing'] }],
    ['an endpoint without a name', podInput({}, { endpoints: [{}] }), { '/containers(0)/endpoints(0)/name': ['error.path.missing'] }],
    ['a host port above 65535', withEndpoint({ hostPort: 70_000 }), { '/containers(0)/endpoints(0)/hostPort': ['error.max'] }],
    ['a protocol that is no name', withEndpoint({ protocol: ['T C P'] }), { '/containers(0)/endpoints(0)/protocol(0)': ['error.pattern'] }],
    ['a scaling without a kind', podInput({ scaling: { instances: 2 } }), { '/scaling/kind': ['error.path.missing'] }],
    ['another kind of scaling', podInput({ scaling: { kind: 'auto' } }), { '/scaling/kind': ['error.unknown.enum.literal'] }],
    ['fewer than no instances', podInput({ scaling: { kind: 'fixed', instances: -1 } }), { '/scaling/instances': ['error.min'] }],
    [
      'a negative grace',
      podInput({}, { lifecycle: { killGracePeriodSeconds: -1 } }),
      { '/containers(0)/lifecycle/killGracePeriodSeconds': ['error.min'] },
    ],
    [
      'an upgrade above 1',
      podInput({ scheduling: { upgrade: { maximumOverCapacity: 1.5 } } }),
      { '/scheduling/upgrade/maximumOverCapacity': ['error.max'] },
    ],
    ['a negative back-off', podInput({ scheduling: { backoff: { backoff: -1 } } }), { '/scheduling/backoff/backoff': ['error.min'] }],
    ['a volume without a name', podInput({ volumes: [{ host: '/x' }] }), { '/volumes(0)/name': ['error.path.missing'] }],
    [
      'a mount without a path',
      podInput({}, { volumeMounts: [{ name: 'a' }] }),
      { '/containers(0)/volumeMounts(0)/mountPath': ['error.path.missing'] },
    ],
    ['too small an executor', podInput({ executorResources: { mem: 8 } }), { '/executorResources/mem': ['error.min'] }],
    ['an empty user', podInput({ user: '' }), { '/user': ['error.minLength'] }],
  ])('%s', (_, input, expected) => {
    expect(errorsOf(input)).toEqual(expected);
  });

  test('everything that is wrong is told at once', () => {
    expect(errorsOf(podInput({ id: '/Web', scaling: { kind: 'fixed', instances: -1 } }, { resources: { cpus: 0 } }))).toEqual({
      '/id': ['error.pattern'],
      '/containers(0)/resources/cpus': ['error.min'],
      '/scaling/instances': ['error.min'],
    });
  });
});

describe('the rules of a pod', () => {
  test.each([
    ['an id that a path of the API would shadow', podInput({ id: '/shop/tasks' }), '/id', /reserved keywords/],
    ['the root', podInput({ id: '/' }), '/id', /at least one path element/],
    ['a variable that no shell can read', podInput({ environment: { 'a-b': '1' } }), '/environment/a-b', /alphanumeric/],
    [
      'one of 255 characters',
      podInput({}, { environment: { [`A${'b'.repeat(254)}`]: '1' } }),
      `/containers(0)/environment/A${'b'.repeat(254)}`,
      /254/,
    ],
    ['two containers of a name', podInput({ containers: [container(), container()] }), '/containers', /container names must be unique/],
    [
      'a limit below the request',
      podInput({}, { resourceLimits: { mem: 32 } }),
      '/containers(0)/resourceLimits/mem',
      /greater than or equal to requested resource \(64\.0\)/,
    ],
    [
      'a limit that is a word',
      podInput({}, { resourceLimits: { cpus: 'much' } }),
      '/containers(0)/resourceLimits/cpus',
      /must be 'unlimited' or a number/,
    ],
    [
      'limits in shared cgroups',
      podInput({ legacySharedCgroups: true }, { resourceLimits: { mem: 'unlimited' } }),
      '/containers(0)/resourceLimits',
      /legacySharedCgroups is enabled/,
    ],
    [
      'a container port in host mode',
      withEndpoint({ containerPort: 80 }),
      '/containers(0)/endpoints(0)/containerPort',
      /not allowed when using host-mode/,
    ],
    [
      'none in container mode',
      withEndpoint({}, inNetwork),
      '/containers(0)/endpoints(0)/containerPort',
      /is required when using container-mode/,
    ],
    [
      'one of 0 without a host port',
      withEndpoint({ containerPort: 0 }, inNetwork),
      '/containers(0)/endpoints(0)/containerPort',
      /this endpoint has none/,
    ],
    ['a protocol twice', withEndpoint({ protocol: ['tcp', 'tcp'] }), '/containers(0)/endpoints(0)/protocol', /Duplicate protocols/],
    [
      'a network that is none of its own',
      withEndpoint({ containerPort: 80, networkNames: ['x'] }, inNetwork),
      '/containers(0)/endpoints(0)/networkNames(0)',
      /is not one of \(dcos\)/,
    ],
    [
      'mounts of no volume',
      podInput({}, { volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
      '/containers(0)/volumeMounts(0)/name',
      /should exist/,
    ],
    ['a volume that nobody mounts', podInput({ volumes: [{ name: 'data' }] }), '/volumes(0)', /referenced by at least one container/],
    ['an artifact that is no URI', podInput({}, { artifacts: [{ uri: 'a b' }] }), '/containers(0)/artifacts(0)/uri', /invalid syntax/],
    ['an empty command', podInput({}, { exec: { command: { shell: '' } } }), '/containers(0)/exec/command/shell', /must not be empty/],
    ['an empty argv', podInput({}, { exec: { command: { argv: [] } } }), '/containers(0)/exec/command/argv', /must not be empty/],
    ['two networks of different modes', podInput({ networks: [{ mode: 'host' }, ...inNetwork] }), '/networks', /single host network/],
    ['a bridge with a name', podInput({ networks: [{ mode: 'container/bridge', name: 'x' }] }), '/networks', /may not have names/],
    ['a container network without a name', podInput({ networks: [{}] }), '/networks', /Network name must be specified/],
    ['seccomp of the whole', podInput({ linuxInfo: { seccomp: { unconfined: true } } }), '/linuxInfo/seccomp', /executor level/],
    [
      'seccomp that says nothing',
      podInput({}, { linuxInfo: { seccomp: { unconfined: false } } }),
      '/containers(0)/linuxInfo/seccomp',
      /must be true/,
    ],
    [
      'shared memory of its own in the IPC of the pod',
      podInput({}, { linuxInfo: { ipcInfo: { mode: 'SHARE_PARENT', shmSize: 8 } } }),
      '/containers(0)/linuxInfo/ipcInfo/shmSize',
      /is that of the pod/,
    ],
    [
      'a role that is not to be had',
      podInput({ scheduling: { placement: { acceptedResourceRoles: ['web'] } } }),
      '/scheduling/placement/acceptedResourceRoles',
      /can only contain \*/,
    ],
    [
      'a constraint that nobody understands',
      podInput({ scheduling: { placement: { constraints: [{ fieldName: 'hostname', operator: 'UNIQUE', value: 'x' }] } } }),
      '/scheduling/placement/constraints(0)',
      /UNIQUE does not accept a value/,
    ],
    [
      'forgotten before it is given up',
      podInput({ scheduling: { unreachableStrategy: { inactiveAfterSeconds: 5, expungeAfterSeconds: 1 } } }),
      '/scheduling/unreachableStrategy',
      /must be less or equal/,
    ],
  ])('%s', (_, input, path, message) => {
    expect(errorsOf(input)[path]?.join()).toMatch(message);
  });

  test('names and ports of endpoints are unique across containers; 0 is as good as none', () => {
    const two = (one: Fields, other: Fields) =>
      podInput({
        networks: bridge,
        containers: [container({ image, endpoints: [one] }), container({ name: 'b', image, endpoints: [other] })],
      });
    expect(errorsOf(two({ name: 'a' }, { name: 'a' }))['/']).toEqual(['endpoint names must be unique across all containers']);
    expect(errorsOf(two({ name: 'a', containerPort: 80 }, { name: 'b', containerPort: 80 }))['/']).toEqual([
      'container ports must be unique across all containers',
    ]);
    expect(errorsOf(two({ name: 'a', hostPort: 80 }, { name: 'b', hostPort: 80 }))['/']).toEqual([
      'host ports must be unique across all containers',
    ]);
    expect(errorsOf(two({ name: 'a', containerPort: 0, hostPort: 0 }, { name: 'b', containerPort: 0, hostPort: 0 }))).toEqual({});
  });

  test('volumes have names of their own', () => {
    expect(errorsOf(mounting({ name: 'data' }))).toEqual({});
    const twice = { ...mounting({ name: 'data' }), volumes: [{ name: 'data' }, { name: 'data', host: '/x' }] };
    expect(errorsOf(twice)['/volumes']).toEqual(['volume names must be unique']);
  });
});

describe('checks', () => {
  test.each([
    ['none of the kinds', withHealth({}), '/containers(0)/healthCheck', /Only one of/],
    ['two of them', withHealth({ tcp: { endpoint: 'http' }, http: { endpoint: 'http' } }), '/containers(0)/healthCheck', /Only one of/],
    ['an endpoint of nobody', withHealth({ tcp: { endpoint: 'x' } }), '/containers(0)/healthCheck/tcp/endpoint', /container endpoints/],
    [
      'a time-out as long as the interval',
      withHealth({ tcp: { endpoint: 'http' }, timeoutSeconds: 60 }),
      '/containers(0)/healthCheck/timeoutSeconds',
      /expected less than 60/,
    ],
    [
      'an empty command',
      withHealth({ exec: { command: { shell: '' } } }),
      '/containers(0)/healthCheck/exec/command/shell',
      /must not be empty/,
    ],
  ])('of health: %s', (_, input, path, message) => {
    expect(errorsOf(input)[path]?.join()).toMatch(message);
  });

  test('of readiness: one, of an endpoint that there is, quicker than its interval', () => {
    const ready = (...readinessChecks: readonly Fields[]) => errorsOf({ ...withHealth({ tcp: { endpoint: 'http' } }), readinessChecks });
    expect(ready({ portName: 'http' })).toEqual({});
    expect(ready({ portName: 'admin' })['/readinessChecks(0)/portName']).toEqual(['No endpoint is called admin, in any container']);
    expect(ready({ portName: 'http', timeoutSeconds: 30 })['/readinessChecks(0)/timeoutSeconds']).toEqual([
      'got 30, expected less than 30',
    ]);
    expect(ready({ portName: 'http' }, { portName: 'http' })['/readinessChecks']).toEqual(['got 2, expected 1 or less']);
  });
});

test('an informational check follows the same rules, and is of one container', () => {
  const check = { exec: { command: { shell: 'true' } } };
  expect(errorsOf(podInput({}, { check }))).toEqual({});
  expect(errorsOf(podInput({}, { check: { tcp: { endpoint: 'x' } } }))).toHaveProperty(['/containers(0)/check/tcp/endpoint']);
  expect(
    errorsOf(podInput({ containers: [container({ check }), container({ name: 'b', check })] }))['/containers(1)/check']?.join(),
  ).toMatch(/only one container/);
});

describe('what the engine does not have is refused by name', () => {
  test.each([
    ['secrets', podInput({ secrets: { s: { source: '/s' } } }), '/secrets', /Feature secrets is not enabled/],
    ['a secret variable', podInput({ environment: { A: { secret: 's' } } }), '/environment', /secrets feature/],
    ['one of a container', podInput({}, { environment: { A: { secret: 's' } } }), '/containers(0)/environment', /secrets feature/],
    ['a secret volume', mounting({ name: 'data', secret: 's' }), '/volumes(0)/secret', /Feature secrets/],
    [
      'a secret login',
      podInput({}, { image: { ...image, pullConfig: { secret: 's' } } }),
      '/containers(0)/image/pullConfig',
      /Feature secrets/,
    ],
    ['a persistent volume', mounting({ name: 'data', persistent: { size: 10 } }), '/volumes(0)/persistent', /not supported yet/],
    [
      'a host volume in the sandbox of an executor',
      mounting({ name: 'data', host: 'data' }),
      '/volumes(0)/host',
      /must be an absolute path/,
    ],
    ['gpus of an image', podInput({}, { resources: { gpus: 1 } }), '/containers(0)/resources/gpus', /not supported yet/],
    [
      'a seccomp profile',
      podInput({}, { linuxInfo: { seccomp: { profileName: 'x' } } }),
      '/containers(0)/linuxInfo/seccomp/profileName',
      /not supported yet/,
    ],
    ['two container networks', podInput({ networks: [...inNetwork, { name: 'other' }] }), '/networks', /more than one/],
    [
      'images beside native processes',
      podInput({ containers: [container({ image }), container({ name: 'b' })] }),
      '/containers',
      /all containers of a pod come as images or none/,
    ],
    ['a native process in a network', podInput({ networks: bridge }, { image: undefined }), '/networks', /only host networking/],
    ['a native process without a command', podInput({}, { image: undefined, exec: undefined }), '/containers(0)/exec', /needs a command/],
    [
      'limits of a native process',
      podInput({}, { image: undefined, resourceLimits: { mem: 'unlimited' } }),
      '/containers(0)/resourceLimits',
      /need a container image/,
    ],
    ['its linuxInfo', podInput({}, { image: undefined, linuxInfo: {} }), '/containers(0)/linuxInfo', /needs a container image/],
    [
      'a mount of it outside of its sandbox',
      mounting({ name: 'data' }, {}, { image: undefined }),
      '/containers(0)/volumeMounts(0)/mountPath',
      /must be relative/,
    ],
    [
      'one that it may only read',
      mounting({ name: 'data' }, { mountPath: 'data', readOnly: true }, { image: undefined }),
      '/containers(0)/volumeMounts(0)/readOnly',
      /container image alone/,
    ],
  ])('%s', (_, input, path, message) => {
    expect(errorsOf(input)[path]?.join()).toMatch(message);
  });

  test('gpus of native processes are counted, and volumes are places in their sandboxes', () => {
    expect(errorsOf(mounting({ name: 'data' }, { mountPath: 'data' }, { image: undefined, resources: { gpus: 1 } }))).toEqual({});
  });
});
