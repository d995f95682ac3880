import { expect, test } from 'vitest';
import type { ChangeLimits } from '../../../../src/adapters/http/edge/changes.ts';
import { TOKEN, world } from '../world.ts';

/* Changes of many clients at once. A sender is held up where its change is committed. */

const appOf = (id: string) => ({ id, cmd: 'serve', instances: 1 });
const turns = (count: number) => Array.from({ length: count }, () => new Promise(setImmediate));

/** Changes from an address each, which are committed when they are let through. */
const crowd = async (changes: ChangeLimits) => {
  const { http, engine, call } = await world({ changes });
  const begun: string[] = [];
  const gate = Promise.withResolvers<void>();
  const { submit } = engine;
  engine.submit = async (stream, command, request) => {
    begun.push(stream);
    await gate.promise;
    return submit(stream, command, request);
  };
  const put = (address: string, id: string) =>
    http.inject({
      method: 'POST',
      url: '/v2/apps',
      remoteAddress: address,
      headers: { host: '127.0.0.1:8080', authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      payload: JSON.stringify(appOf(id)),
    });
  return { put, begun, call, open: gate.resolve };
};

test('are begun in turn: who has one waits for one round, not for all of who has many', async () => {
  const { put, begun, open } = await crowd({ atOnce: 2, waitingOfOne: 100, waiting: 100 });
  const sent = Array.from({ length: 20 }, (_, nth) => put('10.0.0.1', `/many-${nth}`));
  await Promise.all(turns(5));
  sent.push(put('10.0.0.2', '/one'));
  await Promise.all(turns(5));
  expect(begun).toHaveLength(2);
  open();
  const answers = await Promise.all(sent);
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([201]));
  expect(begun.indexOf('app-/one')).toBeLessThanOrEqual(4);
});

test('above the limit of one client are told so with 429, above that of all with 503, and nothing of them is done', async () => {
  const { put, begun, open } = await crowd({ atOnce: 1, waitingOfOne: 2, waiting: 3 });
  const sent = Array.from({ length: 3 }, (_, nth) => put('10.0.0.1', `/many-${nth}`));
  await Promise.all(turns(5));
  const fourth = await put('10.0.0.1', '/too-many');
  expect([fourth.statusCode, fourth.headers['retry-after']]).toEqual([429, '1']);
  expect(fourth.json().message).toBe('Too many changes of one client wait! Allowed: 2.');
  sent.push(put('10.0.0.2', '/other'));
  await Promise.all(turns(5));
  const fifth = await put('10.0.0.3', '/nor-this');
  expect([fifth.statusCode, fifth.headers['retry-after']]).toEqual([503, '1']);
  open();
  for (const { statusCode } of await Promise.all(sent)) expect(statusCode).toBe(201);
  expect(begun.toSorted()).toEqual(['app-/many-0', 'app-/many-1', 'app-/many-2', 'app-/other']);
});

test('keep no read waiting', async () => {
  const { put, call, open } = await crowd({ atOnce: 1, waitingOfOne: 100, waiting: 100 });
  const sent = Array.from({ length: 50 }, (_, nth) => put('10.0.0.1', `/many-${nth}`));
  await Promise.all(turns(5));
  expect((await call('GET', '/v2/apps')).status).toBe(200);
  open();
  await Promise.all(sent);
});
