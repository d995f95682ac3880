import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { simulatedHosts } from '../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { realProbe } from '../../../src/adapters/probes/probes.ts';
import type { ProbeTarget } from '../../../src/domain/ports/probes.ts';
import { plainSpec } from '../hosts/simulated/spec.ts';
import { SELF_SIGNED } from './certificate.ts';

const ENOUGH_MS = 10_000;
const SHORT_MS = 150;

const open: net.Server[] = [];
const sockets = new Set<net.Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const listening = async (server: net.Server, address = '127.0.0.1'): Promise<number> => {
  open.push(server);
  server.on('connection', (socket: net.Socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
};
const serving = (handler: http.RequestListener) => listening(http.createServer(handler));
/** Answers each connection with these bytes. */
const saying = (bytes: string) =>
  listening(net.createServer((socket) => socket.on('data', () => socket.write(bytes)).on('error', () => {})));

const target = (port: number, overrides: Partial<Extract<ProbeTarget, { kind: 'http' }>> = {}): ProbeTarget => ({
  kind: 'http',
  scheme: 'http',
  address: '127.0.0.1',
  port,
  path: '/health?deep=1',
  family: 4,
  keepsBody: false,
  ...overrides,
});

describe('an HTTP probe', () => {
  test.each([200, 204, 302, 404, 500])('tells status %i as it is, redirections too', async (status) => {
    const port = await serving((_, response) => response.writeHead(status, { location: '/elsewhere' }).end());
    expect(await realProbe(target(port), ENOUGH_MS)).toMatchObject({ _tag: 'Answered', status });
  });

  test('asks by GET for the path, on a connection that it closes', async () => {
    const closed = Promise.withResolvers<void>();
    const seen: (string | undefined)[] = [];
    const port = await serving(({ method, url, headers, socket }, response) => {
      seen.push(method, url, headers.connection, headers.host?.replace(/:\d+$/, ''));
      socket.on('close', () => closed.resolve());
      response.end('fine');
    });
    await realProbe(target(port), ENOUGH_MS);
    await closed.promise;
    expect(seen).toEqual(['GET', '/health?deep=1', 'close', '127.0.0.1']);
  });

  test('keeps content type and body where asked to, up to a limit', async () => {
    const port = await serving((_, response) => response.writeHead(503, { 'content-type': 'text/html' }).end('x'.repeat(1_000_000)));
    const answer = await realProbe(target(port, { keepsBody: true }), ENOUGH_MS);
    expect(answer).toEqual({ _tag: 'Answered', status: 503, contentType: 'text/html', body: 'x'.repeat(65_536) });
  });

  test('does not wait for a body that it was not asked to keep', async () => {
    const port = await serving((_, response) => response.writeHead(200).write('never ends'));
    expect(await realProbe(target(port), ENOUGH_MS)).toMatchObject({ status: 200 });
  });

  test('gives up on a server that hangs', async () => {
    const port = await serving(() => {});
    expect(await realProbe(target(port), SHORT_MS)).toEqual({ _tag: 'Failed', cause: `no answer in ${SHORT_MS} ms` });
  });

  test('gives up on a body that hangs', async () => {
    const port = await serving((_, response) => response.writeHead(200).write('never ends'));
    expect(await realProbe(target(port, { keepsBody: true }), SHORT_MS)).toMatchObject({ _tag: 'Failed' });
  });

  test('fails where nobody listens', async () => {
    const port = await serving(() => {});
    await new Promise((resolve) => open.splice(0)[0]?.close(resolve));
    expect(await realProbe(target(port), ENOUGH_MS)).toMatchObject({ _tag: 'Failed', cause: expect.stringContaining('ECONNREFUSED') });
  });

  test('fails on what is not HTTP, on a hang-up and on a path that no request can carry', async () => {
    expect(await realProbe(target(await saying('hello\r\n\r\n')), ENOUGH_MS)).toMatchObject({ _tag: 'Failed' });
    const hangUp = await listening(net.createServer((socket) => socket.destroy()));
    expect(await realProbe(target(hangUp), ENOUGH_MS)).toMatchObject({ _tag: 'Failed' });
    expect(await realProbe(target(hangUp, { path: '/a b\n' }), ENOUGH_MS)).toMatchObject({ _tag: 'Failed' });
  });

  test('waits past an interim answer for the final one', async () => {
    const port = await saying('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    expect(await realProbe(target(port), ENOUGH_MS)).toMatchObject({ status: 200 });
  });

  test('tells the interim answer when no other comes in time', async () => {
    const port = await saying('HTTP/1.1 102 Processing\r\n\r\n');
    expect(await realProbe(target(port), SHORT_MS)).toMatchObject({ _tag: 'Answered', status: 102 });
  });

  test('tells a switch of protocols as status 101', async () => {
    const port = await saying('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n');
    expect(await realProbe(target(port), ENOUGH_MS)).toMatchObject({ _tag: 'Answered', status: 101 });
  });
});

describe('an HTTPS probe', () => {
  test('trusts any certificate', async () => {
    const port = await listening(https.createServer(SELF_SIGNED, (_, response) => response.end()));
    expect(await realProbe(target(port, { scheme: 'https' }), ENOUGH_MS)).toMatchObject({ status: 200 });
  });

  test('fails on a server without TLS', async () => {
    const port = await serving((_, response) => response.end());
    expect(await realProbe(target(port, { scheme: 'https' }), ENOUGH_MS)).toMatchObject({ _tag: 'Failed' });
  });
});

describe('a TCP probe', () => {
  const tcp = (port: number): ProbeTarget => ({ kind: 'tcp', address: '127.0.0.1', port, family: 4 });

  test('is content with a connection, and hangs up', async () => {
    const closed = Promise.withResolvers<void>();
    const port = await listening(net.createServer((socket) => socket.resume().on('close', () => closed.resolve())));
    expect(await realProbe(tcp(port), ENOUGH_MS)).toEqual({ _tag: 'Succeeded' });
    await closed.promise;
  });

  test('fails where nobody listens', async () => {
    const port = await serving(() => {});
    await new Promise((resolve) => open.splice(0)[0]?.close(resolve));
    expect(await realProbe(tcp(port), ENOUGH_MS)).toMatchObject({ _tag: 'Failed', cause: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('a command probe', () => {
  const OFFER = { cpus: 1, mem: 100, disk: 100, gpus: 0, hostname: 'h', address: '10.0.0.1' };
  const running = async () => {
    const host = simulatedHosts({ seed: 1, clock: systemClock(), profile: { unreachableAfterMs: 10 } }).host('node-1', OFFER);
    await host.run(plainSpec('a', { env: { WHY: 'disk full' } }))();
    return {
      host,
      ask: (shell: string, instance = 'a') => realProbe({ kind: 'command', host, instance, argv: ['/bin/sh', '-c', shell] }, SHORT_MS),
    };
  };

  test('is content with exit code 0', async () => {
    const { ask } = await running();
    expect(await ask('echo fine; true')).toEqual({ _tag: 'Succeeded' });
  });

  test('tells another exit code with what the command said', async () => {
    const { ask } = await running();
    expect(await ask('echo $WHY >&2; exit 3')).toEqual({ _tag: 'Failed', cause: 'exit code 3: disk full', exitCode: 3 });
    expect(await ask('false')).toEqual({ _tag: 'Failed', cause: 'exit code 1', exitCode: 1 });
  });

  test('fails when it takes too long or the instance does not run', async () => {
    const { ask } = await running();
    expect(await ask('sleep 600')).toMatchObject({ _tag: 'Failed' });
    expect(await ask('true', 'nobody')).toMatchObject({ _tag: 'Failed' });
  });

  test('says nothing about an instance whose host does not answer', async () => {
    const { host, ask } = await running();
    host.partition();
    expect(await ask('true')).toMatchObject({ _tag: 'Inconclusive' });
  });
});
