import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as packet from 'dns-packet';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../../src/main.ts';
import { openSimulatedServer, simulatedServer } from '../../support/simulatedServer.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { lines, question, sendUdp } from './dnsWorld.ts';

const takenPort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return socket.address().port;
};

test('what a server has deployed is found by its key', async () => {
  const { api, engine, atRest } = await simulatedServer(1);
  expect(engine.views.discovery.key('web')).toBeUndefined();
  await api.ask('POST', '/v2/apps', { id: '/web', cmd: 'serve', cpus: 0.1, mem: 16 });
  await atRest();
  expect(engine.views.discovery.key('web')?.apps.size).toBe(1);
});

test('a place that was named and is taken is a reason not to start; the usual one is not', async () => {
  const port = await takenPort();
  const listen = [{ host: '127.0.0.1', port }];
  await expect(openSimulatedServer({ nodes: 0, dataDir: temporaryFolder(), dns: { listen, upstream: [] } })).rejects.toThrow('EADDRINUSE');
  const { api } = await simulatedServer(0, { dns: { listen, upstream: [], isOptional: true } });
  expect(await api.ask('GET', '/mesos_dns/v1/version')).toMatchObject({ Service: 'Mesos-DNS' });
});

test('a server says where it answers', async () => {
  const listen = [{ host: '127.0.0.2', port: await takenPort() }];
  const server = await startServer({ dataDir: temporaryFolder(), listen: { port: 0 }, localNodes: false, dns: { listen, upstream: [] } });
  onTestFinished(server.close);
  expect(server.dns?.bound).toEqual(listen);
});

test('the leader is where the API listens', async () => {
  const port = await takenPort();
  const { url } = await simulatedServer(0, { dns: { listen: [{ host: '127.0.0.2', port }], upstream: [] } });
  const answer = packet.decode(await sendUdp({ host: '127.0.0.2', port }, question('_leader._tcp.mesos', 'SRV')));
  expect(lines(answer.answers)).toEqual([`_leader._tcp.mesos SRV leader.mesos:${new URL(url).port}`]);
  expect(lines(answer.additionals)).toEqual(['leader.mesos A 127.0.0.1']);
});
