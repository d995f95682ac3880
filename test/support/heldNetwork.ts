import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server on which what was sent can be kept under way for as long as a test likes. Answers are never held. */
export type HeldNetwork = {
  readonly port: number;
  /** From here on nothing arrives. */
  hold(): void;
  /** Resolves once this text is under way. */
  carries(text: string): Promise<void>;
  /** What was under way arrives, in its order, and so does all that follows. */
  release(): void;
  close(): Promise<void>;
};

export const openHeldNetwork = async (to: number): Promise<HeldNetwork> => {
  let isHeld = false;
  let waiting: { readonly chunk: Buffer; readonly deliver: () => void }[] = [];
  const sought = new Map<string, () => void>();
  const sockets = new Set<Socket>();
  const seek = (): void => {
    const held = Buffer.concat(waiting.map(({ chunk }) => chunk));
    for (const [text, found] of sought) if (held.includes(text)) found();
  };
  const server = createServer((client) => {
    const there = connect(to, '127.0.0.1');
    for (const [socket, other] of [
      [client, there],
      [there, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    there.on('data', (chunk) => client.write(chunk));
    client.on('data', (chunk) => {
      if (!isHeld) return there.write(chunk);
      waiting.push({ chunk, deliver: () => there.write(chunk) });
      seek();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    hold: () => {
      isHeld = true;
    },
    carries: (text) =>
      new Promise((resolve) => {
        sought.set(text, resolve);
        seek();
      }),
    release: () => {
      isHeld = false;
      const arriving = waiting;
      waiting = [];
      sought.clear();
      for (const { deliver } of arriving) deliver();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
