/**
 * What every balancer promises, whatever it is: the port's words as tests with real sockets. HAProxy and the embedded proxy run this same
 * suite; each test opens its own balancer on ports that were free.
 */
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { Balancer, PoolCounters } from '../../src/domain/ports/balancer.ts';
import type { Listener, Pool, Route, RouteTable, Server } from '../../src/domain/traffic/table.ts';
import { selfSigned } from '../support/certificates.ts';
import { ask, type Backend, dial, freePort, httpBackend, tcpBackend } from '../support/trafficServer.ts';

export type BalancerHarness = {
  readonly name: string;
  /** A new one that serves nothing yet. Closed by the suite. */
  open(): Promise<Balancer>;
  /** Why none can be opened here; the suite is then shown as skipped. */
  readonly missing?: string;
};

/** Weighted shares are tried over this many requests; at 95 % one standard deviation is half a point. */
const REQUESTS = 2_000;
/** Requests that are asked at the same time. */
const AT_ONCE = 20;
/** `crypt(3)` of `open sesame`, SHA-256. */
const SESAME = '$5$wharfsalt$TxOAl8TlMCK.h2r/G4Yaiw.79gs4v3whLdEJ1NMpO0A';

export const route = (given: Partial<Route> & Pick<Route, 'listeners' | 'pools'>): Route => ({
  id: '/web:0',
  app: '/web',
  mode: 'http',
  hosts: [],
  redirectToHttps: false,
  hsts: false,
  balance: 'roundrobin',
  timeouts: { connectMs: 3_000, serverMs: 30_000 },
  rules: [],
  ...given,
});

export const pool = (version: string, servers: readonly (Backend | Server)[], weight?: number): Pool => ({
  version,
  servers: servers.map((each) => ('server' in each ? each.server : each)),
  ...(weight !== undefined && { weight }),
});

const draining = ({ server }: Backend): Server => ({ ...server, isDraining: true });

