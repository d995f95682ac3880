import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { parseApp } from '../../../src/domain/app/definition/parse.ts';
import { loopbackOf } from '../../../src/domain/network/vipAddress.ts';
import { type AppTraffic, routesOf, tableOf } from '../../../src/domain/traffic/derive.ts';
import type { Serving } from '../../../src/domain/traffic/pools.ts';
import { DEFAULT_SETTINGS, type TrafficSettings } from '../../../src/domain/traffic/settings.ts';

const SETTINGS: TrafficSettings = {
  ...DEFAULT_SETTINGS,
  httpPort: 80,
  httpsPort: 443,
  reserved: [8080],
  certificates: [
    { name: 'shop', hosts: ['shop.test'], certificate: 'C1', key: 'K1' },
    { name: 'stars', hosts: ['*.stars.test'], certificate: 'C2', key: 'K2' },
  ],
};

const appOf = (input: object) => {
  const parsed = parseApp({ id: '/web', cmd: 'sleep 9', portDefinitions: [{ port: 10_000, name: 'http' }], ...input });
  if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
  return parsed.right;
};

const ready: Serving = {
  id: 'i1',
  version: 'v1',
  state: 'running.checked.ready',
  wasReady: true,
  hostPorts: [31_000],
  ipAddresses: ['172.17.0.2'],
  nodeAddress: '10.0.0.1',
};

const trafficOf = (input: object, given: Partial<AppTraffic> = {}): AppTraffic => {
  const definition = appOf(input);
  return { definition, instances: [ready], weights: {}, rules: [], definitionOf: () => definition, ...given };
};

const tableFor = (...apps: readonly AppTraffic[]) =>
  tableOf(
    apps.map((app) => routesOf(app, SETTINGS)),
    SETTINGS,
  );

describe('routes', () => {
  test('of the field `routes` are listened for on the ports of the server, with TLS by a certificate that fits', () => {
    const { table, warnings } = tableFor(
      trafficOf({ routes: [{ hosts: ['Shop.test'], path: '/api', stripPath: true, tls: {}, redirectToHttps: true }] }),
    );
    expect(warnings).toEqual([]);
    expect(table.listeners).toEqual([
      { id: 'http:80', address: '*', port: 80, mode: 'http', acceptsProxy: false },
      {
        id: 'https:443',
        address: '*',
        port: 443,
        mode: 'http',
        acceptsProxy: false,
        tls: { certificates: [{ hosts: ['shop.test'], certificate: 'C1', key: 'K1' }] },
      },
    ]);
    expect(table.routes).toMatchObject([
      {
        id: '/web:0',
        listeners: ['http:80', 'https:443'],
        hosts: ['shop.test'],
        path: '/api',
        stripPath: '/api',
        redirectToHttps: true,
        pools: [{ version: 'v1', servers: [{ instance: 'i1', address: '10.0.0.1', port: 31_000, isDraining: false }] }],
      },
    ]);
  });

  test('of marathon-lb’s labels have every service port and each virtual host', () => {
    const labels = {
      HAPROXY_GROUP: 'external',
      HAPROXY_0_VHOST: 'a.test, b.test',
      HAPROXY_0_PATH: '/x',
      HAPROXY_0_STICKY: 'true',
      HAPROXY_0_AUTH: 'realm:ali:$5$x$y',
      HAPROXY_0_BALANCE: 'leastconn',
      HAPROXY_0_SSL_CERT: '/etc/ssl/shop.pem',
      HAPROXY_0_REDIRECT_TO_HTTPS: 'true',
    };
    const { table } = tableFor(trafficOf({ labels }));
    expect(table.listeners.map(({ id }) => id)).toEqual(['http:80', 'https:443', 'https:10000']);
    expect(table.routes).toMatchObject([
      { id: '/web:0', listeners: ['https:10000'], hosts: [], mode: 'http', balance: 'leastconn' },
      {
        id: '/web:0#1',
        listeners: ['http:80', 'https:443'],
        hosts: ['a.test', 'b.test'],
        path: '/x',
        sticky: 'mesosphere_server_id',
        auth: { realm: 'realm', users: { ali: '$5$x$y' } },
        redirectToHttps: true,
      },
    ]);
  });

  test('of marathon-lb’s labels are TCP without a virtual host, and none without a group or where they are off', () => {
    expect(tableFor(trafficOf({ labels: { HAPROXY_GROUP: 'x', HAPROXY_0_PORT: '5432' } })).table.listeners).toMatchObject([
      { id: 'tcp:5432' },
    ]);
    expect(tableFor(trafficOf({ labels: { HAPROXY_0_VHOST: 'a.test' } })).table.routes).toEqual([]);
    expect(tableFor(trafficOf({ labels: { HAPROXY_GROUP: 'x', HAPROXY_0_ENABLED: 'false' } })).table.routes).toEqual([]);
  });

  test.each([
    ['HAPROXY_0_VHOST', 'a.test evil\n  bind :1'],
    ['HAPROXY_0_PATH', '/a b'],
    ['HAPROXY_0_BIND_ADDR', '*:80 accept-proxy'],
    ['HAPROXY_0_AUTH', 'realm:me:plain'],
    ['HAPROXY_0_PORT', '99999'],
  ])('of a label that says %s: %j are none', (label, value) => {
    const labels = { HAPROXY_GROUP: 'x', HAPROXY_0_VHOST: 'a.test', [label]: value };
    expect(tableFor(trafficOf({ labels })).table).toEqual({ listeners: [], routes: [] });
  });

  test('of virtual addresses are TCP on loopback, or on the address that they name', () => {
    const { table } = tableFor(trafficOf({ portDefinitions: [{ port: 0, labels: { VIP_0: '/web:80', VIP_1: '10.1.2.3:81' } }] }));
    expect(table.listeners).toEqual([
      { id: `tcp:${loopbackOf('web')}:80`, address: loopbackOf('web'), port: 80, mode: 'tcp', acceptsProxy: false },
      { id: 'tcp:10.1.2.3:81', address: '10.1.2.3', port: 81, mode: 'tcp', acceptsProxy: false },
    ]);
  });

  test('lead to the address of a container where no port of its host is mapped', () => {
    const bridged = {
      cmd: undefined,
      portDefinitions: undefined,
      networks: [{ mode: 'container', name: 'blue' }],
      container: { type: 'DOCKER', docker: { image: 'nginx' }, portMappings: [{ containerPort: 8000 }] },
      routes: [{}],
    };
    const [route] = tableFor(trafficOf(bridged, { instances: [{ ...ready, hostPorts: [] }] })).table.routes;
    expect(route?.pools[0]?.servers).toMatchObject([{ address: '172.17.0.2', port: 8000 }]);
  });
});

