import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { listenUnix } from '../../../src/adapters/http/listen.ts';
import { nthRoot } from '../../../src/adapters/http/onBehalf.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { uuidOf } from '../../support/wireFacts.ts';
import { world } from './world.ts';

const put = (socketPath: string, headers: Readonly<Record<string, string>>): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    request(
      { socketPath, method: 'PUT', path: '/v2/apps/web', headers: { host: 'wharf', 'content-type': 'application/json', ...headers } },
      async (response) => resolve({ status: response.statusCode, text: await text(response) }),
    )
      .on('error', reject)
      .end('{"cmd":"serve"}');
  });

const behind = async () => {
  const { http, engine, call } = await world();
  const path = join(temporaryFolder(), 'wharf.sock');
  await listenUnix(http, path);
  return { path, engine, call };
};

test('who comes through the unix socket may say whom he speaks for, and under which id it is recorded', async () => {
  const { path, engine } = await behind();
  const answer = await put(path, { 'x-wharf-on-behalf-of': 'kafka:orders', 'x-wharf-request-id': uuidOf(5) });
  expect(answer.status).toBe(201);
  expect(engine.requests.at(-1)).toMatchObject({ by: 'kafka:orders', id: uuidOf(5) });
});

test('without a word he speaks for himself, under a new id', async () => {
  const { path, engine } = await behind();
  await put(path, {});
  expect(engine.requests.at(-1)).toMatchObject({ by: 'local' });
});

test('nobody else is believed', async () => {
  const { engine, call } = await behind();
  const headers = { 'x-wharf-on-behalf-of': 'kafka:orders', 'x-wharf-request-id': uuidOf(5) };
  await call('PUT', '/v2/apps/web', { body: { cmd: 'serve' }, headers });
  expect(engine.requests.at(-1)).toMatchObject({ by: 'token' });
  expect(engine.requests.at(-1)?.id).not.toBe(uuidOf(5));
});

test.for([
  [{ 'x-wharf-on-behalf-of': 'engine' }, 'x-wharf-on-behalf-of must be like kafka:orders: a kind and a name'],
  [{ 'x-wharf-request-id': '5' }, 'x-wharf-request-id must be a UUID in lower case'],
] as const)('%j is refused by name', async ([headers, message]) => {
  const { path, engine } = await behind();
  const { status, text } = await put(path, headers);
  expect([status, JSON.parse(text)]).toEqual([400, { message }]);
  expect(engine.requests).toEqual([]);
});

test('further roots of one request have names of their own, the same each time', () => {
  expect(nthRoot(uuidOf(5), 0)).toBe(uuidOf(5));
  expect(nthRoot(uuidOf(5), 1)).toBe(nthRoot(uuidOf(5), 1));
  expect(new Set([0, 1, 2].map((nth) => nthRoot(uuidOf(5), nth))).size).toBe(3);
});
