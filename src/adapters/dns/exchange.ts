import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Endpoint } from './addresses.ts';
import { framed, frames } from './frames.ts';
import { FLAG, HEADER_BYTES } from './wire.ts';

const ID_COUNT = 0x1_0000;

/** Asks one server. Resolves with its answer, which has an id of its own; rejects on an error, and when the signal aborts. */
export type Exchange = (server: Endpoint, question: Buffer, end: number, signal: AbortSignal) => Promise<Buffer>;

const withNewId = (question: Buffer): Buffer => {
  const own = Buffer.from(question);
  own.writeUInt16BE(randomInt(ID_COUNT), 0);
  return own;
};

/** An answer to what was asked and nothing else: id, question and case are repeated (RFC 5452, 9.1). */
const answers = (asked: Buffer, end: number, answer: Buffer): boolean =>
  answer.length >= end &&
  (answer.readUInt16BE(2) & FLAG.QR) !== 0 &&
  answer.compare(asked, 0, 2, 0, 2) === 0 &&
  answer.compare(asked, HEADER_BYTES, end, HEADER_BYTES, end) === 0;

/** From a port and with an id that nobody can guess, each time. */
export const askOverUdp: Exchange = (server, question, end, signal) =>
  new Promise((resolve, reject) => {
    const asked = withNewId(question);
    const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners('message');
      socket.close();
      settle();
    };
    const fail = (error: Error): void => finish(() => reject(error));
    const onAbort = (): void => fail(new Error('given up'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    // What is no answer to this may be somebody's guess: the right one may follow.
    socket.on('message', (answer) => {
      if (answers(asked, end, answer)) finish(() => resolve(answer));
    });
    socket.connect(server.port, server.host, () => {
      if (!signal.aborted) socket.send(asked);
    });
  });

export const askOverTcp: Exchange = (server, question, end, signal) =>
  new Promise((resolve, reject) => {
    const asked = withNewId(question);
    const socket = connect({ ...server, signal });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
    socket.once('connect', () => socket.write(framed(asked)));
    const feed = frames((answer) => {
      socket.destroy();
      if (answers(asked, end, answer)) resolve(answer);
      else reject(new Error('answered something else'));
    });
    socket.on('data', feed);
  });
