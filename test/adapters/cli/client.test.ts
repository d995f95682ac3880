import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../../src/adapters/cli/client.ts';
import { EXIT } from '../../../src/adapters/cli/failure.ts';

/** An engine that goes away in the middle of each of its answers. */
const dying = async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': '100', 'content-type': 'application/json' });
    response.write('{"queue":', () => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return createClient({ kind: 'tcp', url, token: undefined, where: url.href });
};

test.each([
  ['ask', async () => (await dying()).ask('GET', '/v2/queue')],
  ['exchange', async () => (await dying()).exchange('GET', '/v2/queue')],
  ['find', async () => (await dying()).find('/v2/queue')],
  ['begin', async () => (await dying()).begin('PUT', '/v2/apps/web', { body: {} })],
])('an engine that goes away in the middle of an answer counts as away (%s)', async (_, call) => {
  await expect(call()).rejects.toMatchObject({ exitCode: EXIT.unreachable, message: expect.stringContaining('did not finish its answer') });
});

test('an engine that shows the way to another is followed there, with the token, once', async () => {
  const came: string[] = [];
  const engine = async (answer: (response: ServerResponse) => void): Promise<URL> => {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        came.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
        answer(response);
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  };
  const leader = await engine((response) => response.end('{"done":true}'));
  const standby = await engine((response) => response.writeHead(307, { location: `${leader.origin}/v2/apps?force=true` }).end());
  const client = createClient({ kind: 'tcp', url: standby, token: 'a-token', where: standby.href });
  expect(await client.ask('POST', '/v2/apps?force=true', { body: { id: '/web' } })).toEqual({ done: true });
  expect(came).toEqual(Array(2).fill('POST /v2/apps?force=true Bearer a-token {"id":"/web"}'));
});
