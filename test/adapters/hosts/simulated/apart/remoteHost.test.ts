import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../../src/adapters/clock/systemClock.ts';
import { openRemoteHost } from '../../../../../src/adapters/hosts/simulated/apart/remoteHost.ts';
import { serveHosts } from '../../../../../src/adapters/hosts/simulated/apart/server.ts';
import { simulatedHosts } from '../../../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import type { HostHint, HostRuntime } from '../../../../../src/domain/ports/hosts.ts';
import { temporaryFolder } from '../../../../support/temporaryFolder.ts';
import { plainSpec } from '../spec.ts';

const OFFER = { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, hostname: 'host-1', address: '10.0.0.1' };
const clock = systemClock();
const socketIn = (folder: string): string => `unix:${join(folder, 'hosts.sock')}`;

const open = async (address: string, node = 'node-1'): Promise<HostRuntime> => {
  const host = await openRemoteHost(address, node, OFFER, clock);
  onTestFinished(() => host.close());
  return host;
};
/** Resolves with the next hint of this type. */
const next = (host: HostRuntime, type: HostHint['type']): Promise<HostHint> =>
  new Promise((resolve) => {
    const observing = host.observe((hint) => {
      if (hint.type !== type) return;
      observing.close();
      resolve(hint);
    });
  });

describe('hosts in another process', () => {
  test('share one connection, and are told apart', async () => {
    const hosts = simulatedHosts({ seed: 1, clock });
    const server = await serveHosts({ address: socketIn(temporaryFolder()), hosts });
    onTestFinished(server.close);
    const [one, other] = [await open(server.address, 'one'), await open(server.address, 'other')];
    await one.run(plainSpec('a'))();
    await other.ping()();
    expect(server.counts()).toEqual({ connections: 1, hosts: 2 });
    expect(await one.inventory()()).toMatchObject({ right: [{ instance: 'a' }] });
    expect(await other.inventory()()).toMatchObject({ right: [] });
  });

  test('tell what happens by itself', async () => {
    const hosts = simulatedHosts({ seed: 1, clock });
    const server = await serveHosts({ address: socketIn(temporaryFolder()), hosts });
    onTestFinished(server.close);
    const host = await open(server.address);
    await host.run(plainSpec('a'))();
    const changed = next(host, 'Changed');
    hosts.host('node-1', OFFER).crash('a');
    expect(await changed).toEqual({ type: 'Changed', instance: 'a' });
  });

  test('are unreachable while that process is gone, and there again with it', async () => {
    const hosts = simulatedHosts({ seed: 1, clock, profile: { startMs: 60_000 } });
    const address = socketIn(temporaryFolder());
    const server = await serveHosts({ address, hosts });
    const host = await open(address);
    const gone = next(host, 'Disconnected');
    const underWay = host.run(plainSpec('a'))();
    await host.ping()();
    await server.close();
    expect(await underWay).toMatchObject({ left: { _tag: 'HostUnreachable' } });
    await gone;
    expect(await host.ping()()).toMatchObject({ left: { _tag: 'HostUnreachable', message: expect.stringContaining(address) } });
    const back = next(host, 'Connected');
    const again = await serveHosts({ address, hosts });
    onTestFinished(again.close);
    await back;
    expect(await host.inspect('a')()).toMatchObject({ right: { status: 'created' } });
  });

  test('that are not there, or something else that listens, are said to be so', async () => {
    const folder = temporaryFolder();
    await expect(open(socketIn(folder))).rejects.toThrow(/do not answer: connect ENOENT/);
    const stranger = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    const { port } = stranger.address() as { readonly port: number };
    await expect(open(`tcp://127.0.0.1:${port}`)).rejects.toThrow(/a frame of \d+ bytes: at most/);
  });

  test.each([
    ['tcp://10.0.0.9:4000', /loopback only/],
    ['tcp://127.0.0.1:99999', /is no address of simulated hosts/],
    ['/run/hosts.sock', /unix:\/path or tcp:/],
    [`unix:/${'x'.repeat(200)}`, /at most 107 bytes/],
  ])('do not listen at %s', async (address, why) => {
    await expect(serveHosts({ address, hosts: simulatedHosts({ seed: 1, clock }) })).rejects.toThrow(why);
  });

  test('take a socket over that a killed process left, and leave one alone that answers', async () => {
    const address = socketIn(temporaryFolder());
    const path = JSON.stringify(address.slice('unix:'.length));
    const dying = `require('node:net').createServer().listen(${path}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['-e', dying]).signal).toBe('SIGKILL');
    const hosts = simulatedHosts({ seed: 1, clock });
    const server = await serveHosts({ address, hosts });
    onTestFinished(server.close);
    await expect(serveHosts({ address, hosts })).rejects.toThrow('EADDRINUSE');
  });
});
