import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { writableApp, writablePod } from '../../../../src/adapters/cli/import/marathon/eras.ts';
import { parseApp } from '../../../../src/domain/app/definition/parse.ts';
import { servicePortsOf } from '../../../../src/domain/app/definition/servicePorts.ts';
import { READ_ONLY_FIELDS } from '../../../../src/domain/app/definition/shape.ts';
import { of14, of011, of111 } from './fakeMarathon.ts';

type Json = Readonly<Record<string, unknown>>;

/** What this engine takes it for. */
const taken = (answered: Json) => {
  const parsed = parseApp(writableApp(answered, '/'));
  if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
  return parsed.right;
};

const bridged = { type: 'DOCKER', volumes: [] };
const docker = { image: 'nginx:1.9', privileged: false, parameters: [], forcePullImage: false };

test.for([
  ['0.11', of011('/web')],
  ['1.4', of14('/web')],
  ['1.11', of111('/web')],
] as const)('an app of Marathon %s is taken, keeps its service port and loses what only a read answers', ([, answered]) => {
  const written = writableApp(answered, '/');
  expect(Object.keys(written).filter((name) => READ_ONLY_FIELDS.has(name))).toEqual([]);
  const definition = taken(answered);
  expect(definition.extras).toEqual({});
  expect(servicePortsOf(definition)).toEqual([10101]);
  expect(definition).toMatchObject({ id: '/web', cmd: 'exec sleep 1000', env: { RELEASE: '1' }, networks: [{ mode: 'host' }] });
});

test('an app without ports gets none', () => {
  expect(taken(of011('/quiet', { ports: [] })).portDefinitions).toEqual([]);
  expect(taken(of14('/quiet', { ports: [], portDefinitions: [] })).portDefinitions).toEqual([]);
});

test('a bridged app keeps its mappings; the service ports of 0.11 stand beside them', () => {
  const portMappings = [
    { containerPort: 80, hostPort: 0, servicePort: 0, protocol: 'tcp' },
    { containerPort: 443, hostPort: 31443, servicePort: 10443, protocol: 'tcp' },
  ];
  const old = taken(
    of011('/web', { cmd: null, ports: [10080, 10443], container: { ...bridged, docker: { ...docker, network: 'BRIDGE', portMappings } } }),
  );
  expect(old.networks).toEqual([{ mode: 'container/bridge', labels: {} }]);
  expect(old.container?.portMappings).toMatchObject([
    { containerPort: 80, hostPort: 0, servicePort: 10080 },
    { containerPort: 443, hostPort: 31443, servicePort: 10443 },
  ]);
  const of1x = of14('/web', {
    cmd: null,
    ports: [10080, 10443],
    portDefinitions: [{ port: 10080 }, { port: 10443 }],
    container: { ...bridged, docker: { ...docker, network: 'BRIDGE', portMappings } },
  });
  expect(taken(of1x)).toMatchObject({ container: old.container, networks: old.networks });
  expect(taken(of1x).portDefinitions).toBeUndefined();
});

test('a bridged app without mappings gets none, and one on the host ignores those that were written', () => {
  const none = taken(
    of14('/web', {
      ports: [],
      portDefinitions: [],
      container: { ...bridged, docker: { ...docker, network: 'BRIDGE', portMappings: null } },
    }),
  );
  expect(none.container?.portMappings).toEqual([]);
  const host = taken(
    of14('/web', { container: { ...bridged, docker: { ...docker, network: 'HOST', portMappings: [{ containerPort: 80 }] } } }),
  );
  expect(host.container?.portMappings).toBeUndefined();
  expect(servicePortsOf(host)).toEqual([10101]);
});

test('an app on a network of Docker comes with its name, its labels and without an empty discovery', () => {
  const answered = of14('/web', {
    ports: [],
    portDefinitions: [],
    ipAddress: { groups: [], labels: { a: 'b' }, discovery: { ports: [] }, networkName: 'dcos' },
    container: { ...bridged, docker: { ...docker, network: 'USER', portMappings: [{ containerPort: 80, servicePort: 10080 }] } },
  });
  const definition = taken(answered);
  expect(definition.networks).toEqual([{ mode: 'container', name: 'dcos', labels: { a: 'b' } }]);
  expect(definition.container?.portMappings).toMatchObject([{ containerPort: 80, servicePort: 10080 }]);
  expect(definition.container?.portMappings?.[0]?.hostPort).toBeUndefined();
});

test('an address per task without ports has none', () => {
  const written = writableApp(
    of14('/ip', { ports: [], portDefinitions: [], ipAddress: { groups: [], labels: {}, discovery: { ports: [] }, networkName: 'dcos' } }),
    '/',
  );
  expect(written).toMatchObject({ ipAddress: { networkName: 'dcos' }, container: { type: 'MESOS', portMappings: [] } });
  expect(written.ports ?? written.portDefinitions).toBeUndefined();
});

test('files to fetch are said once: in the later form, or in the earlier where that is all there is', () => {
  const uri = 'http://files/a.tgz';
  expect(writableApp(of14('/web', { uris: [uri], fetch: [{ uri, extract: false }] }), '/')).toMatchObject({
    fetch: [{ uri, extract: false }],
  });
  expect(taken(of14('/web', { uris: [uri], fetch: [{ uri, extract: false }] })).fetch).toMatchObject([{ uri, extract: false }]);
  expect(taken(of011('/web', { uris: [uri] })).fetch).toMatchObject([{ uri, extract: true }]);
});

test('what user interfaces wrote for nothing is nothing', () => {
  const definition = taken(of14('/web', { constraints: [['hostname', 'UNIQUE', '']], acceptedResourceRoles: [] }));
  expect(definition.constraints).toEqual([['hostname', 'UNIQUE']]);
  expect(definition.acceptedResourceRoles).toEqual(['*']);
});

test('relative ids and dependencies become absolute from where they stand', () => {
  expect(writableApp({ id: 'web', cmd: 'true', dependencies: ['db', '../base/dns'] }, '/shop')).toMatchObject({
    id: '/shop/web',
    dependencies: ['/shop/db', '/base/dns'],
  });
  expect(writablePod({ id: 'pair', version: '2019-01-01T00:00:00.000Z', containers: [] }, '/shop')).toEqual({
    id: '/shop/pair',
    containers: [],
  });
});
