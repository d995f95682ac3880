import { statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listenTcp, listenUnix } from '../../../src/adapters/http/listen.ts';
import { refused, STATUS_OF } from '../../../src/adapters/http/problem.ts';
import { type RefusalCode, refusal } from '../../../src/domain/kernel/refusal.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { TOKEN, world } from './world.ts';

const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}` });

describe('the token', () => {
  test.each([
    ['GET', '/v2/apps'],
    ['GET', '/v2/info'],
    ['DELETE', '/v2/leader'],
    ['GET', '/config'],
    ['POST', '/logging'],
    ['POST', '/v2/apps'],
    ['DELETE', '/v2/apps/web'],
    ['GET', '/v2/events'],
    ['GET', '/v1/events'],
    ['GET', '/v1/nodes'],
    ['POST', '/v1/instances/x/exec'],
    ['GET', '/v1/instances/x/logs'],
    ['GET', '/v1/history/x'],
    ['POST', '/v1/gates/backtest'],
    ['GET', '/v1/strategies'],
    ['GET', '/no/such/route'],
    ['GET', '/ui/'],
  ] as const)('%s %s without it is 401', async (method, url) => {
    const { call } = await world();
    const { status, headers, body } = await call(method, url, { token: null });
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="wharfinger", Basic realm="wharfinger"']);
    expect(Object.keys(body)).toEqual(['message']);
  });

  test.each(['/ping', '/metrics', '/metrics/prometheus', '/openapi.json'])('%s needs none', async (url) => {
    const { call } = await world();
    expect((await call('GET', url, { token: null })).status).toBe(200);
  });

  test('is taken as Bearer and as the password of Basic; a wrong one is not', async () => {
    const { call } = await world();
    const status = async (headers: Record<string, string>) => (await call('GET', '/v2/leader', { token: null, headers })).status;
    expect(await status({ authorization: `bearer ${TOKEN}` })).toBe(200);
    expect(await status(basic(TOKEN))).toBe(200);
    expect(await status(basic(`${TOKEN}x`))).toBe(401);
    expect(await status({ authorization: `Bearer ${TOKEN.slice(1)}` })).toBe(401);
    expect(await status({ authorization: 'Bearer' })).toBe(401);
  });

  test('nobody is asked where there is no authentication', async () => {
    const { call, engine } = await world({ auth: 'none' });
    expect((await call('POST', '/v2/apps', { token: null, body: { id: '/web', cmd: 'serve' } })).status).toBe(201);
    expect(engine.requests.at(0)?.by).toBe('anonymous');
  });
});

describe('a tricked browser', () => {
  test('that names a foreign host is refused, whatever it knows', async () => {
    const { call } = await world();
    const { status, body } = await call('GET', '/v2/apps', { headers: { host: 'evil.example:8080' } });
    expect([status, body.message]).toEqual([403, "Host 'evil.example:8080' is none of this server's names; allow it with allowedHosts."]);
    expect((await call('GET', '/ping', { headers: { host: 'evil.example' } })).status).toBe(403);
  });

  test('names of our own are taken with any port', async () => {
    const { call } = await world({ allowedHosts: ['Wharf.Example'] });
    for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:8080', 'wharf.example:80'])
      expect((await call('GET', '/v2/apps', { headers: { host } })).status).toBe(200);
  });

  test('that comes from another page is refused', async () => {
    const { call } = await world();
    const { status, body } = await call('GET', '/v2/apps', { headers: { origin: 'http://localhost:3000' } });
    expect([status, body.message]).toEqual([403, "Origin 'http://localhost:3000' is not this server's own."]);
    expect((await call('GET', '/v2/apps', { headers: { origin: 'null' } })).status).toBe(403);
    expect((await call('GET', '/v2/apps', { headers: { origin: 'http://127.0.0.1:8080' } })).status).toBe(200);
  });
});

describe('refusals', () => {
  // Every code has to be written here, so a new one does not compile until it has a status.
  const expected: Record<RefusalCode, number> = {
    'already-exists': 409,
    'app-locked': 409,
    'illegal-in-state': 409,
    invalid: 422,
    'not-found': 404,
    quarantined: 409,
    unavailable: 503,
    'too-many-deployments': 403,
    'version-unknown': 422,
  };

  test('each code has its status', () => {
    expect(STATUS_OF).toEqual(expected);
  });

  test('a log that cannot be written is 503 with when to try again, and reads go on', async () => {
    const { call, engine } = await world();
    engine.submit = async () => ({ _tag: 'Left', left: refusal('unavailable', 'The log cannot be written: disk full') });
    const { status, headers, body } = await call('POST', '/v2/apps', { body: { id: '/web', cmd: 'serve' } });
    expect([status, headers['retry-after'], body]).toEqual([503, '5', { message: 'The log cannot be written: disk full' }]);
    expect((await call('GET', '/v2/apps')).status).toBe(200);
  });

  test('details of a refusal stand beside its message', () => {
    expect(refused(refusal('app-locked', 'locked', { deployments: [{ id: 'd' }] })).body).toEqual({
      message: 'locked',
      deployments: [{ id: 'd' }],
    });
  });

  test('a defect is 500 without a word of our insides', async () => {
    const { call, engine } = await world();
    engine.submit = async () => {
      throw new Error('secret path /etc/x');
    };
    const { status, text } = await call('POST', '/v2/apps', { body: { id: '/web', cmd: 'serve' } });
    expect([status, JSON.parse(text)]).toEqual([500, { message: 'Internal error; the log of the engine says more.' }]);
  });
});

const overSocket = (path: string, url: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request({ socketPath: path, path: url, headers: { host: 'anything' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('listening', () => {
  test('the unix socket is for its owner alone, who needs no token', async () => {
    const { http } = await world();
    const path = join(temporaryFolder(), 'wharf.sock');
    const listening = await listenUnix(http, path);
    onTestFinished(() => listening.close());
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await overSocket(path, '/v2/apps')).toBe(200);
  });

  test('a stale socket file is replaced, a live one and a plain file are not', async () => {
    const { http } = await world();
    const folder = temporaryFolder();
    const path = join(folder, 'wharf.sock');
    const listening = await listenUnix(http, path);
    onTestFinished(() => listening.close());
    await expect(listenUnix(http, path)).rejects.toThrow(/another process listens/);
    const plain = join(folder, 'plain');
    writeFileSync(plain, '');
    await expect(listenUnix(http, plain)).rejects.toThrow(/is no socket/);
  });

  test('TCP is on loopback and asks for the token', async () => {
    const { http } = await world();
    const { address } = await listenTcp(http, { port: 0 });
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${address}/v2/apps`)).status).toBe(401);
    expect((await fetch(`${address}/v2/apps`, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
  });
});