describe('servers', () => {
  const serversOf = (...states: readonly (readonly [string, string, boolean?])[]) => {
    const instances = states.map(([id, state, wasReady = true]) => ({ ...ready, id, state, wasReady }));
    const [route] = tableFor(trafficOf({ routes: [{}] }, { instances })).table.routes;
    return route?.pools.flatMap(({ servers }) => servers.map(({ instance, isDraining }) => (isDraining ? `${instance} drains` : instance)));
  };

  test('are the ready ones, and those that drain', () => {
    const states = [
      ['a', 'running.checked.ready'],
      ['b', 'draining'],
      ['c', 'running.checked.unhealthy'],
      ['d', 'stopping'],
      ['e', 'unreachable.recent'],
    ] as const;
    expect(serversOf(...states)).toEqual(['a', 'b drains']);
  });

  test('are those that were ready once where nobody is', () => {
    expect(serversOf(['a', 'running.checked.unhealthy'], ['b', 'running.checked.settling', false], ['c', 'unreachable.recent'])).toEqual([
      'a',
      'c',
    ]);
  });

  test('count by the weights that a deployment owes, 0 for a version that it does not name', () => {
    const instances = [ready, { ...ready, id: 'i2', version: 'v2' }, { ...ready, id: 'i3', version: 'v3' }];
    const [route] = tableFor(trafficOf({ routes: [{}] }, { instances, weights: { v1: 95, v2: 5 } })).table.routes;
    expect(route?.pools.map(({ version, weight }) => [version, weight])).toEqual([
      ['v1', 95],
      ['v2', 5],
      ['v3', 0],
    ]);
  });
});

describe('what two apps want', () => {
  const asking = (id: string, routes: readonly object[]) => trafficOf({ id, routes });

  test('is the older one’s, host by host and path by path', () => {
    const { table, warnings } = tableFor(
      asking('/old', [{ hosts: ['a.test'] }]),
      asking('/new', [{ hosts: ['a.test'] }, { hosts: ['a.test'], path: '/new' }]),
    );
    expect(table.routes.map(({ id }) => id)).toEqual(['/old:0', '/new:0#1']);
    expect(warnings).toEqual(["/new:0: port 80 for 'a.test' is taken by /old:0"]);
  });

  test('is not a port for HTTP and for TCP, nor the port of the server', () => {
    const { table, warnings } = tableFor(
      asking('/old', [{ listen: [9000] }]),
      asking('/new', [{ mode: 'tcp', listen: [9000] }, { listen: [8080] }]),
    );
    expect(table.routes.map(({ id }) => id)).toEqual(['/old:0']);
    expect(warnings).toEqual(['/new:0: port 9000 is http:9000 for /old:0', "/new:0#1: port 8080 is the server's own"]);
  });

  test('has no listener without a certificate', () => {
    const { table, warnings } = tableFor(asking('/web', [{ tls: { certificates: ['none'] } }]));
    expect(table).toEqual({ listeners: [], routes: [] });
    expect(warnings).toEqual(["https:443: there is no certificate 'none'", 'https:443: has no certificate, so it is not listened on']);
  });
});
