import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listenUnix } from '../../../../src/adapters/http/listen.ts';
import type { Clock } from '../../../../src/domain/kernel/ports.ts';
import { createViews } from '../../../../src/projections/views.ts';
import { START } from '../../../support/fakeEngine.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';
import { listen } from '../streams.ts';
import { TOKEN } from '../world.ts';
import { ask, inItsPlace, type Pair, pair, SELF } from './standing.ts';

const app = (id: string): string => JSON.stringify({ id, cmd: 'serve' });

/** Whoever waits for views looks again this soon at least, ms; deadlines are further off. */
const SOON_MS = 100;

/** A standby whose views have read nothing while `isBehind` says so; it is asked whenever somebody waits for them. */
const behind = async (isBehind: () => boolean): Promise<Pair> => {
  const views = createViews();
  const look = (): void => {
    const { memory, decode } = made.engine;
    if (!isBehind() && views.position() < memory.head()) views.take(memory.facts.slice(views.position()).map(decode));
  };
  const schedule: Clock['schedule'] = (after, callback) => {
    if (after >= SOON_MS) return made.engine.clock.schedule(after, callback);
    look();
    const soon = setImmediate(callback);
    return () => clearImmediate(soon);
  };
  const made = await pair({ followed: { views, clock: { now: () => START, schedule } } });
  return made;
};

describe('what is read', () => {
  test('is answered from its own views, with their position and age, whether anybody leads or not', async () => {
    const { engine, election, url, leaderUrl } = await pair({ freshAt: () => 1_893_456_000_000 - 3_400 });
    await ask(`${leaderUrl}/v2/apps`, { method: 'POST', body: app('/web') });
    const led = await ask(`${url}/v2/apps/web`);
    expect(led.status).toBe(200);
    expect(led.headers).toMatchObject({
      'x-wharf-position': String(engine.views.position()),
      'x-wharf-at': '2029-12-31T23:59:56.600Z',
      'x-wharf-age': '3',
      'x-marathon-leader': leaderUrl,
    });
    expect(led.headers['x-marathon-via']).toBeUndefined();
    expect(led.headers['x-wharf-live-only']).toContain('readinessCheckResults');
    expect(led.headers['x-wharf-live-only']).not.toContain('healthCheckResults');
    expect(JSON.parse(led.text).app).not.toHaveProperty('readinessCheckResults');
    election.say(undefined);
    const alone = await ask(`${url}/v2/apps/web`);
    expect([alone.status, alone.headers['x-marathon-leader']]).toEqual([200, undefined]);
    expect((await ask(`${url}/v1/events?limit=1`)).headers['x-wharf-age']).toBe('3');
  });

  test('waits for the position that is asked for, and for what was written through it', async () => {
    let looks = 0;
    const { engine, url, leaderUrl } = await behind(() => {
      looks += 1;
      return looks < 5;
    });
    expect((await ask(`${url}/v2/apps`, { method: 'POST', body: app('/web') })).status).toBe(201);
    expect(looks).toBe(0);
    expect((await ask(`${url}/v2/apps/web`)).status).toBe(200);
    expect(looks).toBe(5);
    expect((await ask(`${leaderUrl}/v2/apps`, { method: 'POST', body: app('/api') })).status).toBe(201);
    looks = 0;
    expect((await ask(`${url}/v2/apps/api`)).status).toBe(404);
    expect(looks).toBe(0);
    expect((await ask(`${url}/v2/apps/api?minPosition=${engine.memory.head()}`)).status).toBe(200);
    expect(looks).toBe(5);
    const { status, text } = await ask(`${url}/v2/apps/web?minPosition=${engine.memory.head() + 1}`);
    expect([status, text]).toEqual([503, expect.stringContaining('is not there yet')]);
  });

  test('is guarded as the leader guards it', async () => {
    const { url } = await pair();
    expect((await ask(`${url}/v2/apps`, { token: null })).status).toBe(401);
    expect((await ask(`${url}/v2/apps`, { method: 'POST', body: app('/web'), token: 'wrong' })).status).toBe(401);
    expect((await ask(`${url}/v2/apps`, { headers: { host: 'elsewhere.example' } })).status).toBe(403);
    expect((await ask(`${url}/ping`, { token: null })).text).toBe('pong');
  });
});

