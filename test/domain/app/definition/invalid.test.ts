import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { parseApp, readApp } from '../../../../src/domain/app/definition/parse.ts';
import { app, errorsOf } from './support.ts';

const valid = { id: '/web', cmd: 'serve' };

describe('shapes', () => {
  test('all errors are told at once, each with its path, in the body that Marathon answers', () => {
    const input = {
      id: '/Web',
      cmd: 1,
      instances: -1,
      cpus: 'two',
      mem: null,
      upgradeStrategy: { minimumHealthCapacity: 1.5 },
      healthChecks: [{ port: 70_000, protocol: 'SMTP' }],
      env: { A: 5 },
      constraints: 'hostname UNIQUE',
      killSelection: 'RANDOM',
      backoffSeconds: 0.5,
      container: { docker: {} },
    };
    expect(parseApp(input)).toEqual(
      E.left({
        status: 422,
        message: 'Invalid JSON',
        details: [
          { path: '/id', errors: ['error.pattern'] },
          { path: '/cmd', errors: ['error.expected.jsstring'] },
          { path: '/env/A', errors: ['error.expected.jsstring'] },
          { path: '/instances', errors: ['error.min'] },
          { path: '/cpus', errors: ['error.expected.jsnumber'] },
          { path: '/constraints', errors: ['error.expected.jsarray'] },
          { path: '/container/docker/image', errors: ['error.path.missing'] },
          { path: '/healthChecks(0)/protocol', errors: ['error.unknown.enum.literal'] },
          { path: '/healthChecks(0)/port', errors: ['error.max'] },
          { path: '/upgradeStrategy/minimumHealthCapacity', errors: ['error.max'] },
          { path: '/backoffSeconds', errors: ['error.expected.int'] },
          { path: '/killSelection', errors: ['error.unknown.enum.literal'] },
        ],
      }),
    );
  });

  test.each([[[]], ['x'], [5], [null], [undefined]])('%j is no app', (input) =>
    expect(parseApp(input)).toEqual(
      E.left({ status: 422, message: 'Invalid JSON', details: [{ path: '/', errors: ['error.expected.jsobject'] }] }),
    ),
  );

  test('an id must be somewhere', () => {
    expect(errorsOf({ cmd: 'serve' })).toEqual({ '/id': ['error.path.missing'] });
    expect(errorsOf({ cmd: 'serve' }, { pathId: '/web' })).toEqual({});
  });

  test.each(['/a_b', '/a//-b', 'A', '/a/b-', ''])('%j is no id', (id) => expect(Object.keys(errorsOf({ ...valid, id }))).toEqual(['/id']));

  test('an id of many slashes is answered without trying all ways to read it', () =>
    expect(errorsOf({ ...valid, id: `${'/'.repeat(5000)}X` })).toEqual({ '/id': ['error.pattern'] }));
});

