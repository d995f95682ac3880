import type { Socket } from 'node:net';
import { type Ends, plainAddress, readProxyHeader } from './proxyHeader.ts';

/** A PROXY header that has not come by then ends the connection, milliseconds. */
const HEADER_MS = 5_000;

/** Who is at the other end as the sockets have it. */
export const endsOf = (socket: Socket): Ends => ({
  from: { address: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 },
  to: { address: plainAddress(socket.localAddress), port: socket.localPort ?? 0 },
});

/**
 * Reads the PROXY header off a connection. The rest stays in it to be read.
 * @returns undefined where there is none; the connection is then closed
 */
export const takeProxyHeader = (socket: Socket): Promise<Ends | undefined> =>
  new Promise((resolve) => {
    let come = Buffer.alloc(0);
    const settle = (ends: Ends | undefined): void => {
      clearTimeout(timer);
      socket.off('readable', look);
      socket.off('close', fail);
      socket.off('error', fail);
      if (ends === undefined) socket.on('error', () => undefined).destroy();
      resolve(ends);
    };
    const fail = (): void => settle(undefined);
    const timer = setTimeout(fail, HEADER_MS);
    const look = (): void => {
      for (let part = socket.read() as Buffer | null; part !== null; part = socket.read() as Buffer | null)
        come = Buffer.concat([come, part]);
      const read = readProxyHeader(come);
      if (read.is === 'wrong') settle(undefined);
      if (read.is !== 'whole') return;
      const ends = read.ends ?? endsOf(socket);
      const rest = come.subarray(read.bytes);
      if (rest.length > 0) socket.unshift(rest);
      settle(ends);
    };
    socket.on('readable', look);
    socket.on('close', fail);
    socket.on('error', fail);
  });
