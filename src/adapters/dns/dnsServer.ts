import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Socket, type Server as TcpServer } from 'node:net';
import type { Endpoint } from './addresses.ts';
import { framed, frames } from './frames.ts';
import { parseQuery, type Query } from './query.ts';
import { faultReply, replyTo } from './reply.ts';
import { RCODE } from './wire.ts';

/** A connection that says nothing for so long is closed, ms (RFC 7766, 6.2.3: a few seconds). */
const IDLE_MS = 10_000;
const CONNECTIONS_MAX = 256;
/** What may wait to be read by a client, bytes; who reads no answers gets no more of them. */
const UNREAD_MAX_BYTES = 1_048_576;
const SOCKET_BUFFER_BYTES = 4_194_304;
/** Any free port is tried again where only one of the two protocols has it free. */
const FREE_PORT_TRIES = 10;

export type DnsAnswers = {
  /** Of a name of ours; undefined for other names. */
  own(query: Query, overTcp: boolean): Buffer | undefined;
  /** Other names are looked up for this client. */
  mayForward(address: string): boolean;
  forward(query: Query, overTcp: boolean): Promise<Buffer>;
  /** A question that could not be answered for a reason of ours. */
  onFault(error: unknown): void;
};

export type DnsServer = { readonly bound: Endpoint; close(): Promise<void> };

type Send = (reply: Buffer) => void;
type Answer = (message: Buffer, from: string, overTcp: boolean, send: Send) => void;

/** Answers over UDP and TCP at one address. Whatever comes in, at most one answer goes out, to whom it came from. */
export const listenDns = async ({ host, port }: Endpoint, answers: DnsAnswers): Promise<DnsServer> => {
  const failed = (query: Query, error: unknown): Buffer => {
    answers.onFault(error);
    return replyTo(query, { rcode: RCODE.SERVFAIL, isOurs: false });
  };

  /** At once for all but names that others are asked about; undefined: no answer at all. */
  const replyOf = (message: Buffer, from: string, overTcp: boolean): Buffer | Promise<Buffer> | undefined => {
    const parsed = parseQuery(message);
    if (parsed === 'ignored') return undefined;
    if ('fault' in parsed) return faultReply(message, parsed.fault, parsed.end);
    const { query } = parsed;
    try {
      const own = answers.own(query, overTcp);
      if (own !== undefined) return own;
      if (!query.isInternet || !answers.mayForward(from)) return replyTo(query, { rcode: RCODE.REFUSED, isOurs: false });
      return answers.forward(query, overTcp).catch((error) => failed(query, error));
    } catch (error) {
      return failed(query, error);
    }
  };

  const answer: Answer = (message, from, overTcp, send) => {
    const reply = replyOf(message, from, overTcp);
    if (Buffer.isBuffer(reply)) send(reply);
    else void reply?.then(send);
  };

  for (let tries = 1; ; tries++) {
    const udp = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      recvBufferSize: SOCKET_BUFFER_BYTES,
      sendBufferSize: SOCKET_BUFFER_BYTES,
    });
    let isOpen = true;
    udp.on('message', (message, { address, port }) =>
      answer(message, address, false, (reply) => {
        // Port 0 is nobody's. An answer that cannot be sent is asked for again.
        if (isOpen && port !== 0) udp.send(reply, port, address, () => {});
      }),
    );
    await bound(udp, host, port);
    const chosen = udp.address().port;
    const tcp = createServer({ noDelay: true }, (socket) => converse(socket, answer));
    tcp.maxConnections = CONNECTIONS_MAX;
    const sockets = new Set<Socket>();
    tcp.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    try {
      tcp.listen(chosen, host);
      await once(tcp, 'listening');
    } catch (error) {
      udp.close();
      if (port === 0 && tries < FREE_PORT_TRIES) continue;
      throw error;
    }
    udp.on('error', answers.onFault);
    return {
      bound: { host, port: chosen },
      close: async () => {
        isOpen = false;
        await Promise.all([new Promise<void>((resolve) => udp.close(resolve)), closed(tcp, sockets)]);
      },
    };
  }
};

const bound = (udp: UdpSocket, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    udp.once('error', (error) => {
      udp.close();
      reject(error);
    });
    udp.bind(port, host, () => {
      udp.removeAllListeners('error');
      resolve();
    });
  });

const closed = (tcp: TcpServer, sockets: ReadonlySet<Socket>): Promise<void> =>
  new Promise((resolve) => {
    tcp.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });

/** Any number of questions, one behind the other; answered as they are ready (RFC 7766, 6.2.1.1). */
const converse = (socket: Socket, answer: Answer): void => {
  const { remoteAddress = '' } = socket;
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  const send: Send = (reply) => {
    if (socket.destroyed) return;
    if (socket.writableLength > UNREAD_MAX_BYTES) socket.destroy();
    else socket.write(framed(reply));
  };
  socket.on(
    'data',
    frames((message) => answer(message, remoteAddress, true, send)),
  );
};
