import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { FRAME_MAX_BYTES, frameReader, frameWriter } from '../../../../../src/adapters/hosts/simulated/apart/frames.ts';

const frame = (value: unknown): Buffer => {
  const text = Buffer.from(JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
};

test('messages come out whole and in order, however the stream is cut', () => {
  const sent = [
    ['a', 1],
    ['ü', { deep: [true] }],
  ];
  const bytes = Buffer.concat([frame([sent[0]]), frame([]), frame([sent[1], 'last'])]);
  for (const size of [1, 3, 7, bytes.length]) {
    const read = frameReader();
    const messages: unknown[] = [];
    for (let at = 0; at < bytes.length; at += size) messages.push(...read(bytes.subarray(at, at + size)));
    expect(messages).toEqual([...sent, 'last']);
  }
});

test('what is no frame is refused', () => {
  const long = Buffer.alloc(4);
  long.writeUInt32BE(FRAME_MAX_BYTES + 1);
  expect(() => frameReader()(long)).toThrow(`at most ${FRAME_MAX_BYTES}`);
  expect(() => frameReader()(frame({ not: 'a list' }))).toThrow('no list');
  expect(() => frameReader()(Buffer.from([0, 0, 0, 1, 0x7b]))).toThrow(SyntaxError);
});

test('messages of one turn are written together, and thousands in several frames', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const socket = connect(server.address() as { readonly port: number });
  onTestFinished(() => void socket.destroy());
  const [accepted] = await once(server, 'connection');
  const read = frameReader();
  const got: unknown[] = [];
  const all = new Promise<void>((resolve) => {
    accepted.on('data', (chunk: Buffer) => {
      got.push(...read(chunk));
      if (got.length === 1_300) resolve();
    });
  });
  const write = frameWriter(socket);
  for (let nth = 0; nth < 1_300; nth++) write(nth);
  await all;
  expect(got).toEqual(Array.from({ length: 1_300 }, (_, nth) => nth));
});
