import { Agent, type ClientRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Server } from '../../../domain/traffic/table.ts';

/** An idle connection is closed before servers do it that keep theirs for five seconds, as most do. */
const IDLE_MS = 4_000;
/** Idle connections that are kept to one server. */
const IDLE_MAX = 64;
/** A server that could not be connected to is avoided for so long. */
const AVOID_MS = 1_000;

export class CannotConnect extends Error {}

/** Connections to servers: made, kept while idle, closed when a server leaves. */
export class Upstreams {
  readonly #busy = new Map<string, number>();
  readonly #avoidUntil = new Map<string, number>();
  readonly #idle = new Map<string, Socket[]>();
  #open: ReadonlyMap<string, Server> = new Map();

  /** Who may be given requests from now on; idle connections to others are closed. */
  update(open: ReadonlyMap<string, Server>): void {
    this.#open = open;
    for (const [place, sockets] of this.#idle) {
      if (open.has(place)) continue;
      this.#idle.delete(place);
      for (const socket of sockets) socket.destroy();
    }
    const instances = new Set([...open.values()].map(({ instance }) => instance));
    for (const instance of this.#avoidUntil.keys()) if (!instances.has(instance)) this.#avoidUntil.delete(instance);
  }

  busyWith(instance: string): number {
    return this.#busy.get(instance) ?? 0;
  }

  /** Says that a server is busy with one more, from the moment it was chosen, until told that it is over. */
  begin({ instance }: Server): () => void {
    this.#busy.set(instance, this.busyWith(instance) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = this.busyWith(instance) - 1;
      if (left > 0) this.#busy.set(instance, left);
      else this.#busy.delete(instance);
    };
  }

  isAvoided(instance: string): boolean {
    return (this.#avoidUntil.get(instance) ?? 0) > performance.now();
  }

  /** @throws CannotConnect */
  dial(server: Server, connectMs: number, signal: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: server.address, port: server.port, noDelay: true, keepAlive: true, allowHalfOpen: true });
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        socket.off('error', fail);
      };
      const fail = (error: Error, isAvoided = true): void => {
        settle();
        socket.on('error', () => undefined);
        socket.destroy();
        if (isAvoided) this.#avoidUntil.set(server.instance, performance.now() + AVOID_MS);
        reject(new CannotConnect(error.message));
      };
      const abort = (): void => fail(new Error('the client is gone'), false);
      const timer = setTimeout(() => fail(new Error(`no connection within ${connectMs} ms`)), connectMs);
      socket.once('error', fail);
      socket.once('connect', () => {
        settle();
        this.#avoidUntil.delete(server.instance);
        resolve(socket);
      });
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** A connection that has served before. It may have been closed by the server at this moment: only for what may be sent again. */
  reuse(server: Server): Socket | undefined {
    const sockets = this.#idle.get(placeOf(server));
    for (;;) {
      const socket = sockets?.pop();
      if (socket === undefined) return undefined;
      wake(socket);
      if (!socket.destroyed && socket.writable && socket.readable) return socket;
      socket.destroy();
    }
  }

  /** Keeps a connection whose answer has ended, or closes it where nobody may use it. */
  keep(server: Server, socket: Socket, idleMs: number | undefined): void {
    const place = placeOf(server);
    const sockets = this.#idle.get(place) ?? [];
    const isWhole = !socket.destroyed && socket.writable && socket.readable && socket.readableLength === 0;
    const ms = Math.min(IDLE_MS, idleMs ?? IDLE_MS);
    if (!isWhole || ms <= 0 || sockets.length >= IDLE_MAX || this.#open.get(place)?.instance !== server.instance) {
      socket.destroy();
      return;
    }
    this.#idle.set(place, [...sockets, socket]);
    const drop = (): void => {
      const kept = this.#idle.get(place);
      const at = kept?.indexOf(socket) ?? -1;
      if (at >= 0) kept?.splice(at, 1);
      socket.destroy();
    };
    for (const event of IDLE_EVENTS) socket.on(event, drop);
    socket.setTimeout(ms);
    DROPS.set(socket, drop);
  }

  close(): void {
    this.update(new Map());
  }
}

export const placeOf = ({ address, port }: Server): string => `${address} ${port}`;

const IDLE_EVENTS = ['error', 'end', 'close', 'timeout'] as const;
const DROPS = new WeakMap<Socket, () => void>();

const wake = (socket: Socket): void => {
  const drop = DROPS.get(socket);
  if (drop !== undefined) for (const event of IDLE_EVENTS) socket.off(event, drop);
  DROPS.delete(socket);
  socket.setTimeout(0);
};

/** Gives one request the connection that was made for it: a connection is made before anything of the request is read for sending. */
export class OneSocket extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket, isKept: boolean) {
    super({ keepAlive: isKept });
    this.#socket = socket;
  }

  addRequest(request: ClientRequest): void {
    request.onSocket(this.#socket);
  }
}
