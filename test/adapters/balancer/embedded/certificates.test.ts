import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { LoadBalancer } from '../../../../src/adapters/balancer/embedded/loadBalancer.ts';
import type { Certificate } from '../../../../src/domain/traffic/table.ts';
import { pool, route } from '../../../contracts/balancer.contract.ts';
import { selfSigned } from '../../../support/certificates.ts';
import { freePort, httpBackend } from '../../../support/trafficServer.ts';

const serving = async () => {
  const balancer = new LoadBalancer();
  onTestFinished(() => balancer.close());
  const [port, backend] = [await freePort(), await httpBackend('a')];
  const apply = (certificates: readonly Certificate[]) =>
    balancer.apply({
      listeners: [{ id: 'https', address: '127.0.0.1', port, mode: 'http', acceptsProxy: false, tls: { certificates } }],
      routes: [route({ listeners: ['https'], pools: [pool('1', [backend])] })],
    });
  const dial = async (servername?: string): Promise<TLSSocket> => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...(servername !== undefined && { servername }) });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'secureConnect');
    return socket;
  };
  return { apply, dial };
};

const asked = async (socket: TLSSocket): Promise<string> => {
  socket.write('GET / HTTP/1.1\r\nhost: a.test\r\n\r\n');
  const [bytes] = await once(socket, 'data');
  return String(bytes);
};

test('changes certificates under connections that stand, for clients with and without a name', async () => {
  const { apply, dial } = await serving();
  const [first, second] = [await selfSigned('a.test'), await selfSigned('a.test')];
  await apply([first]);
  const standing = await dial('a.test');
  const before = standing.getPeerCertificate().fingerprint256;
  expect(await asked(standing)).toContain('200 OK');
  await apply([second]);
  expect(await asked(standing)).toContain('200 OK');
  const [named, nameless] = [await dial('a.test'), await dial()];
  expect(named.getPeerCertificate().fingerprint256).not.toBe(before);
  expect(nameless.getPeerCertificate().fingerprint256).toBe(named.getPeerCertificate().fingerprint256);
});

test('leaves a certificate out that is none, and says which', async () => {
  const { apply, dial } = await serving();
  const [right, other] = [await selfSigned('a.test'), await selfSigned('b.test')];
  const warnings = await apply([{ ...other, key: right.key }, { hosts: ['c.test'], certificate: 'no', key: 'no' }, right]);
  expect(warnings.length).toBe(2);
  expect(warnings[0]).toMatch(/the certificate for b\.test is not usable: the key is of another certificate/);
  expect(warnings[1]).toMatch(/c\.test/);
  expect((await dial('b.test')).getPeerCertificate().subject.CN).toBe('a.test');
});