export const balancerContract = ({ name, open, missing }: BalancerHarness): void => {
  describe.skipIf(missing !== undefined && process.env.CI !== 'true')(`${name}${missing === undefined ? '' : ` (${missing})`}`, () => {
    const opened: Balancer[] = [];
    const begin = async (): Promise<Balancer> => {
      const balancer = await open();
      opened.push(balancer);
      return balancer;
    };
    afterEach(async () => {
      for (const balancer of opened.splice(0)) await balancer.close();
    });

    const listening = async (given: Partial<Listener> = {}): Promise<Listener> => {
      const port = await freePort();
      return { id: `${given.mode ?? 'http'}:${port}`, address: '127.0.0.1', port, mode: 'http', acceptsProxy: false, ...given };
    };

    /** One listener with one route, and how to change the route. */
    const serving = async (given: Omit<Partial<Route>, 'pools'>, pools: readonly Pool[], at: Partial<Listener> = {}) => {
      const [balancer, listener] = [await begin(), await listening(at)];
      const apply = (next: readonly Pool[], more: Partial<Route> = {}): Promise<void> =>
        balancer.apply({ listeners: [listener], routes: [route({ ...given, ...more, listeners: [listener.id], pools: next })] });
      await apply(pools);
      return { balancer, port: listener.port, listener, apply };
    };

    const tallyOf = async (port: number, count: number, options: Parameters<typeof ask>[1] = {}): Promise<Record<string, number>> => {
      const tally: Record<string, number> = {};
      let left = count;
      const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          while (left-- > 0) {
            const { body, status } = await ask(port, { agent, ...options });
            const key = status === 200 ? body : String(status);
            tally[key] = (tally[key] ?? 0) + 1;
          }
        }),
      );
      agent.destroy();
      return tally;
    };

    /** Asks without a pause until told to stop; answers every way in which it was not answered well. */
    const load = (port: number) => {
      const failures: string[] = [];
      const agent = new Agent({ keepAlive: true, maxSockets: 8 });
      let [isOver, asked] = [false, 0];
      const done = Promise.all(
        Array.from({ length: 8 }, async (_, nth) => {
          while (!isOver) {
            asked += 1;
            const method = nth % 2 === 0 ? 'GET' : 'POST';
            await ask(port, { agent, method, ...(method === 'POST' && { body: 'x' }) }).then(
              ({ status }) => status === 200 || failures.push(`${method}: ${status}`),
              (error: Error) => failures.push(`${method}: ${error.message}`),
            );
          }
        }),
      );
      return {
        asked: () => asked,
        stop: async () => {
          isOver = true;
          await done;
          agent.destroy();
          return failures;
        },
      };
    };
    const more = async (running: { asked(): number }, requests: number): Promise<void> => {
      const until = running.asked() + requests;
      while (running.asked() < until) await new Promise((resolve) => setImmediate(resolve));
    };
    const countersOf = async (balancer: Balancer, version: string): Promise<PoolCounters | undefined> =>
      (await balancer.counters()).find((each) => each.version === version);

    describe('routes', () => {
      test('sends requests to the servers of a route, each in its turn', async () => {
        const backends = await Promise.all(['a', 'b', 'c'].map((each) => httpBackend(each)));
        const { port } = await serving({}, [pool('1', backends)]);
        const tally = await tallyOf(port, 300);
        expect(Object.keys(tally).sort()).toEqual(['a', 'b', 'c']);
        for (const count of Object.values(tally)) expect(Math.abs(count - 100)).toBeLessThanOrEqual(30);
      });

      test('tells hosts apart, in any case and with any port, and answers 404 or 503 to one that nobody has', async () => {
        const [balancer, listener] = [await begin(), await listening()];
        const [one, all] = await Promise.all([httpBackend('one'), httpBackend('all')]);
        await balancer.apply({
          listeners: [listener],
          routes: [
            route({ id: '/one:0', app: '/one', listeners: [listener.id], hosts: ['one.test'], pools: [pool('1', [one])] }),
            route({ id: '/all:0', app: '/all', listeners: [listener.id], hosts: ['*.all.test'], pools: [pool('1', [all])] }),
          ],
        });
        const host = async (name: string) => (await ask(listener.port, { headers: { host: name } })).body;
        expect(await host('one.test')).toBe('one');
        expect(await host('One.Test:8080')).toBe('one');
        expect(await host('deep.er.all.test')).toBe('all');
        expect([404, 503]).toContain((await ask(listener.port, { headers: { host: 'all.test' } })).status);
        expect([404, 503]).toContain((await ask(listener.port, { headers: { host: 'notone.test' } })).status);
      });

      test('takes the longest path, on whole segments, and cuts off what it is told to', async () => {
        const [balancer, listener] = [await begin(), await listening()];
        const url: Parameters<typeof httpBackend>[1] = (incoming, response) => response.end(`api ${incoming.url}`);
        const [root, api, deep] = await Promise.all([httpBackend('root'), httpBackend('api', url), httpBackend('deep')]);
        const on = (id: string, path: string | undefined, backend: Backend, stripPath?: string): Route =>
          route({
            id,
            app: id,
            listeners: [listener.id],
            pools: [pool('1', [backend])],
            ...(path !== undefined && { path }),
            ...(stripPath !== undefined && { stripPath }),
          });
        const routes = [on('/root', undefined, root), on('/api', '/api', api, '/api'), on('/deep', '/api/deep', deep)];
        await balancer.apply({ listeners: [listener], routes });
        const at = async (path: string) => (await ask(listener.port, { path })).body;
        expect(await at('/')).toBe('root');
        expect(await at('/apis')).toBe('root');
        expect(await at('/api')).toBe('api /');
        expect(await at('/api?x=1')).toBe('api /?x=1');
        expect(await at('/api/deeper?q=/api')).toBe('api /deeper?q=/api');
        expect(await at('/api/deep')).toBe('deep');
        expect(await at('/api/deep/er')).toBe('deep');
      });

      test('tells servers who the client is and how it came', async () => {
        const backend = await httpBackend('a');
        const { port } = await serving({}, [pool('1', [backend])]);
        await ask(port, { headers: { host: 'web.test' } });
        expect(backend.seen()[0]?.headers).toMatchObject({
          host: 'web.test',
          'x-forwarded-for': '127.0.0.1',
          'x-forwarded-proto': 'http',
          'x-forwarded-port': String(port),
        });
      });

      test('asks for the password of a route', async () => {
        const auth = { realm: 'the wharf', users: { ali: SESAME } };
        const { port } = await serving({ auth }, [pool('1', [await httpBackend('a')])]);
        const asked = await ask(port);
        expect(asked.status).toBe(401);
        expect(asked.headers['www-authenticate']).toBe('Basic realm="the wharf"');
        expect((await ask(port, { auth: 'ali:wrong' })).status).toBe(401);
        expect((await ask(port, { auth: 'ali:open sesame' })).body).toBe('a');
      });

      test('answers 503 where a route has no server', async () => {
        const { port } = await serving({}, [pool('1', [])]);
        expect((await ask(port)).status).toBe(503);
      });

      test('takes a listener away with its last route', async () => {
        const { balancer, port } = await serving({}, [pool('1', [await httpBackend('a')])]);
        await balancer.apply({ listeners: [], routes: [] });
        await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
      });

      test('serves the rest of a table where another process has a port, and says which', async () => {
        const holder = await httpBackend('holder');
        const [balancer, listener] = [await begin(), await listening()];
        const taken = { ...(await listening()), port: holder.server.port };
        const routes = [route({ listeners: [listener.id, taken.id], pools: [pool('1', [await httpBackend('a')])] })];
        await balancer.apply({ listeners: [listener, taken], routes });
        expect((await ask(listener.port)).body).toBe('a');
        expect((await ask(taken.port)).body).toBe('holder');
        expect(balancer.warnings?.().join()).toContain(String(taken.port));
      });
    });

    describe('weights', () => {
      test('splits by weight within two points, whatever the number of servers', async () => {
        const old = await Promise.all(['o1', 'o2', 'o3', 'o4', 'o5'].map((each) => httpBackend(each)));
        const fresh = [await httpBackend('n1')];
        const { balancer, port, apply } = await serving({}, [pool('1', old, 95), pool('2', fresh, 5)]);
        const before = balancer.reloads();
        const share = async () => ((await tallyOf(port, REQUESTS)).n1 ?? 0) / REQUESTS;
        expect(Math.abs((await share()) - 0.05)).toBeLessThan(0.02);
        await apply([pool('1', old, 1), pool('2', fresh, 3)]);
        expect(Math.abs((await share()) - 0.75)).toBeLessThan(0.04);
        await apply([pool('1', old, 100), pool('2', fresh, 0)]);
        expect(await share()).toBe(0);
        await apply([pool('1', old, 0), pool('2', fresh, 100)]);
        expect(await share()).toBe(1);
        expect(balancer.reloads()).toBe(before);
      });

      test('counts all servers alike without weights, whatever their version', async () => {
        const old = await Promise.all(['o1', 'o2', 'o3'].map((each) => httpBackend(each)));
        const { port } = await serving({}, [pool('1', old), pool('2', [await httpBackend('n1')])]);
        const tally = await tallyOf(port, 400);
        expect(Math.abs((tally.n1 ?? 0) - 100)).toBeLessThan(40);
      });

      test('gives the share of a version without servers to the others', async () => {
        const old = await httpBackend('o1');
        const { port, apply } = await serving({}, [pool('1', [old], 50), pool('2', [], 50)]);
        expect(await tallyOf(port, 100)).toEqual({ o1: 100 });
        await apply([pool('1', [old], 0), pool('2', [], 100)]);
        expect(await tallyOf(port, 100)).toEqual({ o1: 100 });
      });

      test('keeps a client with its server by a cookie, weights or not', async () => {
        const old = await Promise.all(['o1', 'o2'].map((each) => httpBackend(each)));
        const fresh = await Promise.all(['n1', 'n2'].map((each) => httpBackend(each)));
        const { port, apply } = await serving({ sticky: 'stay' }, [pool('1', old, 50), pool('2', fresh, 50)]);
        for (let client = 0; client < 10; client++) {
          const first = await ask(port);
          const cookie = (first.headers['set-cookie'] ?? []).map((each) => each.split(';')[0]).join('; ');
          expect(cookie).toMatch(/^stay=/);
          for (let again = 0; again < 5; again++) expect((await ask(port, { headers: { cookie } })).body).toBe(first.body);
        }
        const theirs = await ask(port, { headers: { cookie: 'stay=nobody-has-this' } });
        expect(theirs.status).toBe(200);
        // A client of the new version stays there though nobody new is sent to it.
        const stays = await (async (): Promise<string> => {
          for (;;) {
            const { body, headers } = await ask(port);
            if (body.startsWith('n')) return `${(headers['set-cookie'] ?? [''])[0]?.split(';')[0]}`;
          }
        })();
        await apply([pool('1', old, 100), pool('2', fresh, 0)]);
        expect((await ask(port, { headers: { cookie: stays } })).body).toMatch(/^n/);
        await apply([pool('1', old, 100), pool('2', fresh.map(draining), 0)]);
        expect((await ask(port, { headers: { cookie: stays } })).body).toMatch(/^o/);
      });

      test('lets a header and a cookie decide before weights do', async () => {
        const [old, fresh] = await Promise.all([httpBackend('old'), httpBackend('new')]);
        const rules: Route['rules'] = [
          { version: '2', when: { header: 'X-Beta', equals: 'yes please' } },
          { version: '2', when: { cookie: 'beta', equals: '1' } },
        ];
        const { port } = await serving({ rules }, [pool('1', [old], 100), pool('2', [fresh], 0)]);
        const by = async (headers: Record<string, string>) => (await ask(port, { headers })).body;
        expect(await by({})).toBe('old');
        expect(await by({ 'x-beta': 'yes please' })).toBe('new');
        expect(await by({ 'x-beta': 'no' })).toBe('old');
        expect(await by({ cookie: 'a=b; beta=1' })).toBe('new');
        expect(await by({ cookie: 'beta=2' })).toBe('old');
      });

      test('sends a percentage of clients to a version, where they stay', async () => {
        const [old, fresh] = await Promise.all([httpBackend('old'), httpBackend('new')]);
        const rules: Route['rules'] = [{ version: '2', when: { percent: 20, cookie: 'trial' } }];
        const { port, apply } = await serving({ rules }, [pool('1', [old], 100), pool('2', [fresh], 0)]);
        const clients: { cookie: string; body: string }[] = [];
        for (let nth = 0; nth < 500; nth++) {
          const { body, headers } = await ask(port);
          clients.push({ body, cookie: (headers['set-cookie'] ?? []).map((each) => each.split(';')[0]).join('; ') });
        }
        const share = clients.filter(({ body }) => body === 'new').length / clients.length;
        expect(Math.abs(share - 0.2)).toBeLessThan(0.09);
        for (const { cookie, body } of clients.slice(0, 50)) expect((await ask(port, { headers: { cookie } })).body).toBe(body);
        await apply([pool('1', [old], 100), pool('2', [fresh], 0)], { rules: [{ version: '2', when: { percent: 60, cookie: 'trial' } }] });
        const kept = clients.filter(({ body }) => body === 'new').slice(0, 20);
        for (const { cookie } of kept) expect((await ask(port, { headers: { cookie } })).body).toBe('new');
      });

      test('goes by the weights where nobody of the version that a rule names can answer', async () => {
        const rules: Route['rules'] = [{ version: '2', when: { header: 'x-beta', equals: '1' } }];
        const { port } = await serving({ rules }, [pool('1', [await httpBackend('old')], 100), pool('2', [], 0)]);
        expect((await ask(port, { headers: { 'x-beta': '1' } })).body).toBe('old');
      });
    });

    describe('changes', () => {
      test('loses nothing under load while every server is replaced, without a new process', async () => {
        const old = await Promise.all(['o1', 'o2', 'o3'].map((each) => httpBackend(each)));
        const fresh = await Promise.all(['n1', 'n2', 'n3'].map((each) => httpBackend(each)));
        const { balancer, port, apply } = await serving({}, [pool('1', old)]);
        const before = balancer.reloads();
        const running = load(port);
        for (let step = 1; step <= 3; step++) {
          await more(running, 50);
          const [leaving, staying] = [old.slice(step - 1, step), old.slice(step)];
          const came = pool('2', fresh.slice(0, step));
          await apply([pool('1', [...leaving.map(draining), ...staying]), came]);
          for (const { server } of leaving) while ((await balancer.busyWith(server.instance)) > 0) await more(running, 1);
          await apply([pool('1', staying), came]);
          for (const backend of leaving) await backend.die();
        }
        await more(running, 50);
        expect(await running.stop()).toEqual([]);
        expect(balancer.reloads()).toBe(before);
      });

      test('loses nothing under load while listeners and routes come and go', async () => {
        const [backend, other] = await Promise.all([httpBackend('a'), httpBackend('b')]);
        const { balancer, listener, port } = await serving({}, [pool('1', [backend])]);
        const running = load(port);
        const web = route({ listeners: [listener.id], pools: [pool('1', [backend])] });
        for (let round = 0; round < 3; round++) {
          const second = await listening();
          const added = route({ id: '/other:0', app: '/other', listeners: [second.id], pools: [pool('1', [other])] });
          await balancer.apply({ listeners: [listener, second], routes: [web, added] });
          expect((await ask(second.port)).body).toBe('b');
          await more(running, 20);
          await balancer.apply({ listeners: [listener], routes: [web] });
          await more(running, 20);
        }
        expect(await running.stop()).toEqual([]);
      });

      test('lets a draining server end what it has begun, gives it nothing new, and knows that it is busy', async () => {
        const held = Promise.withResolvers<void>();
        const slow = await httpBackend('slow', (_, response) => void held.promise.then(() => response.end('done')));
        const other = await httpBackend('other');
        const { balancer, port, apply } = await serving({}, [pool('1', [slow])]);
        const begun = ask(port);
        while (slow.seen().length === 0) await new Promise((resolve) => setImmediate(resolve));
        await apply([pool('1', [{ ...slow.server, isDraining: true }, other])]);
        expect(await balancer.busyWith('slow')).toBeGreaterThan(0);
        expect(await tallyOf(port, 50)).toEqual({ other: 50 });
        held.resolve();
        expect((await begun).body).toBe('done');
        while ((await balancer.busyWith('slow')) > 0) await new Promise((resolve) => setImmediate(resolve));
        expect(await balancer.busyWith('nobody')).toBe(0);
      });

      test('keeps a WebSocket through changes that do not concern it', async () => {
        const backend = await httpBackend('a');
        const { balancer, listener, port, apply } = await serving({}, [pool('1', [backend])]);
        const socket = await dial(port);
        socket.socket.write(
          'GET /chat HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
        );
        socket.socket.write('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
        await socket.until('101 Switching Protocols');
        socket.socket.write('one');
        await socket.until('one');
        await apply([pool('1', [backend, await httpBackend('b')])]);
        const second = await listening();
        const web = route({ listeners: [listener.id], pools: [pool('1', [backend])] });
        const added = route({ id: '/other:0', app: '/other', listeners: [second.id], pools: [pool('1', [await httpBackend('c')])] });
        await balancer.apply({ listeners: [listener, second], routes: [web, added] });
        socket.socket.write('two');
        expect(await socket.until('two')).toContain('onetwo');
      });

      test('takes overlapping tables, and the last one wins', async () => {
        const backends = await Promise.all(['a', 'b', 'c', 'd'].map((each) => httpBackend(each)));
        const { port, apply } = await serving({}, []);
        await Promise.all(backends.map((backend) => apply([pool('1', [backend])])));
        expect(await tallyOf(port, 20)).toEqual({ d: 20 });
      });
    });

    describe('servers that fail', () => {
      test('asks another server where one cannot be connected to, whatever the method, and counts it', async () => {
        const [dead, alive] = await Promise.all([httpBackend('dead'), httpBackend('alive')]);
        const { balancer, port } = await serving({}, [pool('1', [dead, alive])]);
        await dead.die();
        for (const method of ['GET', 'POST'])
          for (let nth = 0; nth < 10; nth++) {
            // Node sends the body of a GET without its length: bytes that belong to no request.
            const asked = await ask(port, { method, ...(method === 'POST' && { body: 'x' }) });
            expect(asked.body).toBe('alive');
          }
        expect((await countersOf(balancer, '1'))?.retries).toBeGreaterThan(0);
      });

      test('never sends a POST twice that a server may have read', async () => {
        const reset: Parameters<typeof httpBackend>[1] = (incoming) =>
          void incoming.on('end', () => incoming.socket.resetAndDestroy()).resume();
        const backends = await Promise.all(['a', 'b'].map((each) => httpBackend(each, reset)));
        const { balancer, port } = await serving({}, [pool('1', backends)]);
        for (let nth = 0; nth < 10; nth++) expect((await ask(port, { method: 'POST', body: 'order' })).status).toBe(502);
        expect(backends.flatMap((backend) => backend.seen()).length).toBe(10);
        expect(await countersOf(balancer, '1')).toMatchObject({ requests: 10, errors: 10 });
      });
    });

    describe('connections', () => {
      test('passes TCP on as it comes', async () => {
        const { port } = await serving({ mode: 'tcp' }, [pool('1', [await tcpBackend('a')])], { mode: 'tcp' });
        const { socket, until } = await dial(port);
        expect(await until('a\n')).toBe('a\n');
        socket.write('ping');
        expect(await until('ping')).toBe('a\nping');
      });

      test('keeps a TCP client with its server by its address', async () => {
        const backends = await Promise.all(['a', 'b', 'c'].map((each) => tcpBackend(each)));
        const { port } = await serving({ mode: 'tcp', sticky: '' }, [pool('1', backends)], { mode: 'tcp' });
        const greetings = new Set<string>();
        for (let nth = 0; nth < 8; nth++) greetings.add(await (await dial(port)).until('\n'));
        expect(greetings.size).toBe(1);
      });

      test('splits TCP connections by weight', async () => {
        const [old, fresh] = await Promise.all([tcpBackend('old'), tcpBackend('new')]);
        const { port, apply } = await serving({ mode: 'tcp' }, [pool('1', [old], 0), pool('2', [fresh], 1)], { mode: 'tcp' });
        for (let nth = 0; nth < 10; nth++) expect(await (await dial(port)).until('\n')).toBe('new\n');
        await apply([pool('1', [old], 1), pool('2', [fresh], 0)]);
        for (let nth = 0; nth < 10; nth++) expect(await (await dial(port)).until('\n')).toBe('old\n');
      });

      test('chooses the certificate by SNI, the first one where none fits, and adds HSTS', async () => {
        const certificates = await Promise.all(['a.test', 'b.test'].map((host) => selfSigned(host)));
        const backend = await httpBackend('a');
        const { port } = await serving({ hsts: true }, [pool('1', [backend])], { tls: { certificates } });
        const subject = async (servername: string): Promise<string> => {
          const socket = connectTls({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
          await once(socket, 'secureConnect');
          const { CN } = socket.getPeerCertificate().subject;
          socket.destroy();
          return String(CN);
        };
        expect(await subject('b.test')).toBe('b.test');
        expect(await subject('a.test')).toBe('a.test');
        expect(await subject('c.test')).toBe('a.test');
        const { body, headers } = await ask(port, { protocol: 'https:' });
        expect(body).toBe('a');
        expect(headers['strict-transport-security']).toMatch(/^max-age=\d+/);
        expect(backend.seen()[0]?.headers['x-forwarded-proto']).toBe('https');
      });

      test('redirects to HTTPS on the port that the route has it', async () => {
        const [balancer, plain, secure] = [await begin(), await listening(), await listening()];
        const tls = { ...secure, tls: { certificates: [await selfSigned('web.test')] } };
        const redirected = route({
          listeners: [plain.id, tls.id],
          redirectToHttps: true,
          pools: [pool('1', [await httpBackend('a')])],
        });
        await balancer.apply({ listeners: [plain, tls], routes: [redirected] });
        const { status, headers } = await ask(plain.port, { path: '/x?y=1', headers: { host: `web.test:${plain.port}` } });
        expect([301, 302, 307, 308]).toContain(status);
        expect(headers.location).toBe(`https://web.test:${tls.port}/x?y=1`);
        expect((await ask(tls.port, { protocol: 'https:', headers: { host: 'web.test' } })).body).toBe('a');
      });

      test('reads who the client is from a PROXY header, and tells servers by one', async () => {
        const backend = await tcpBackend('a');
        const { port } = await serving({ mode: 'tcp', sendsProxy: 'v1' }, [pool('1', [backend])], { mode: 'tcp', acceptsProxy: true });
        const { socket, until } = await dial(port);
        socket.write('PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\nhello');
        await until('hello');
        expect(backend.seen()[0]?.url).toMatch(/^PROXY TCP4 203\.0\.113\.7 \S+ 4711 \d+\r\nhello$/);
      });

      test('tells servers the client of a PROXY header in HTTP too', async () => {
        const backend = await httpBackend('a');
        const { port } = await serving({}, [pool('1', [backend])], { acceptsProxy: true });
        const { socket, until } = await dial(port);
        socket.write('PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\nGET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n');
        await until('200 OK');
        expect(backend.seen()[0]?.headers['x-forwarded-for']).toBe('203.0.113.7');
      });
    });

    describe('counters', () => {
      test('count by route and version, and never go back', async () => {
        const failing: Parameters<typeof httpBackend>[1] = (_, response) => {
          response.statusCode = 500;
          response.end('oh');
        };
        const [old, fresh] = await Promise.all([httpBackend('old'), httpBackend('new', failing)]);
        const { balancer, listener, port, apply } = await serving({}, [pool('1', [old], 1), pool('2', [fresh], 0)]);
        await tallyOf(port, 40);
        await apply([pool('1', [old], 0), pool('2', [fresh], 1)]);
        await tallyOf(port, 20);
        const first = await countersOf(balancer, '1');
        expect(first).toMatchObject({ route: '/web:0', app: '/web', requests: 40, errors: 0 });
        expect(first?.bytesOut).toBeGreaterThan(40);
        expect(first?.bytesIn).toBeGreaterThan(40);
        expect(await countersOf(balancer, '2')).toMatchObject({ requests: 20, errors: 20 });
        const table: RouteTable = {
          listeners: [listener, await listening()],
          routes: [route({ listeners: [listener.id], pools: [pool('1', [old])] })],
        };
        await balancer.apply(table);
        await tallyOf(port, 5);
        expect(await countersOf(balancer, '1')).toMatchObject({ requests: 45, errors: 0 });
      });
    });
  });
};
