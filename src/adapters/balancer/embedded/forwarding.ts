import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'httpxy';
import type { Route } from '../../../domain/traffic/table.ts';
import { answerRaw } from './answers.ts';
import { dropPerHop } from './exchange.ts';
import type { Reached } from './reaching.ts';
import type { Tally } from './tallies.ts';
import { OneSocket, type Upstreams } from './upstreams.ts';

/** How long a browser keeps to HTTPS, seconds: 182.5 days, as marathon-lb had it. */
const HSTS_SECONDS = 15_768_000;

/** One request that is being passed on. */
export type Passing = {
  readonly route: Route;
  readonly reached: Reached;
  readonly tally: Tally;
  readonly isSecure: boolean;
  /** The client's connection may serve another request. */
  readonly keepsClient: boolean;
};

type Underway = Passing & { readonly began: number; isAnswered: boolean; isLate: boolean; idleMs?: number };

export type Passed = 'answered' | 'broken' | 'late';

/** Passes requests on over connections that stand already, by httpxy. */
export class Forwarding {
  readonly #web = createProxyServer();
  readonly #upgrades = createProxyServer();
  readonly #underway = new WeakMap<IncomingMessage, Underway>();
  readonly #upstreams: Upstreams;

  constructor(upstreams: Upstreams) {
    this.#upstreams = upstreams;
    this.#web.on('proxyRes', (answer, request) => this.#answered(answer, request));
    this.#upgrades.on('proxyReqWs', (asked, request) => this.#upgrading(asked, request));
    // Told of before httpxy ends the client's connection, so that there is a moment to say why.
    this.#upgrades.on('error', (_, request, socket) => {
      const underway = request === undefined ? undefined : this.#underway.get(request);
      if (underway === undefined || underway.isAnswered || socket === undefined) return;
      underway.isAnswered = true;
      underway.tally.errors += 1;
      answerRaw(socket as unknown as Duplex, underway.isLate ? 504 : 502, 'the server did not answer');
    });
  }

  /** Resolves when the answer has been sent, or when there can be none: then nothing has been answered yet. */
  async pass(request: IncomingMessage, response: ServerResponse, passing: Passing): Promise<Passed> {
    const { route, reached } = passing;
    const { socket, choice } = reached;
    const underway: Underway = { ...passing, began: performance.now(), isAnswered: false, isLate: false };
    this.#underway.set(request, underway);
    const { serverMs } = route.timeouts;
    const silent = (): void => {
      // Not the server's silence: the client still sends, or does not read.
      const isClients = underway.isAnswered ? response.writableNeedDrain : !request.complete;
      if (isClients) return void socket.setTimeout(serverMs);
      underway.isLate = true;
      socket.destroy(new Error(`no answer within ${serverMs} ms`));
    };
    socket.setTimeout(serverMs);
    socket.on('timeout', silent);
    socket.once('free', () => {
      socket.off('timeout', silent);
      this.#upstreams.keep(choice.server, socket, underway.idleMs);
    });
    const agent = new OneSocket(socket, route.sendsProxy === undefined);
    const target = { protocol: 'http:', host: choice.server.address, port: choice.server.port };
    try {
      await this.#web.web(request, response, { target, agent });
    } catch {
      socket.destroy();
      if (!underway.isAnswered && !response.destroyed) return underway.isLate ? 'late' : 'broken';
      response.destroy();
    }
    return 'answered';
  }

  /** Resolves when both connections are closed. */
  async upgrade(request: IncomingMessage, client: Duplex, head: Buffer, passing: Passing): Promise<void> {
    const { route, reached } = passing;
    const { socket, choice } = reached;
    const underway: Underway = { ...passing, began: performance.now(), isAnswered: false, isLate: false };
    this.#underway.set(request, underway);
    socket.setTimeout(route.timeouts.serverMs, () => {
      underway.isLate = true;
      socket.destroy(new Error('no answer'));
    });
    // A pipe passes on the end of a stream, not that it was cut off.
    const closed = new Promise<void>((resolve) => {
      client.once('close', () => socket.destroy());
      socket.once('close', () => {
        if (client.writable) client.end();
        resolve();
      });
    });
    const target = { protocol: 'http:', host: choice.server.address, port: choice.server.port };
    const options = { target, agent: new OneSocket(socket, false) };
    await this.#upgrades.ws(request, client as typeof socket, options, head).catch(() => undefined);
    await closed;
  }

  #answered(answer: IncomingMessage, request: IncomingMessage): void {
    const underway = this.#underway.get(request);
    if (underway === undefined) return;
    underway.isAnswered = true;
    this.#count(underway, answer);
    const { headers } = answer;
    const idle = /timeout=(\d+)/i.exec(String(headers['keep-alive'] ?? ''))?.[1];
    if (idle !== undefined) underway.idleMs = (Number(idle) - 1) * 1_000;
    dropPerHop(headers);
    addHeaders(headers, underway);
    // httpxy answers as the client asked in this header.
    request.headers.connection = underway.keepsClient ? 'keep-alive' : 'close';
  }

  #upgrading(asked: ClientRequest, request: IncomingMessage): void {
    const underway = this.#underway.get(request);
    if (underway === undefined) return;
    const answered = (answer: IncomingMessage): void => {
      underway.isAnswered = true;
      this.#count(underway, answer);
      addHeaders(answer.headers, underway);
    };
    asked.on('upgrade', (answer: IncomingMessage) => {
      answered(answer);
      underway.reached.socket.setTimeout(0);
    });
    asked.on('response', answered);
  }

  #count({ tally, began }: Underway, { statusCode }: IncomingMessage): void {
    const now = performance.now();
    tally.took(now - began, now);
    if ((statusCode ?? 0) >= 500) tally.errors += 1;
  }
}

const addHeaders = (headers: IncomingMessage['headers'], { reached, route, isSecure }: Passing): void => {
  const { cookies } = reached.choice;
  if (cookies.length > 0) headers['set-cookie'] = [...(headers['set-cookie'] ?? []), ...cookies];
  if (route.hsts && isSecure) headers['strict-transport-security'] = `max-age=${HSTS_SECONDS}`;
};
