import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Ends } from './proxyHeader.ts';
import { reach } from './reaching.ts';
import { hostOf } from './routing.ts';
import type { Serving } from './serving.ts';

/** Connects a client of a TCP listener with a server. Ends when both have; a break of one is passed on as one. */
export const serveTcp = async (serving: Serving, listener: string, client: Socket, ends: Ends): Promise<void> => {
  const gone = new AbortController();
  client.on('error', () => client.destroy());
  client.on('close', () => gone.abort());
  const servername = (client as Partial<TLSSocket>).servername;
  const route = serving.find(listener, hostOf(typeof servername === 'string' ? servername : ''), '/');
  if (route === undefined) return void client.destroy();
  const reached = await reach(serving, route, { address: ends.from.address }, ends, false, gone.signal);
  if (typeof reached === 'string') {
    if (!gone.signal.aborted) serving.unanswered(route);
    return void client.destroy();
  }
  const { choice, socket, end } = reached;
  const tally = serving.tallyOf(route, choice.version);
  tally.requests += 1;
  const ended = tally.begin(() => ({ toServer: socket.bytesWritten, toClient: socket.bytesRead }));
  let left = 2;
  const over = (): void => {
    if (--left > 0) return;
    ended();
    end();
  };
  // Silence of both is what ends a connection: one may listen to the other for hours.
  let heard = performance.now();
  const { serverMs } = route.timeouts;
  const silence = setInterval(
    () => {
      if (performance.now() - heard < serverMs) return;
      client.destroy();
      socket.destroy();
    },
    Math.min(1_000, serverMs),
  );
  const hear = (): void => {
    heard = performance.now();
  };
  for (const [one, other] of [
    [client, socket],
    [socket, client],
  ] as const) {
    one.setNoDelay(true);
    one.on('data', hear);
    one.on('error', () => resetOf(other));
    one.on('close', () => {
      clearInterval(silence);
      if (!other.writableEnded) other.end();
      // What has come is still written; who reads no more is not waited for.
      if (!one.readableEnded) other.destroy();
      over();
    });
    one.pipe(other);
  }
  if (client.destroyed) socket.destroy();
};

const resetOf = (socket: Socket): void => {
  if (typeof socket.resetAndDestroy === 'function' && !('encrypted' in socket)) socket.resetAndDestroy();
  else socket.destroy();
};
