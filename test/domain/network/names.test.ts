import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { discoveryName, discoveryPorts } from '../../../src/domain/network/discovery.ts';
import { dnsLabel, domainFragment, hashLabel } from '../../../src/domain/network/dnsLabel.ts';
import { zoneOf } from '../../../src/domain/network/mesosDns.ts';
import { appOf } from '../../support/world.ts';

const sha1 = (text: string) => createHash('sha1').update(text).digest();

describe('a label of a name', () => {
  test.each([
    ['Web', 'web'],
    ['web.shop', 'web-shop'],
    ['my_app', 'my-app'],
    ['-web-', 'web'],
    ['we b/ü!', 'web'],
    ['a'.repeat(70), 'a'.repeat(63)],
    [`${'a'.repeat(62)}--b`, 'a'.repeat(62)],
    ['...', ''],
    ['9lives', '9lives'],
  ])('of %j is %j', (text, label) => {
    expect(dnsLabel(text)).toBe(label);
  });

  test('a name of several keeps its dots, and loses what is empty', () => {
    expect(domainFragment('My_framework..Web')).toBe('my-framework.web');
  });

  test('the hash of "test" is the one that Mesos-DNS makes', () => {
    expect(hashLabel(sha1('test'))).toBe('iffe9');
  });

  test.each(['', 'a', 'web.instance-1', 'x'.repeat(500)])('the hash of %j has five characters', (text) => {
    expect(hashLabel(sha1(text))).toMatch(/^[ybndrfg8ejkmcpqxot1uwisza345h769]{5}$/);
  });
});

describe('what others connect to', () => {
  test('the name is the path reversed', () => {
    expect([discoveryName('/web'), discoveryName('/a/b/c')]).toEqual(['web', 'c.b.a']);
  });

  test('in host mode it is the host ports, each protocol for itself, with their labels', () => {
    const portDefinitions = [
      { port: 0, protocol: 'udp,tcp', name: 'dns', labels: { VIP_0: '/dns:53' } },
      { port: 0, protocol: 'tcp' },
    ];
    expect(discoveryPorts(appOf({ id: '/a', cmd: 'serve', portDefinitions }), [31_000, 31_001])).toEqual([
      { number: 31_000, name: 'dns', protocol: 'udp', labels: { VIP_0: '/dns:53' } },
      { number: 31_000, name: 'dns', protocol: 'tcp', labels: { VIP_0: '/dns:53' } },
      { number: 31_001, protocol: 'tcp', labels: {} },
    ]);
  });

  test('on a bridge it is the host port, on a network of its own the port of the container', () => {
    const container = (portMappings: unknown) => ({ type: 'DOCKER', docker: { image: 'web' }, portMappings });
    const bridge = appOf({
      id: '/a',
      networks: [{ mode: 'container/bridge' }],
      container: container([{ containerPort: 80, hostPort: 0 }]),
    });
    expect(discoveryPorts(bridge, [31_000])).toEqual([{ number: 31_000, protocol: 'tcp', labels: { 'network-scope': 'host' } }]);
    const own = appOf({
      id: '/a',
      networks: [{ mode: 'container', name: 'sea' }],
      container: container([{ containerPort: 80 }, { containerPort: 81, hostPort: 0 }]),
    });
    expect(discoveryPorts(own, [31_000])).toEqual([
      { number: 80, protocol: 'tcp', labels: { 'network-scope': 'container' } },
      { number: 31_000, protocol: 'tcp', labels: { 'network-scope': 'host' } },
    ]);
  });
});

describe('the zone', () => {
  const task = {
    id: 'shop_web.instance-1._app.1',
    name: 'web.shop',
    app: '/shop/web',
    node: 'big-1',
    nodeAddress: '10.0.0.1',
    addresses: ['172.17.0.2', '172.17.0.3', 'fd00::2'],
    hostPorts: [31_000],
    ports: [{ number: 31_000, name: 'http', protocol: 'tcp' as const, labels: {} }],
  };
  const leader = { address: '10.0.0.9', port: 8080 };
  const cluster = {
    domain: 'mesos',
    framework: { name: 'marathon', ...leader },
    leader,
    nodes: [{ address: '10.0.0.1', port: 5051 }],
    tasks: [task],
  };
  const zone = zoneOf(cluster, sha1);
  const of = (name: string) => zone.records.filter((record) => record.name === name).map(({ type, host }) => `${type} ${host}`);
  const unique = `${hashLabel(sha1(task.id))}-1`;

  test('has a task by its dotted name and by the same as one label, the first address of each family', () => {
    for (const name of ['web.shop', 'web-shop']) {
      expect(of(`${name}.marathon.mesos.`)).toEqual(['A 172.17.0.2', 'AAAA fd00::2']);
      expect(of(`${name}-${unique}.marathon.mesos.`)).toEqual(['A 172.17.0.2', 'AAAA fd00::2']);
      expect(of(`${name}.marathon.slave.mesos.`)).toEqual(['A 10.0.0.1']);
    }
  });

  test('has its ports by protocol and by name, and its host ports at its node', () => {
    expect(of('_web-shop._tcp.marathon.mesos.')).toEqual([`SRV web-shop-${unique}.marathon.mesos.:31000`]);
    expect(of('_http._web-shop._tcp.marathon.mesos.')).toEqual([`SRV web-shop-${unique}.marathon.mesos.:31000`]);
    expect(of('_web-shop._udp.marathon.mesos.')).toEqual([]);
    expect(of('_web.shop._udp.marathon.slave.mesos.')).toEqual([`SRV web.shop-${unique}.marathon.slave.mesos.:31000`]);
  });

  test('has the leader, the framework and the nodes', () => {
    for (const name of ['leader', 'master', 'master0', 'marathon']) expect(of(`${name}.mesos.`)).toEqual(['A 10.0.0.9']);
    expect(of('slave.mesos.')).toEqual(['A 10.0.0.1']);
    expect(of('_leader._udp.mesos.')).toEqual(['SRV leader.mesos.:8080']);
    expect(of('_framework._tcp.marathon.mesos.')).toEqual(['SRV marathon.mesos.:8080']);
    expect(of('_slave._tcp.mesos.')).toEqual(['SRV slave.mesos.:5051']);
  });

  test('has no address for a node that is known by a name only', () => {
    const named = zoneOf({ ...cluster, nodes: [], tasks: [{ ...task, nodeAddress: 'big-1.example', addresses: [] }] }, sha1);
    expect(named.records.filter(({ type, host }) => type !== 'SRV' && host !== leader.address)).toEqual([]);
  });

  test('says each thing once, and knows what each task brought', () => {
    const twins = zoneOf({ ...cluster, tasks: [task, { ...task, id: 'shop_web.instance-2._app.1' }] }, sha1);
    const all = twins.records.map(({ name, type, host }) => `${name} ${type} ${host}`);
    expect(new Set(all).size).toBe(all.length);
    expect(twins.ofTask.get(task.id)).toContainEqual({ name: 'web.shop.marathon.mesos.', type: 'A', host: '172.17.0.2' });
  });
});
