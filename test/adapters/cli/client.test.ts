import { createServer } from 'node:http';
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
