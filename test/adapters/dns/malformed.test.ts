import { createSocket } from 'node:dgram';
import * as packet from 'dns-packet';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { framed } from '../../../src/adapters/dns/frames.ts';
import { parseQuery } from '../../../src/adapters/dns/query.ts';
import { faultReply } from '../../../src/adapters/dns/reply.ts';
import { dnsWorld, question, sendTcp, sendUdp } from './dnsWorld.ts';

const rcodeOf = (answer: Buffer): number => answer.readUInt16BE(2) & 0xf;
const good = question('leader.mesos');
const changed = (change: (message: Buffer) => void): Buffer => {
  const message = Buffer.from(good);
  change(message);
  return message;
};
const opt = Buffer.of(0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0);

describe('a request', () => {
  test.each([
    ['with another opcode', changed((m) => m.writeUInt8(0x28, 2)), 4],
    ['without a question', changed((m) => m.writeUInt16BE(0, 4)), 1],
    ['with two questions', changed((m) => m.writeUInt16BE(2, 4)), 1],
    ['with an answer in it', changed((m) => m.writeUInt16BE(1, 6)), 1],
    ['whose name points', Buffer.concat([good.subarray(0, 12), Buffer.of(0xc0, 12, 0, 1, 0, 1)]), 1],
    ['whose name does not end', good.subarray(0, 20), 1],
    [
      'whose name is too long',
      Buffer.concat([
        good.subarray(0, 12),
        ...Array.from({ length: 5 }, () => Buffer.concat([Buffer.of(63), Buffer.alloc(63, 97)])),
        Buffer.of(0, 0, 1, 0, 1),
      ]),
      1,
    ],
    ['whose type is missing', good.subarray(0, -3), 1],
    ['with bytes behind its end', Buffer.concat([good, Buffer.of(1)]), 1],
    ['with two OPTs', Buffer.concat([changed((m) => m.writeUInt16BE(2, 10)), opt, opt]), 1],
    ['that promises a record more than there is', changed((m) => m.writeUInt16BE(1, 10)), 1],
    ['for a transfer of the zone', question('mesos', 'AXFR'), 5],
    ['of another class', changed((m) => m.writeUInt16BE(3, m.length - 2)), 5],
    ['for a name of others that nobody may be asked about', question('example.org'), 5],
  ])('%s is answered with the right code, and no more bytes than were sent', async (_, message, rcode) => {
    const { at, faults } = await dnsWorld();
    const answer = await sendUdp(at, message);
    expect([rcodeOf(answer), answer.readUInt16BE(0)]).toEqual([rcode, 7]);
    expect(answer.length).toBeLessThanOrEqual(message.length);
    expect(faults).toEqual([]);
  });

  test('that is itself an answer, or shorter than a header, gets none', async () => {
    const { at } = await dnsWorld();
    const socket = createSocket('udp4');
    const answers: number[] = [];
    const last = new Promise<void>((resolve) =>
      socket.on('message', (answer) => {
        answers.push(answer.readUInt16BE(0));
        if (answer.readUInt16BE(0) === 99) resolve();
      }),
    );
    for (const message of [
      changed((m) => m.writeUInt8(0x81, 2)),
      good.subarray(0, 11),
      Buffer.alloc(0),
      changed((m) => m.writeUInt16BE(99, 0)),
    ])
      await new Promise((resolve) => socket.send(message, at.port, at.host, resolve));
    await last;
    socket.close();
    expect(answers).toEqual([99]);
  });

  test('with a newer EDNS hears which one is known', async () => {
    const { at } = await dnsWorld();
    const newer = Buffer.from(opt);
    newer[6] = 1;
    const answer = await sendUdp(at, Buffer.concat([changed((m) => m.writeUInt16BE(1, 10)), newer]));
    const [record] = packet.decode(answer).additionals ?? [];
    expect([rcodeOf(answer), (record as packet.OptAnswer).extendedRcode]).toEqual([0, 1]);
  });
});

test('over TCP questions may come in any pieces and many at once, and each is answered', async () => {
  const { at } = await dnsWorld();
  const all = Buffer.concat(Array.from({ length: 20 }, (_, nth) => framed(changed((m) => m.writeUInt16BE(nth, 0)))));
  const pieces = Array.from({ length: Math.ceil(all.length / 7) }, (_, nth) => all.subarray(nth * 7, nth * 7 + 7));
  const answers = await sendTcp(at, pieces, 20);
  expect(answers.map((answer) => answer.readUInt16BE(0))).toEqual(Array.from({ length: 20 }, (_, nth) => nth));
});

test('whatever bytes come, reading them ends with a query, a code, or nothing', () => {
  const mutated = fc
    .tuple(
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 }),
      fc.nat(80),
      fc.constantFrom(good, Buffer.concat([changed((m) => m.writeUInt16BE(1, 10)), opt])),
    )
    .map(([changes, cut, base]) => {
      const message = Buffer.from(base);
      for (const [at, byte] of changes) if (at < message.length) message[at] = byte;
      return message.subarray(0, Math.max(0, message.length - (cut > 40 ? 0 : cut)));
    });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        mutated,
      ),
      (message) => {
        const parsed = parseQuery(message);
        if (parsed === 'ignored') return;
        if ('fault' in parsed) {
          const reply = faultReply(message, parsed.fault, parsed.end);
          expect(reply.length).toBeLessThanOrEqual(message.length + 11);
          expect(reply.readUInt16BE(2) & 0x8000).toBe(0x8000);
        } else expect(parsed.query.end).toBeLessThanOrEqual(message.length);
      },
    ),
    { numRuns: 5_000 },
  );
});

test('after a thousand random packets the server answers as before', async () => {
  const { at, ask, faults } = await dnsWorld();
  const socket = createSocket('udp4');
  for (const bytes of fc.sample(fc.uint8Array({ minLength: 0, maxLength: 120 }), 1_000))
    await new Promise((resolve) => socket.send(Buffer.from(bytes), at.port, at.host, resolve));
  socket.close();
  expect((await ask('leader.mesos')).answers).toHaveLength(1);
  expect(faults).toEqual([]);
});