describe('who leads', () => {
  test('is told by both, and that there is none', async () => {
    const { url, leaderUrl, election } = await pair();
    const place = new URL(leaderUrl).host;
    for (const [where, elected] of [
      [url, false],
      [leaderUrl, true],
    ] as const) {
      expect(JSON.parse((await ask(`${where}/v2/leader`)).text)).toEqual({ leader: place });
      expect(JSON.parse((await ask(`${where}/v2/info`)).text)).toMatchObject({ elected, leader: place, marathon_config: { ha: true } });
      expect(JSON.parse((await ask(`${where}/system/v1/leader/marathon`)).text)).toEqual({ leader: place });
    }
    election.say(undefined);
    expect(await ask(`${url}/v2/leader`)).toMatchObject({ status: 404, text: '{"message":"There is no leader"}' });
    expect(JSON.parse((await ask(`${url}/v2/info`)).text)).toMatchObject({ elected: false, leader: null });
    expect((await ask(`${url}/system/v1/leader/marathon`)).status).toBe(503);
    expect(JSON.parse((await ask(`${url}/metrics`)).text).gauges['marathon.leadership.duration.gauge.seconds']).toEqual({ value: 0 });
  });
});

describe('what is written', () => {
  test('is done by the leader once, and answered with its headers and the way it went', async () => {
    const { url, leaderUrl, engine } = await pair();
    const got = await ask(`${url}/v2/apps`, { method: 'POST', body: app('/web') });
    expect(got.status).toBe(201);
    expect(JSON.parse(got.text)).toMatchObject({ id: '/web' });
    expect(got.headers).toMatchObject({
      'x-marathon-leader': leaderUrl,
      'x-marathon-via': '1.1 standby.example:8080',
      via: '1.1 standby.example:8080',
    });
    expect(got.headers['x-wharf-age']).toBeUndefined();
    expect(engine.requests).toHaveLength(1);
    expect(engine.requests[0]).toMatchObject({ by: 'token', body: { clientIp: '127.0.0.1' } });
    const headers = { 'x-forwarded-for': '10.1.1.1' };
    await ask(`${url}/v2/apps`, { method: 'POST', body: app('/api'), headers: { ...headers, 'x-marathon-via': '1.1 far.example:1' } });
    expect(engine.requests[1]?.body).toMatchObject({ clientIp: '10.1.1.1' });
    expect((await ask(`${url}/v2/apps`, { method: 'POST', body: app('/web') })).status).toBe(409);
    expect((await ask(`${url}/v2/apps`, { method: 'POST', body: '{' })).status).toBe(400);
  });

  test('over the socket needs no token on its way either', async () => {
    const { standby } = await pair();
    const socketPath = join(temporaryFolder(), 'wharf.sock');
    await listenUnix(standby, socketPath);
    expect((await ask('http://localhost/v2/apps', { method: 'POST', body: app('/web'), token: null, socketPath })).status).toBe(201);
  });

  test('is refused where nobody leads, where it was here before, and where this engine is about to lead', async () => {
    const { url, election } = await pair();
    election.say(undefined);
    const write = (headers = {}) => ask(`${url}/v2/apps`, { method: 'POST', body: app('/web'), headers });
    expect(await write()).toMatchObject({ status: 502, text: '{"message":"Could not determine the current leader"}' });
    election.say(SELF);
    expect(await write()).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(await write({ 'x-marathon-via': '1.1 other:1, 1.1 standby.example:8080' })).toMatchObject({ status: 502 });
  });

  test('that comes round between two that each take the other for the leader ends', async () => {
    const [a, b] = [await pair({ self: 'http://a.example:1' }), await pair({ self: 'http://b.example:1' })];
    a.election.say(b.url);
    b.election.say(a.url);
    const got = await ask(`${a.url}/v2/apps`, { method: 'POST', body: app('/web') });
    expect(got).toMatchObject({ status: 502, text: '{"message":"Detected proxying loop."}' });
    expect([...a.engine.requests, ...b.engine.requests]).toEqual([]);
  });

  test('is told to be not sent where the leader is not reached, and sent once where it dies over it', async () => {
    const { url, election } = await pair();
    election.say('http://127.0.0.1:1');
    const write = () => ask(`${url}/v2/apps`, { method: 'POST', body: app('/web') });
    expect(await write()).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      text: expect.stringContaining('Nothing was sent'),
    });
    let came = 0;
    election.say(
      await inItsPlace((asked) => {
        came += 1;
        asked.on('data', () => asked.socket.destroy());
      }),
    );
    expect(await write()).toMatchObject({ status: 502, text: expect.stringContaining('not known') });
    expect(came).toBe(1);
  });

  test('with redirect is shown the way instead, but for those who come through the socket and may have no token', async () => {
    const { url, leaderUrl, standby } = await pair({ mode: 'redirect' });
    const got = await ask(`${url}/v2/apps?force=true`, { method: 'POST', body: app('/web') });
    expect([got.status, got.headers.location]).toEqual([307, `${leaderUrl}/v2/apps?force=true`]);
    const socketPath = join(temporaryFolder(), 'wharf.sock');
    await listenUnix(standby, socketPath);
    const local = { method: 'POST', body: app('/web'), token: null, socketPath };
    expect((await ask('http://localhost/v2/apps', local)).status).toBe(201);
    expect((await ask(`${url}/v2/apps`)).status).toBe(200);
  });
});

