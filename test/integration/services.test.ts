import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/main.ts';
import { apiOf, whole } from '../support/api.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const part = (json: unknown) => Buffer.from(JSON.stringify(json)).toString('base64url');

/** Answers with the path that it was asked for and the authorization that came with it, from the port that it was given. */
const SERVER = `require('node:http').createServer((asked, answer) => {
  answer.end(asked.url + ' ' + (asked.headers.authorization ?? 'nothing'));
}).listen(process.env.PORT0, '127.0.0.1')`;

test('a native process is reached below /service by a service account that logged in with its key', async () => {
  const dataDir = temporaryFolder();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  mkdirSync(join(dataDir, 'service-accounts'));
  writeFileSync(join(dataDir, 'service-accounts', 'robot.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  const server = await startServer({ dataDir, localNodes: true, listen: { port: 0 } });
  onTestFinished(() => server.close());

  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ uid: 'robot', exp: Math.floor(Date.now() / 1000) + 300 })}`;
  const proof = `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
  const login = await fetch(`${server.url}/acs/api/v1/auth/login`, {
    method: 'POST',
    body: JSON.stringify({ uid: 'robot', token: proof }),
    headers: { 'content-type': 'application/json' },
  });
  expect(login.status).toBe(200);
  const { token } = (await login.json()) as { readonly token: string };

  const api = apiOf(server.url, token);
  onTestFinished(async () => {
    await api.call('DELETE', '/v2/apps/web');
    await expect.poll(async () => (await api.call('GET', '/v2/deployments')).body, { timeout: 20_000 }).toEqual([]);
  });
  await api.ask('POST', '/service/marathon/v2/apps', {
    id: '/web',
    args: [process.execPath, '-e', SERVER],
    cpus: 0.1,
    mem: 64,
    portDefinitions: [{ port: 0, protocol: 'tcp' }],
    healthChecks: [{ protocol: 'TCP', intervalSeconds: 1 }],
    labels: { DCOS_SERVICE_NAME: 'tools/web', DCOS_SERVICE_SCHEME: 'http', DCOS_SERVICE_PORT_INDEX: '0', WHARF_DRAIN_SECONDS: '0' },
  });
  await whole(api, '/web');
  const answer = await fetch(`${server.url}/service/tools/web/index?a=b`, { headers: { authorization: `token=${token}` } });
  expect(await answer.text()).toBe('/index?a=b nothing');
});
