import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MIN_COMPRESSED_BYTES } from '../../../../src/adapters/http/edge/compression.ts';
import { listen, serving } from '../streams.ts';
import { TOKEN, world } from '../world.ts';

const web = { id: '/web', cmd: 'serve' };
const large = { ...web, labels: { TEXT: 'x'.repeat(MIN_COMPRESSED_BYTES) } };

describe('methods', () => {
  test('HEAD is GET without a body, of apps by their ids, too', async () => {
    const { call, steady } = await world();
    await steady(web);
    for (const path of ['/v2/apps', '/v2/apps/web', '/v2/info', '/v2/queue', '/ping']) {
      const [head, get] = [await call('HEAD', path), await call('GET', path)];
      expect([path, head.status, head.text]).toEqual([path, 200, '']);
      expect(head.headers['content-length']).toBe(String(Buffer.byteLength(get.text)));
    }
    expect((await call('HEAD', '/v2/apps/none')).status).toBe(404);
  });

  test('HEAD of what has no end is not possible', async () => {
    const { call } = await world();
    for (const path of ['/v2/events', '/v1/events', '/v1/endpoints', '/v1/instances/x/logs'])
      expect([path, (await call('HEAD', path)).status]).toEqual([path, 405]);
  });

  test('OPTIONS tells the methods of a path', async () => {
    const { call } = await world();
    const allow = async (path: string) => {
      const { status, headers, text } = await call('OPTIONS', path);
      return [status, headers.allow, text];
    };
    expect(await allow('/v2/apps')).toEqual([200, 'GET, HEAD, OPTIONS, PATCH, POST, PUT', '']);
    expect(await allow('/v2/apps/a/b/c')).toEqual([200, 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT', '']);
    expect(await allow('/v2/events')).toEqual([200, 'GET, OPTIONS', '']);
    expect(await allow('/v2/deployments/17/')).toEqual([200, 'DELETE, OPTIONS', '']);
    expect((await call('OPTIONS', '/v2/nonsense')).status).toBe(500);
    expect((await call('OPTIONS', '/v2/apps', { token: null })).status).toBe(401);
  });

  test('another method of a known path is 405 and says which are possible', async () => {
    const { call } = await world();
    expect(await call('DELETE', '/v2/apps')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD, OPTIONS, PATCH, POST, PUT' },
      body: { message: 'DELETE is not possible here: GET, HEAD, OPTIONS, PATCH, POST, PUT' },
    });
    expect((await call('POST', '/v2/queue')).status).toBe(405);
    expect((await call('POST', '/v2/apps/web')).status).toBe(405);
  });

  test('what nobody knows has the headers of Marathon, too', async () => {
    const { call } = await world();
    expect(await call('GET', '/v2/nonsense')).toMatchObject({ status: 500, headers: { 'x-marathon-leader': 'http://127.0.0.1:8080' } });
  });
});

describe('pages of other origins', () => {
  const origin = 'https://console.example';
  const preflight = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization, accept' };

  test('may read when they are allowed, after a preflight that needs no token', async () => {
    const { call } = await world({ allowOrigins: [origin] });
    const asked = await call('OPTIONS', '/v2/apps', { token: null, headers: preflight });
    expect(asked).toMatchObject({
      status: 200,
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, HEAD, OPTIONS',
        'access-control-allow-headers': 'authorization, accept',
        'access-control-max-age': '86400',
        vary: 'Origin',
      },
    });
    expect(await call('GET', '/v2/apps', { headers: { origin } })).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': origin },
    });
    expect((await call('GET', '/v2/apps', { token: null, headers: { origin } })).status).toBe(401);
  });

  test('may not write, allowed or not', async () => {
    const { call, engine } = await world({ allowOrigins: [origin], auth: 'none' });
    expect((await call('POST', '/v2/apps', { body: web, headers: { origin } })).status).toBe(403);
    expect(engine.requests).toEqual([]);
  });

  test('are told nothing when they are not allowed', async () => {
    const { call } = await world({ allowOrigins: ['https://other.example'] });
    const { status, headers } = await call('GET', '/v2/apps', { headers: { origin } });
    expect([status, headers['access-control-allow-origin'], headers.vary]).toEqual([403, undefined, 'Origin']);
    expect((await call('OPTIONS', '/v2/apps', { headers: preflight })).status).toBe(403);
  });

  test('may all read with *', async () => {
    const { call } = await world({ allowOrigins: ['*'] });
    const { status, headers } = await call('GET', '/v2/apps', { headers: { origin } });
    expect([status, headers['access-control-allow-origin'], headers.vary]).toEqual([200, '*', undefined]);
  });
});

describe('compression', () => {
  test('is gzip, of what is worth it, for who takes it', async () => {
    const { call, http, steady } = await world();
    await steady(large);
    const plain = await call('GET', '/v2/apps/web');
    expect([plain.headers['content-encoding'], plain.headers.vary]).toEqual([undefined, 'Accept-Encoding']);
    const ask = (accept: string, url = '/v2/apps/web') =>
      http.inject({ url, headers: { host: 'localhost', authorization: `Bearer ${TOKEN}`, 'accept-encoding': accept } });
    const zipped = await ask('deflate, gzip;q=0.5');
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.text);
    expect(zipped.headers['content-length']).toBe(String(zipped.rawPayload.length));
    const encoding = async (accept: string, url?: string) => (await ask(accept, url)).headers['content-encoding'];
    expect(await encoding('*')).toBe('gzip');
    expect(await encoding('gzip;q=0')).toBeUndefined();
    expect(await encoding('br')).toBeUndefined();
    expect(await encoding('gzip', '/v2/leader')).toBeUndefined();
  });

  test('can be turned off', async () => {
    const { call, steady } = await world({ compression: false });
    await steady(large);
    expect((await call('GET', '/v2/apps/web', { headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding']).toBeUndefined();
  });

  test('is never for events', async () => {
    const { http, actors, steady } = await world();
    await actors.addNode('n1');
    await steady(large);
    const listener = await listen(await serving(http), '/v2/events', { 'accept-encoding': 'gzip', 'last-event-id': '0.0' });
    await listener.waitFor((all) => all.some(({ event }) => event === 'deployment_success'));
    expect(listener.headers['content-encoding']).toBeUndefined();
  });
});

describe('requests at once', () => {
  test('above the limit are turned away at once, and those who listen take no place', async () => {
    const { call, engine, http } = await world({ maxConcurrentRequests: 1 });
    const listener = await listen(await serving(http), '/v2/events');
    await listener.waitFor(1);
    const waiting: (() => void)[] = [];
    engine.clock.schedule = (_, callback) => {
      waiting.push(callback);
      return () => {};
    };
    const first = call('GET', '/v2/apps?minPosition=1');
    while (waiting.length === 0) await new Promise(setImmediate);
    expect(await call('GET', '/ping', { token: null })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: { message: 'Too many concurrent requests! Allowed: 1.' },
    });
    engine.clock.schedule = (_, callback) => {
      setImmediate(callback);
      return () => {};
    };
    for (const go of waiting) go();
    expect((await first).status).toBe(503);
    expect((await call('GET', '/ping')).status).toBe(200);
  });
});
