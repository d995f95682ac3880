import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as packet from 'dns-packet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Endpoint, endpointIn, nameserversIn, networksOf } from '../../../src/adapters/dns/addresses.ts';
import { withoutOurselves } from '../../../src/adapters/dns/forward.ts';
import { forwardCache } from '../../../src/adapters/dns/forwardCache.ts';
import { dnsWorld, lines, question } from './dnsWorld.ts';

type Asked = { readonly at: Endpoint; readonly names: string[] };

/** A name server that answers each question as it is told; `undefined` is silence. */
const upstream = async (answer: (name: string, asked: Buffer) => Buffer | Partial<packet.Packet> | undefined): Promise<Asked> => {
  const socket = createSocket('udp4');
  const names: string[] = [];
  socket.on('message', (message, { port, address }) => {
    const { id = 0, questions = [] } = packet.decode(message);
    const name = questions[0]?.name ?? '';
    names.push(name);
    const told = answer(name, message);
    if (told === undefined) return;
    socket.send(
      Buffer.isBuffer(told) ? told : packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE, questions, ...told }),
      port,
      address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return { at: { host: '127.0.0.1', port: socket.address().port }, names };
};

const known =
  (ttl = 60) =>
  (name: string) => ({ answers: [{ name, type: 'A' as const, ttl, data: '192.0.2.1' }] });

describe('a name of others', () => {
  test('is asked of the upstream, answered with the own id and case, and kept for as long as was said', async () => {
    const server = await upstream(known());
    const { ask } = await dnsWorld({ upstream: [server.at] });
    const first = await ask('Example.org');
    expect([first.id, first.questions?.[0]?.name, lines(first.answers)]).toEqual([7, 'Example.org', ['Example.org A 192.0.2.1']]);
    expect((await ask('example.ORG')).questions?.[0]?.name).toBe('example.ORG');
    expect(server.names).toEqual(['Example.org']);
  });

  test('is answered by the second server when the first is silent, fails or refuses', async () => {
    const second = await upstream(known(0));
    for (const first of [await upstream(() => undefined), await upstream(() => ({ flags: 2 })), await upstream(() => ({ flags: 5 }))]) {
      const { ask } = await dnsWorld({ upstream: [first.at, second.at] });
      expect(lines((await ask('example.org')).answers)).toEqual(['example.org A 192.0.2.1']);
    }
  });

  test('is SERVFAIL where all fail, and what the last of them said where they refuse', async () => {
    const failing = await upstream(() => ({ flags: 2 }));
    const { ask } = await dnsWorld({ upstream: [failing.at, failing.at] });
    expect((await ask('example.org')) as unknown).toMatchObject({ rcode: 'SERVFAIL' });
  });

  test('is not believed from an answer to another question', async () => {
    const server = await upstream((name, asked) => {
      const forged = packet.encode({
        type: 'response',
        id: (asked.readUInt16BE(0) + 1) & 0xffff,
        questions: [{ name, type: 'A' }],
        answers: [{ name, type: 'A', data: '192.0.2.66' }],
      });
      return name === 'forged.org' ? forged : known()(name);
    });
    const right = await upstream(known());
    const { ask } = await dnsWorld({ upstream: [server.at, right.at] });
    expect(lines((await ask('forged.org')).answers)).toEqual(['forged.org A 192.0.2.1']);
  });

  test('is asked once for all who ask at the same time, and a loop through another server ends', async () => {
    let ours: Endpoint | undefined;
    const loop = createSocket('udp4');
    const asked: Buffer[] = [];
    loop.on('message', (message) => {
      asked.push(message);
      // Gives the question back to us instead of answering, with an id of its own.
      const again = Buffer.from(message);
      again.writeUInt16BE(4_711, 0);
      if (ours !== undefined && message.readUInt16BE(2) < 0x8000) loop.send(again, ours.port, ours.host);
    });
    loop.bind(0, '127.0.0.1');
    await once(loop, 'listening');
    onTestFinished(() => void loop.close());
    const { ask, at } = await dnsWorld({ upstream: [{ host: '127.0.0.1', port: loop.address().port }] });
    ours = at;
    expect((await ask('round.org')) as unknown).toMatchObject({ rcode: 'SERVFAIL' });
    expect(asked.filter((message) => message.readUInt16BE(2) < 0x8000)).toHaveLength(1);
  });

  test('is refused to clients outside of the allowed networks, who still get our names', async () => {
    const server = await upstream(known());
    const { ask } = await dnsWorld({ upstream: [server.at], allow: ['10.0.0.0/8'] });
    expect((await ask('example.org')) as unknown).toMatchObject({ rcode: 'REFUSED' });
    expect((await ask('leader.mesos')).answers).toHaveLength(1);
    expect(server.names).toEqual([]);
  });
});

describe('what is kept of others', () => {
  const answer = (ttl: number, more: Partial<packet.Packet> = {}) =>
    packet.encode({
      type: 'response',
      questions: [{ name: 'a.org', type: 'A' }],
      answers: [{ name: 'a.org', type: 'A', ttl, data: '192.0.2.1' }],
      ...more,
    });
  const ttlOf = (kept: Buffer | undefined) =>
    kept === undefined ? undefined : (packet.decode(kept).answers?.[0] as packet.StringAnswer | undefined)?.ttl;

  test('counts down and ends', () => {
    let now = 0;
    const cache = forwardCache(() => now);
    cache.put('a', answer(30));
    now = 29_999;
    expect(ttlOf(cache.get('a'))).toBe(1);
    now = 30_000;
    expect(cache.get('a')).toBeUndefined();
  });

  test('is no failure, nothing cut, nothing without a time, and of nothing only what the zone vouches for', () => {
    const cache = forwardCache(() => 0);
    cache.put('failed', answer(30, { flags: 2 }));
    cache.put('cut', answer(30, { flags: packet.TRUNCATED_RESPONSE }));
    cache.put('zero', answer(0));
    cache.put('none', answer(0, { flags: 3, answers: [] }));
    const soa = { mname: 'ns.org', rname: 'root.org', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 20 };
    cache.put('nothing', answer(0, { flags: 3, answers: [], authorities: [{ name: 'org', type: 'SOA', ttl: 60, data: soa }] }));
    expect(['failed', 'cut', 'zero', 'none', 'nothing'].filter((key) => cache.get(key) !== undefined)).toEqual(['nothing']);
  });
});

test('addresses, networks and resolv.conf are read as they are written', () => {
  expect(['10.0.0.2', '10.0.0.2:5353', 'fd00::2', '[fd00::2]:5353'].map((text) => endpointIn(text))).toEqual([
    { host: '10.0.0.2', port: 53 },
    { host: '10.0.0.2', port: 5353 },
    { host: 'fd00::2', port: 53 },
    { host: 'fd00::2', port: 5353 },
  ]);
  expect(['', 'example.org', '10.0.0.2:99999', '300.1.1.1', '[10.0.0.1]:53'].map((text) => endpointIn(text))).toEqual(
    Array(5).fill(undefined),
  );
  expect(nameserversIn('# no\nnameserver 10.0.0.2\nsearch a.b\n nameserver\tfd00::2\nnameserver x\n').map(({ host }) => host)).toEqual([
    '10.0.0.2',
    'fd00::2',
  ]);
  const isPrivate = networksOf(['10.0.0.0/8', '::1']);
  expect(['10.9.9.9', '::ffff:10.9.9.9', '::1', '11.0.0.1', 'x'].map(isPrivate)).toEqual([true, true, true, false, false]);
  expect(() => networksOf(['10.0.0.0/33'])).toThrow("'10.0.0.0/33' is no network");
});

test('we are not our own upstream, by whatever address of ours', () => {
  const servers = [
    { host: '127.0.0.53', port: 53 },
    { host: '192.0.2.1', port: 53 },
    { host: '127.0.0.1', port: 8053 },
  ];
  expect(withoutOurselves(servers, [{ host: '0.0.0.0', port: 53 }]).map(({ host }) => host)).toEqual(['192.0.2.1', '127.0.0.1']);
  expect(withoutOurselves(servers, [{ host: '127.0.0.1', port: 8053 }]).map(({ host }) => host)).toEqual(['127.0.0.53', '192.0.2.1']);
});

test('nobody to ask is REFUSED', async () => {
  const { ask } = await dnsWorld({ upstream: [] });
  expect((await ask('example.org')) as unknown).toMatchObject({ rcode: 'REFUSED' });
  expect(question('a.b').length).toBeGreaterThan(12);
});
