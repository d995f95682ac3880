import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Listener, Route, RouteTable } from '../../../domain/traffic/table.ts';
import { answer, answerRaw } from './answers.ts';
import { askerOf, hostAndPathOf, isRepeatable, keepsConnection, prepare } from './exchange.ts';
import { Forwarding } from './forwarding.ts';
import { Passwords } from './passwords.ts';
import type { Ends } from './proxyHeader.ts';
import { type Reached, reach } from './reaching.ts';
import type { Serving } from './serving.ts';

const HTTPS_PORT = 443;

type Refusal = { readonly status: number; readonly why: string; readonly headers?: Readonly<Record<string, string>> };

/** Answers requests of HTTP listeners: by what the route asks for first, then by a server. */
export class HttpFront {
  readonly #passwords = new Passwords();
  readonly #forwarding: Forwarding;
  readonly #serving: Serving;

  constructor(serving: Serving) {
    this.#serving = serving;
    this.#forwarding = new Forwarding(serving.upstreams);
  }

  async handle(listener: Listener, ends: Ends, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    request.on('error', () => undefined);
    const keepsClient = keepsConnection(request);
    const isRoute = await this.#routeFor(listener, request);
    if ('status' in isRoute) return answer(response, isRoute.status, isRoute.why, isRoute.headers);
    const route = isRoute;
    const [asker, mayRepeat] = [askerOf(request, ends), isRepeatable(request)];
    prepare(request, route, listener, ends);
    for (let mayReuse = mayRepeat; ; mayReuse = false) {
      const reached = await reach(this.#serving, route, asker, ends, mayReuse, gone.signal);
      if (gone.signal.aborted) return this.#release(reached);
      if (typeof reached === 'string') {
        this.#serving.unanswered(route);
        const why = reached === 'nobody' ? 'no server is there to answer' : 'no server could be connected to';
        return answer(response, 503, why);
      }
      const { tally, over } = this.#begin(route, reached);
      const isSecure = listener.tls !== undefined;
      const keeps = keepsClient && this.#serving.table.listeners.some(({ id }) => id === listener.id);
      const passed = await this.#forwarding.pass(request, response, { route, reached, tally, isSecure, keepsClient: keeps });
      over();
      if (passed === 'answered') return;
      // The server had closed a connection that stood idle, before or while it was asked again.
      if (passed === 'broken' && reached.isReused && !response.headersSent) {
        tally.requests -= 1;
        continue;
      }
      tally.errors += 1;
      if (passed === 'late') return answer(response, 504, `no answer within ${route.timeouts.serverMs} ms`);
      return answer(response, 502, 'the connection broke before the server answered');
    }
  }

  async upgrade(listener: Listener, ends: Ends, request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const gone = new AbortController();
    client.on('error', () => client.destroy());
    client.once('close', () => gone.abort());
    const route = await this.#routeFor(listener, request);
    if ('status' in route) return answerRaw(client, route.status, route.why, route.headers);
    const asker = askerOf(request, ends);
    prepare(request, route, listener, ends);
    const reached = await reach(this.#serving, route, asker, ends, false, gone.signal);
    if (gone.signal.aborted) return this.#release(reached);
    if (typeof reached === 'string') {
      this.#serving.unanswered(route);
      return answerRaw(client, 503, 'no server is there to answer');
    }
    const { tally, over } = this.#begin(route, reached);
    await this.#forwarding.upgrade(request, client, head, {
      route,
      reached,
      tally,
      isSecure: listener.tls !== undefined,
      keepsClient: false,
    });
    over();
  }

  #begin(route: Route, { choice, socket, end }: Reached) {
    const tally = this.#serving.tallyOf(route, choice.version);
    tally.requests += 1;
    const [written, read] = [socket.bytesWritten, socket.bytesRead];
    const ended = tally.begin(() => ({ toServer: socket.bytesWritten - written, toClient: socket.bytesRead - read }));
    const over = (): void => {
      ended();
      end();
    };
    return { tally, over };
  }

  #release(reached: Reached | string): void {
    if (typeof reached === 'string') return;
    reached.socket.destroy();
    reached.end();
  }

  /** The route that a request goes by, or what is answered instead. */
  async #routeFor(listener: Listener, request: IncomingMessage): Promise<Route | Refusal> {
    let asked: { readonly host: string; readonly path: string };
    try {
      asked = hostAndPathOf(request);
    } catch {
      return { status: 400, why: 'the request target is no URL' };
    }
    const route = this.#serving.find(listener.id, asked.host, asked.path);
    if (route === undefined) return { status: 404, why: 'no route is for this host and path' };
    if (route.redirectToHttps && listener.tls === undefined) return redirect(route, this.#serving.table, request, asked.host);
    if (route.auth !== undefined && !(await this.#passwords.allows(request.headers.authorization, route.auth.users)))
      return {
        status: 401,
        why: 'a name and a password are needed',
        headers: { 'www-authenticate': `Basic realm="${route.auth.realm.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/g, '')}"` },
      };
    return route;
  }
}

const redirect = (route: Route, { listeners }: RouteTable, { url, method }: IncomingMessage, host: string): Refusal => {
  const secure = listeners.find(({ id, tls }) => tls !== undefined && route.listeners.includes(id));
  const port = secure === undefined || secure.port === HTTPS_PORT ? '' : `:${secure.port}`;
  // 308 keeps the method; what only reads gets the code that every client knows.
  const status = method === 'GET' || method === 'HEAD' ? 301 : 308;
  return { status, why: 'over HTTPS', headers: { location: `https://${host}${port}${url}` } };
};
