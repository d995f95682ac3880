import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { LOGIN_LIFETIME_MS, loginTokens } from '../../../../src/adapters/http/dcos/loginTokens.ts';
import { provesServiceAccount } from '../../../../src/adapters/http/dcos/signedLogin.ts';
import { START } from '../../../support/fakeEngine.ts';
import { TOKEN, world } from '../world.ts';

const LOGIN = '/acs/api/v1/auth/login';
const part = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('a login', () => {
  test('with the key as password answers a token that opens the API for five days', async () => {
    const { call, engine } = await world();
    const { status, body } = await call('POST', LOGIN, { token: null, body: { uid: 'ann', password: TOKEN } });
    expect(status).toBe(200);
    expect(claimsOf(body.token)).toEqual({ uid: 'ann', exp: (START + LOGIN_LIFETIME_MS) / 1000 });
    const read = async (authorization: string) => (await call('GET', '/v2/apps', { token: null, headers: { authorization } })).status;
    expect(await read(`token=${body.token}`)).toBe(200);
    expect(await read(`Bearer ${body.token}`)).toBe(200);
    expect(await read(`token=${TOKEN}`)).toBe(200);
    engine.advance(LOGIN_LIFETIME_MS - 1);
    expect(await read(`token=${body.token}`)).toBe(200);
    engine.advance(1);
    expect(await read(`token=${body.token}`)).toBe(401);
  });

  test.each([
    ['a wrong password', { uid: 'ann', password: `${TOKEN}x` }],
    ['an empty password', { uid: 'ann', password: '' }],
    ['the key in the place of a signed token', { uid: 'ann', token: TOKEN }],
  ])('with %s is refused', async (_, body) => {
    const { call } = await world();
    const answer = await call('POST', LOGIN, { token: null, body });
    expect([answer.status, answer.body.code]).toEqual([401, 'ERR_INVALID_CREDENTIALS']);
    expect(answer.text).not.toContain(TOKEN);
  });

  test('without a name or a password is no login', async () => {
    const { call } = await world();
    expect((await call('POST', LOGIN, { token: null, body: { uid: 'ann' } })).status).toBe(422);
    expect((await call('POST', LOGIN, { token: null, body: { password: TOKEN } })).status).toBe(422);
    expect((await call('POST', LOGIN, { token: null, body: { uid: 3, password: TOKEN } })).status).toBe(422);
  });

  test('answers the token as a cookie, too, where service accounts look for it; browsers keep it from all but the login', async () => {
    const { call } = await world();
    const { body, headers } = await call('POST', LOGIN, { token: null, body: { uid: 'ann', password: TOKEN } });
    expect(headers['set-cookie']).toBe(
      `dcos-acs-auth-cookie=${body.token}; Path=/acs/api/v1/auth; Max-Age=432000; HttpOnly; SameSite=Strict`,
    );
    const cookie = `dcos-acs-auth-cookie=${body.token}`;
    expect((await call('GET', '/v2/apps', { token: null, headers: { cookie } })).status).toBe(401);
    expect((await call('POST', LOGIN, { token: null, body: { uid: 'ann', password: '' } })).headers['set-cookie']).toBeUndefined();
  });

  test('is for anyone where nobody is asked who they are', async () => {
    const { call } = await world({ auth: 'none' });
    const { status, body } = await call('POST', LOGIN, { token: null, body: { uid: 'ann', password: 'whatever' } });
    expect([status, claimsOf(body.token).uid]).toEqual([200, 'ann']);
    expect((await call('GET', '/v2/apps', { token: null, headers: { authorization: `token=${body.token}` } })).status).toBe(200);
  });
});

describe('a token', () => {
  const tokens = loginTokens('secret', () => START);

  test('is of nobody else: not another key, not another payload, not another algorithm', () => {
    const token = tokens.issue('ann');
    const [header, payload = '', signature] = token.split('.');
    expect(tokens.isOurs(token)).toBe(true);
    expect(loginTokens('another', () => START).isOurs(token)).toBe(false);
    expect(tokens.isOurs(`${header}.${part({ uid: 'root', exp: 9e9 })}.${signature}`)).toBe(false);
    const none = part({ alg: 'none', typ: 'JWT' });
    for (const forged of [`${none}.${payload}.`, `${none}.${payload}.${signature}`, `${token}.x`, `${header}.${payload}`, '', '..'])
      expect(tokens.isOurs(forged)).toBe(false);
    const guessed = createHmac('sha256', 'secret').update(`${header}.${payload}`).digest('base64url');
    expect(tokens.isOurs(`${header}.${payload}.${guessed}`)).toBe(false);
  });

  test('outlives a restart', () => {
    expect(loginTokens('secret', () => START).isOurs(tokens.issue('ann'))).toBe(true);
  });
});