describe('what is live only', () => {
  test('comes from the leader, as a stream in both directions, with the headers that the client sent', async () => {
    const { url, election } = await pair();
    const seen = Promise.withResolvers<IncomingMessage>();
    election.say(
      await inItsPlace((asked, answer) => {
        seen.resolve(asked);
        answer.writeHead(200, { 'content-type': 'text/plain', 'x-of-the-leader': 'yes', connection: 'x-hop', 'x-hop': '1' });
        asked.on('data', (chunk: Buffer) => answer.write(chunk));
        asked.on('end', () => answer.end());
      }),
    );
    const asked = request(`${url}/v1/plan?a=b`, {
      method: 'POST',
      headers: { authorization: `token=${TOKEN}`, 'x-of-the-client': 'yes', 'x-forwarded-for': '10.0.0.1' },
    });
    asked.write('one ');
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const { headers, url: path } = await seen.promise;
    expect(path).toBe('/v1/plan?a=b');
    expect(headers).toMatchObject({
      authorization: `token=${TOKEN}`,
      'x-of-the-client': 'yes',
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-marathon-via': '1.1 standby.example:8080',
      host: new URL(election.leader()?.url ?? '').host,
    });
    expect([answer.headers['x-of-the-leader'], answer.headers['x-hop']]).toEqual(['yes', undefined]);
    answer.setEncoding('utf8');
    expect((await once(answer, 'data'))[0]).toBe('one ');
    asked.write('two');
    expect((await once(answer, 'data'))[0]).toBe('two');
    asked.end();
    await once(answer, 'end');
  });

  test('is cut where the leader dies over it, and ends when the standby does', async () => {
    const { url, election, standby } = await pair();
    let die = (): void => {};
    election.say(
      await inItsPlace((asked, answer) => {
        answer.writeHead(200, { 'content-type': 'text/plain' });
        answer.write('begun');
        die = () => asked.socket.destroy();
      }),
    );
    const first = await listen(url, '/v1/instances/x/logs');
    die();
    await first.ended;
    const second = await listen(url, '/v1/instances/x/logs');
    await standby.close();
    await second.ended;
    expect([first.status, second.status]).toEqual([200, 200]);
  });

  test('whoever goes away asks the leader no more', async () => {
    const { url, election } = await pair();
    const left = Promise.withResolvers<void>();
    election.say(
      await inItsPlace((_, answer) => {
        answer.once('close', left.resolve);
        answer.writeHead(200).write('begun');
      }),
    );
    (await listen(url, '/v1/instances/x/logs')).close();
    await left.promise;
  });

  test("Marathon's events are heard at the leader", async () => {
    const { url, leaderUrl } = await pair();
    const got = await ask(`${url}/v2/events?event_type=x`, { headers: { accept: 'text/event-stream' } });
    expect([got.status, got.headers.location]).toEqual([302, `${leaderUrl}/v2/events?event_type=x`]);
  });

  test('a page of another origin that may read reads through it', async () => {
    const { url } = await pair({ allowOrigins: ['https://pages.example'] });
    const got = await ask(`${url}/v1/traffic`, { headers: { origin: 'https://pages.example' } });
    expect([got.status, got.headers['access-control-allow-origin']]).toEqual([200, 'https://pages.example']);
  });
});

test('a standby behind a standby is one hop more', async () => {
  const near = await pair({ self: 'http://near.example:1' });
  const far = await pair({ self: 'http://far.example:1' });
  far.election.say(near.url);
  const got = await ask(`${far.url}/v2/apps`, { method: 'POST', body: app('/web') });
  expect(got.status).toBe(201);
  expect(got.headers['x-marathon-via']).toBe('1.1 near.example:1, 1.1 far.example:1');
});