describe('rules', () => {
  const oneOf = "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.";
  const image = { container: { type: 'DOCKER', docker: { image: 'nginx' } } };
  const bridge = { ...image, networks: [{ mode: 'container/bridge' }] };
  test.each<[string, object, Readonly<Record<string, readonly string[]>>]>([
    ['the root as id', { id: '/' }, { '/id': ['Path must contain at least one path element'], '/': ['must not be root'] }],
    [
      'an id that an API resource hides',
      { id: '/web/restart' },
      { '/id': ['must not end with any of the following reserved keywords: restart, tasks, versions, ., ..'] },
    ],
    ['nothing to run', { cmd: undefined }, { '/': [oneOf] }],
    ['a command and arguments', { args: ['a'] }, { '/': [oneOf] }],
    ['a command of one character', { cmd: 'w' }, { '/': ['must not be an empty string'] }],
    ['a Docker container without Docker', { container: { volumes: [] } }, { '/container/docker': ['not defined'] }],
    [
      'ports twice',
      {
        portDefinitions: [
          { port: 80, name: 'a' },
          { port: 80, name: 'a' },
        ],
      },
      { '/portDefinitions': ['Port names must be unique.', 'Ports must be unique.'] },
    ],
    [
      'ports and port definitions',
      { ports: [1], portDefinitions: [{ port: 2 }] },
      { '/': ['cannot specify both ports and port definitions'] },
    ],
    ['uris and fetch', { uris: ['http://a/b'], fetch: [{ uri: 'http://a/b' }] }, { '/uris': ['may not be set in conjunction with fetch'] }],
    ['a bad uri', { fetch: [{ uri: 'http://a b' }] }, { '/fetch(0)/uri': ['URI has invalid syntax.'] }],
    [
      'a health check of a port that is not there',
      { healthChecks: [{ portIndex: 1 }] },
      { '/healthChecks(0)': ['Health check port indices must address an element of the ports array or container port mappings.'] },
    ],
    [
      'two checks that an executor would run',
      {
        healthChecks: [
          { protocol: 'MESOS_TCP', portIndex: 0 },
          { protocol: 'MESOS_HTTP', portIndex: 0 },
        ],
      },
      { '/': ['AppDefinition can contain at most one Mesos health check'] },
    ],
    [
      'a readiness check of an unknown port that takes longer than its interval',
      { readinessChecks: [{ portName: 'api', intervalSeconds: 5, timeoutSeconds: 5 }] },
      {
        '/readinessChecks(0)/portName': ['No port definition reference for portName api'],
        '/readinessChecks(0)/timeoutSeconds': ['got 5, expected less than 5'],
      },
    ],
    [
      'two single instances',
      { instances: 2, upgradeStrategy: { minimumHealthCapacity: 1 }, labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' } },
      {
        '/': ['Single instance app may only have one instance'],
        '/upgradeStrategy/minimumHealthCapacity': ['does not equal 0.0'],
        '/upgradeStrategy/maximumOverCapacity': ['does not equal 0.0'],
      },
    ],
    [
      'half of the migration labels',
      { labels: { DCOS_MIGRATION_API_VERSION: 'v1' } },
      { '/': ['DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION'] },
    ],
    [
      'an instance that is given up before it is inactive',
      { unreachableStrategy: { inactiveAfterSeconds: 5, expungeAfterSeconds: 1 } },
      { '/unreachableStrategy': ['inactiveAfterSeconds (5) must be less or equal to expungeAfterSeconds, which is 1'] },
    ],
    [
      'another role',
      { role: 'dev', acceptedResourceRoles: ['prod', 'a b'] },
      {
        '/role': ['got dev, expected one of: [*]'],
        '/acceptedResourceRoles(1)': ['A role name must not include a space (\\x20) character.'],
        '/acceptedResourceRoles': ['acceptedResourceRoles can only contain * and dev'],
      },
    ],
    ['no accepted role', { acceptedResourceRoles: [] }, { '/acceptedResourceRoles': ['must not be empty'] }],
    [
      'two kinds of network',
      { ...image, networks: [{ mode: 'host' }, { mode: 'container/bridge' }] },
      {
        '/networks': [
          'May specify a single host network, single bridge network, or else 1-to-n container networks',
          'more than one container network is not supported yet',
        ],
      },
    ],
    [
      'a container network without a name',
      { ...image, networks: [{}] },
      { '/networks': ['Network name must be specified when container network is selected.'] },
    ],
    [
      'a host network with a name',
      { networks: [{ mode: 'host', name: 'a' }] },
      { '/networks': ['Host networks may not have names or labels'] },
    ],
    [
      'old and new networking',
      { ...bridge, container: { docker: { image: 'a', network: 'HOST' } } },
      { '/': ['must not specify both container.docker.network and networks'] },
    ],
    [
      'an unknown network of a port',
      { ...image, container: { ...image.container, portMappings: [{ networkNames: ['b'] }] }, networks: [{ name: 'a' }] },
      { '/container/portMappings(0)/networkNames(0)': ['is not one of (a)'] },
    ],
    [
      'a limit below the request',
      { ...image, mem: 256, resourceLimits: { mem: 200, cpus: 'all' } },
      {
        '/resourceLimits/mem': ['resource limit must be greater than or equal to requested resource (256.0)'],
        '/resourceLimits/cpus': ["'all' is an invalid resource limit. It must be 'unlimited' or a number"],
      },
    ],
  ])('%s', (_, fields, errors) => expect(errorsOf({ ...valid, ...fields })).toEqual(errors));

  test.each<[readonly string[], string]>([
    [['hostname'], 'Each constraint must have either 2 or 3 fields'],
    [['a', 'IS', 'b', 'c'], 'Each constraint must have either 2 or 3 fields'],
    [['', 'UNIQUE'], 'missing field for constraint declaration'],
    [['a', 'NEAR'], 'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS'],
    [['a', 'UNIQUE', 'b'], 'UNIQUE does not accept a value'],
    [['a', 'GROUP_BY', 'b'], 'GROUP BY must define an integer value or else no value at all'],
    [['a', 'MAX_PER'], 'MAX_PER requires an integer value'],
    [['a', 'LIKE'], 'LIKE and UNLIKE require a non-empty, regular expression value'],
    [['a', 'UNLIKE', '('], 'is not a valid regular expression'],
    [
      ['a', 'IS', '{b}'],
      'IS only supports Mesos text and float values (see http://mesos.apache.org/documentation/latest/attributes-resources/)',
    ],
    [['a', 'IN', 'b'], 'IN value expects a Mesos set value (see http://mesos.apache.org/documentation/latest/attributes-resources/)'],
  ])('constraint %j', (constraint, error) =>
    expect(errorsOf({ ...valid, constraints: [['hostname', 'UNIQUE'], constraint] })).toEqual({ '/constraints(1)': [error] }),
  );
});

describe('what cannot be honoured yet is refused, by name', () => {
  const docker = { cmd: undefined, container: { type: 'DOCKER', docker: { image: 'nginx' } } };
  const withVolume = (volume: object) => ({ ...docker, container: { ...docker.container, volumes: [volume] } });
  test.each<[string, object, readonly string[]]>([
    ['secrets', { secrets: { a: { source: 'b' } }, env: { A: { secret: 'a' } } }, ['/secrets', '/env']],
    ['a persistent volume', withVolume({ containerPath: 'data', persistent: { size: 10 } }), ['/container/volumes(0)/persistent']],
    [
      'an external volume',
      withVolume({ containerPath: '/data', external: { name: 'a', provider: 'dvdi' } }),
      ['/container/volumes(0)/external'],
    ],
    ['a secret volume', withVolume({ containerPath: 'key', secret: 'a' }), ['/container/volumes(0)/secret']],
    ['a host path that is neither path nor name', withVolume({ containerPath: '/a', hostPath: './a' }), ['/container/volumes(0)/hostPath']],
    ['residency', { residency: {}, upgradeStrategy: { maximumOverCapacity: 0 } }, ['/residency']],
    ['GPUs of a Docker container', { ...docker, gpus: 1 }, ['/']],
    ['GPUs of an image', { ...docker, container: { ...docker.container, type: 'MESOS' }, gpus: 1 }, ['/gpus']],
    ['an executor', { executor: '/opt/executor' }, ['/executor']],
    ['limits of a native process', { resourceLimits: { mem: 'unlimited' } }, ['/resourceLimits']],
    ['a bridge for a native process', { networks: [{ mode: 'container/bridge' }] }, ['/networks']],
    [
      'a volume for a native process',
      { container: { type: 'MESOS', volumes: [{ containerPath: '/a', hostPath: '/a' }] } },
      ['/container/volumes(0)'],
    ],
    [
      'a named seccomp profile',
      { container: { type: 'MESOS', docker: { image: 'a' }, linuxInfo: { seccomp: { profileName: 'p' } } } },
      ['/container/linuxInfo/seccomp/profileName'],
    ],
  ])('%s', (_, fields, paths) => expect(Object.keys(errorsOf({ ...valid, ...fields }))).toEqual(paths));

  test('what the engine has by then is accepted', () => {
    const secret = { secrets: { a: { source: 'b' } }, env: { A: { secret: 'a' } } };
    expect(app(secret, { capabilities: new Set(['secrets']) }).env).toEqual({ A: { secret: 'a' } });
  });
});

describe('updates', () => {
  const base = app({ id: '/shop/web', instances: 3, env: { A: '1', B: '2' }, labels: { team: 'a' }, maintainer: 'me' });

  test('a partial update replaces whole top-level fields and leaves the rest', () => {
    const updated = app({ id: undefined, cmd: undefined, instances: 5, env: { C: '3' }, note: 'x' }, { pathId: '/shop/web', base });
    expect(updated).toEqual({ ...base, instances: 5, env: { C: '3' }, extras: { maintainer: 'me', note: 'x' } });
  });

  test('a partial update may use deprecated fields', () => {
    const updated = app({ id: undefined, cmd: undefined, ports: [8080], uris: ['http://a/b.zip'] }, { pathId: '/shop/web', base });
    expect(updated.portDefinitions).toEqual([{ port: 8080, protocol: 'tcp', labels: {} }]);
    expect(updated.fetch).toEqual([{ uri: 'http://a/b.zip', extract: true, executable: false, cache: false }]);
  });

  test('moving to a bridge takes the ports along as mappings', () => {
    const container = { docker: { image: 'nginx', network: 'BRIDGE' } };
    const updated = app({ id: undefined, cmd: undefined, container }, { pathId: '/shop/web', base });
    expect(updated.portDefinitions).toBeUndefined();
    expect(updated.container?.portMappings?.map(({ hostPort, name }) => [hostPort, name])).toEqual([[0, 'default']]);
  });

  test('a wrong result is refused like a wrong definition', () =>
    expect(errorsOf({ args: ['a'] }, { pathId: '/shop/web', base })).toEqual({
      '/': ["AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."],
    }));

  test('the id in the body must be that of the path, if only its end', () => {
    expect(errorsOf({ id: 'web', instances: 1 }, { pathId: '/shop/web', base })).toEqual({});
    expect(errorsOf({ id: '/other', instances: 1 }, { pathId: '/shop/web', base })).toEqual({
      '/id': ["must be the id of the path, '/shop/web'"],
    });
  });

  test('fields that meant nothing are named: unknown ones, misspelt ones, and ports of other networking', () => {
    const read = readApp({
      ...valid,
      cmd: undefined,
      maintainer: 'me',
      upgradeStrategy: { maximumOverCapacty: 0 },
      container: { docker: { image: 'a', network: 'HOST', portMappings: [{ containerPort: 80 }] } },
    });
    expect(E.isRight(read) && read.right.ignored).toEqual([
      '/maintainer',
      '/upgradeStrategy/maximumOverCapacty',
      '/container/portMappings',
    ]);
  });
});
