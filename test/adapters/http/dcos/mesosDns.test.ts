import { expect, test } from 'vitest';
import type { Json } from '../../../support/api.ts';
import { until } from '../../../support/world.ts';
import { quay } from './quay.ts';

const web = {
  id: '/shop/web',
  cmd: 'serve',
  cpus: 0.1,
  mem: 32,
  instances: 2,
  portDefinitions: [{ port: 0, protocol: 'tcp', name: 'http' }],
};

test('names of tasks that run are found in any case, with a last dot or without; a name of nobody is one empty record', async () => {
  const { node, app, json, fetch } = await quay();
  await node('n1');
  await app(web);
  const [first] = (await json('/v2/tasks')).tasks;
  const ip = first.ipAddresses[0].ipAddress;
  expect(await json('/mesos_dns/v1/hosts/web-shop.marathon.mesos')).toContainEqual({ host: 'web-shop.marathon.mesos.', ip });
  expect(await json('/mesos_dns/v1/hosts/Web.Shop.Marathon.Mesos.')).toContainEqual({ host: 'web.shop.marathon.mesos.', ip });
  expect(await json('/mesos_dns/v1/hosts/leader.mesos')).toEqual([{ host: 'leader.mesos.', ip: '127.0.0.1' }]);
  expect(await json('/mesos_dns/v1/hosts/none.marathon.mesos')).toEqual([{ host: '', ip: '' }]);
  const ports = await fetch('/mesos_dns/v1/hosts/web-shop.marathon.mesos/ports');
  expect([ports.status, ((await ports.json()) as Json).message]).toEqual([501, 'To be implemented...']);
});

test('services say where: the address behind the canonical name, and the port as text', async () => {
  const { node, app, json } = await quay();
  await node('n1');
  await app({ ...web, instances: 1 });
  const [task] = (await json('/v2/tasks')).tasks;
  const [found, ...more] = await json('/mesos_dns/v1/services/_web-shop._tcp.marathon.mesos.');
  expect(more).toEqual([]);
  expect(found).toEqual({
    service: '_web-shop._tcp.marathon.mesos.',
    host: expect.stringMatching(/^web-shop-[a-z0-9]{5}-n1\.marathon\.mesos\.$/),
    ip: task.ipAddresses[0].ipAddress,
    port: String(task.ports[0]),
  });
  expect(await json('/mesos_dns/v1/services/_Web-shop._tcp.marathon.mesos')).toEqual([
    { ...found, service: '_Web-shop._tcp.marathon.mesos' },
  ]);
  expect(await json('/mesos_dns/v1/services/_none._tcp.marathon.mesos')).toEqual([{ service: '', host: '', ip: '', port: '' }]);
});

test('all of it can be enumerated by task, and copied as a zone', async () => {
  const { node, app, json } = await quay();
  await node('n1');
  await app(web);
  const ids = (await json('/v2/tasks')).tasks.map(({ id }: { id: string }) => id).sort();
  const { frameworks } = await json('/mesos_dns/v1/enumerate');
  expect(frameworks).toMatchObject([{ name: 'marathon' }]);
  expect(frameworks[0].tasks.map(({ id }: { id: string }) => id).sort()).toEqual(ids);
  expect(frameworks[0].tasks[0].records).toContainEqual({
    name: 'web-shop.marathon.mesos.',
    host: expect.any(String),
    rtype: 'A',
  });
  const zone = await json('/mesos_dns/v1/axfr');
  expect(zone).toMatchObject({ TTL: 60, Domain: 'mesos', Mname: 'ns1.mesos.' });
  expect(zone.Records.As['slave.mesos.']).toEqual(['127.0.0.1']);
  expect(zone.Records.SRVs['_web-shop._tcp.marathon.mesos.']).toHaveLength(2);
  expect((await json('/mesos_dns/v1/version')).Service).toBe('Mesos-DNS');
  expect((await json('/mesos_dns/v1/config')).Domain).toBe('mesos');
});

test('the configuration says where names are answered by DNS, and that they are not where nobody does', async () => {
  const { json } = await quay();
  expect(await json('/mesos_dns/v1/config')).toMatchObject({ Domain: 'mesos', DnsOn: false });
  const answering = await quay({
    settings: { dns: { listen: [{ host: '127.0.0.1', port: 8053 }], upstream: [{ host: '10.0.0.2', port: 53 }] } },
  });
  expect(await answering.json('/mesos_dns/v1/config')).toMatchObject({
    DnsOn: true,
    Listener: '127.0.0.1',
    Port: 8053,
    Resolvers: ['10.0.0.2:53'],
  });
});

test('only what is ready has names: an instance that runs and is not well yet has none', async () => {
  const { node, app, json, world } = await quay();
  await node('n1');
  await app({ ...web, instances: 1 });
  const [row] = world.engine.views.instances.ofApp('/shop/web');
  expect((await json('/mesos_dns/v1/enumerate')).frameworks[0].tasks).toHaveLength(1);
  await json('/v2/apps//shop/web?force=true', { method: 'DELETE' });
  await until(world, () => world.engine.views.instances.get(row?.id ?? '')?.state !== 'running.unchecked', 'it leaves');
  expect((await json('/mesos_dns/v1/enumerate')).frameworks[0].tasks).toEqual([]);
});