describe('a service account', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const signed = (claims: unknown, head: unknown = { alg: 'RS256', typ: 'JWT' }) => {
    const text = `${part(head)}.${part(claims)}`;
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
  };
  const exp = START / 1000 + 300;

  test('logs in by what it signs with its private key', async () => {
    const { call } = await world({ auth: { token: TOKEN, serviceKeyOf: async (uid) => (uid === 'marathon-lb' ? pem : undefined) } });
    const login = (uid: string, token: string) => call('POST', LOGIN, { token: null, body: { uid, token } });
    const { status, body } = await login('marathon-lb', signed({ uid: 'marathon-lb', exp }));
    expect(status).toBe(200);
    expect((await call('GET', '/v2/apps', { token: null, headers: { authorization: `token=${body.token}` } })).status).toBe(200);
    expect((await login('other', signed({ uid: 'other', exp }))).status).toBe(401);
    expect((await call('GET', '/acs/api/v1/auth/providers', { token: null })).body['dcos-services']).toMatchObject({
      'authentication-type': 'dcos-uid-servicekey',
    });
  });

  test('is not believed for another name, after its time, without one, or by another algorithm', () => {
    const proves = (token: string) => provesServiceAccount(token, 'marathon-lb', pem, START);
    expect(proves(signed({ uid: 'marathon-lb', exp }))).toBe(true);
    expect(proves(signed({ uid: 'root', exp }))).toBe(false);
    expect(proves(signed({ uid: 'marathon-lb', exp: START / 1000 }))).toBe(false);
    expect(proves(signed({ uid: 'marathon-lb' }))).toBe(false);
    expect(proves(signed({ uid: 'marathon-lb', exp }, { alg: 'none' }))).toBe(false);
    const text = `${part({ alg: 'HS256' })}.${part({ uid: 'marathon-lb', exp })}`;
    expect(proves(`${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`)).toBe(false);
    expect(proves('x.y.z')).toBe(false);
    expect(provesServiceAccount(signed({ uid: 'marathon-lb', exp }), 'marathon-lb', 'no key', START)).toBe(false);
  });
});

describe('before they log in', () => {
  test.each([
    ['/acs/api/v1/auth/providers', { 'dcos-users': { 'authentication-type': 'dcos-uid-password' } }],
    ['/acs/api/v1/auth/jwks', { keys: [] }],
    ['/acs/api/v1/auth/logout', {}],
    ['/dcos-metadata/dcos-version.json', { version: '2.2.0', 'dcos-variant': 'open' }],
  ])('clients may read %s', async (url, wanted) => {
    const { call } = await world();
    const { status, body } = await call('GET', url, { token: null });
    expect(status).toBe(200);
    expect(body).toMatchObject(wanted);
  });

  test("the root answers HEAD itself, so that the cluster's URL is the one that was asked", async () => {
    const { http, call } = await world();
    const head = await http.inject({ method: 'HEAD', url: '/', headers: { host: 'localhost' } });
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect((await call('GET', '/', { token: null })).headers.location).toBe('/ui/');
  });

  test('there is no certificate, and they are told why', async () => {
    const { call } = await world();
    const { status, body } = await call('GET', '/ca/dcos-ca.crt', { token: null });
    expect([status, body.message]).toEqual([404, expect.stringContaining('no certificate authority')]);
  });

  test('whether they must is told by 401 at the place where the command line looks', async () => {
    const url = '/pkgpanda/active.buildinfo.full.json';
    const closed = await world();
    const head = (made: typeof closed, authorization?: string) =>
      made.http.inject({ method: 'HEAD', url, headers: { host: 'localhost', ...(authorization !== undefined && { authorization }) } });
    expect((await head(closed)).statusCode).toBe(401);
    expect((await head(closed, `token=${TOKEN}`)).statusCode).toBe(200);
    expect((await head(await world({ auth: 'none' }))).statusCode).toBe(200);
  });
});

test('where the cluster is and who leads it is told to those who may know', async () => {
  const { call, engine, actors } = await world();
  await engine.act('lease-engine', { type: 'TakeLease', term: 1, holder: 'test' } as never);
  await actors.addNode('n1', '10.0.0.1');
  const { body: metadata } = await call('GET', '/metadata');
  expect(metadata).toEqual({ PUBLIC_IPV4: '127.0.0.1', CLUSTER_ID: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  const { body: config } = await call('GET', '/dcos-metadata/ui-config.json');
  expect(config.clusterConfiguration).toEqual({ firstUser: false, id: metadata.CLUSTER_ID });
  expect((await call('GET', '/system/v1/leader/mesos')).body).toEqual({ leader: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
  expect((await call('GET', '/system/v1/leader/marathon/dcos-metadata/dcos-version.json')).body.version).toBe('2.2.0');
  expect((await call('GET', '/system/v1/leader/mesos/logs/v2/component')).status).toBe(501);
  expect((await call('GET', '/net/v1/nodes')).body).toEqual([
    { private_ip: '127.0.0.1', hostname: '127.0.0.1', public_ips: [], updated: new Date(START).toISOString() },
    { private_ip: '10.0.0.1', hostname: 'n1.example', public_ips: [], updated: new Date(START).toISOString() },
  ]);
  for (const url of ['/metadata', '/dcos-metadata/ui-config.json', '/net/v1/nodes', '/system/v1/leader/mesos'])
    expect((await call('GET', url, { token: null })).status).toBe(401);
});
