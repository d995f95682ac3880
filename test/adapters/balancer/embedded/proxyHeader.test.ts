import fc from 'fast-check';
import { expect, test } from 'vitest';
import { proxyHeader, readProxyHeader } from '../../../../src/adapters/balancer/embedded/proxyHeader.ts';

const four = { from: { address: '203.0.113.7', port: 4711 }, to: { address: '192.0.2.1', port: 80 } };
const six = { from: { address: '2001:db8::7', port: 4711 }, to: { address: '2001:db8::1', port: 443 } };

test('writes and reads both versions', () => {
  expect(proxyHeader('v1', four).toString()).toBe('PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n');
  expect(proxyHeader('v2', four).toString('hex')).toBe('0d0a0d0a000d0a515549540a2111000ccb007107c000020112670050');
  expect(proxyHeader('v1', six).toString()).toBe('PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n');
  for (const version of ['v1', 'v2'] as const)
    for (const ends of [four, six]) {
      const header = proxyHeader(version, ends);
      expect(readProxyHeader(Buffer.concat([header, Buffer.from('GET /')]))).toEqual({ is: 'whole', bytes: header.length, ends });
    }
});

test('writes ends of two families as IPv6, which is read back as it was', () => {
  const mixed = { from: four.from, to: six.to };
  for (const version of ['v1', 'v2'] as const) expect(readProxyHeader(proxyHeader(version, mixed))).toMatchObject({ ends: mixed });
});

test('reads what any addresses were written as, and waits for the rest of a part of it', () => {
  const end = fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6()), port: fc.integer({ min: 0, max: 65_535 }) });
  fc.assert(
    fc.property(end, end, fc.constantFrom('v1', 'v2'), fc.nat(), (from, to, version, cut) => {
      const header = proxyHeader(version, { from, to });
      expect(readProxyHeader(header)).toMatchObject({
        is: 'whole',
        bytes: header.length,
        ends: { from: { port: from.port }, to: { port: to.port } },
      });
      expect(readProxyHeader(header.subarray(0, cut % header.length)).is).toBe('partial');
    }),
  );
});

test('takes the addresses of the connection where the sender speaks for itself', () => {
  expect(readProxyHeader(Buffer.from('PROXY UNKNOWN\r\n'))).toEqual({ is: 'whole', bytes: 15 });
  expect(readProxyHeader(Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'))).toEqual({ is: 'whole', bytes: 16 });
});

test.each([
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n')],
  ['a line without end', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`)],
  ['an address that is none', Buffer.from('PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n')],
  ['a port above 65535', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n')],
  ['an unknown version', Buffer.from('0d0a0d0a000d0a515549540a31110000', 'hex')],
  ['too few bytes for its addresses', Buffer.from('0d0a0d0a000d0a515549540a2111000401020304', 'hex')],
  ['a length that nobody needs', Buffer.from('0d0a0d0a000d0a515549540a2111ffff', 'hex')],
])('refuses %s', (_, data) => {
  expect(readProxyHeader(data).is).toBe('wrong');
});
