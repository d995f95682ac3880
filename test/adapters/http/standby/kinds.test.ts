import { expect, test } from 'vitest';
import { createHttp } from '../../../../src/adapters/http/http.ts';
import { FIELDS, type Fields, pathsOf } from '../../../../src/adapters/http/marathon/fields.ts';
import { KINDS, kindOf } from '../../../../src/adapters/http/standby/kinds.ts';
import { TOLD_OF } from '../../../../src/adapters/http/standby/notKnown.ts';
import { eventDescription } from '../../../../src/adapters/kafka/eventDescription.ts';
import { sentenceOf } from '../../../../src/projections/sentences.ts';
import { fakeEngine } from '../../../support/fakeEngine.ts';

test('it is said of every route of the API who answers it while an engine stands by, and of no other', async () => {
  const events = eventDescription({ prefix: 'wharf', mode: 'structured', version: '0.0.1', state: true, commands: true });
  const http = createHttp({ engine: await fakeEngine(), sentenceOf, auth: 'none', version: '0.0.1', events });
  const routes = new Set<string>();
  http.addHook('onRoute', ({ url, method }) => {
    for (const each of [method].flat()) if (each !== 'HEAD') routes.add(`${each} ${url}`);
  });
  await http.ready();
  const table = Object.entries(KINDS).flatMap(([url, kinds]) => Object.keys(kinds).map((method) => `${method} ${url}`));
  expect(table.filter((route) => !route.startsWith('HEAD ')).toSorted()).toEqual([...routes].toSorted());
  await http.close();
});

test('what is read may change nothing, and what has no method of reading is written unless it is said why not', () => {
  const unusual = Object.entries(KINDS).flatMap(([url, kinds]) =>
    Object.entries(kinds)
      .filter(([method, kind]) => (method === 'GET' || method === 'HEAD' ? kind === 'write' : kind !== 'write'))
      .map(([method, kind]) => `${kind} ${method} ${url}`),
  );
  expect(unusual.filter((each) => !/\/service\/\*|\/v2\/plugins\//.test(each))).toEqual([
    'own POST /logging',
    'live POST /v1/plan',
    'read POST /v1/gates/backtest',
    'own POST /acs/api/v1/auth/login',
  ]);
  expect([kindOf('HEAD', '/v2/apps'), kindOf('HEAD', '/v1/traffic'), kindOf('GET', '/v9/nothing')]).toEqual(['read', 'live', undefined]);
});

test('it is said of every field that no fact holds what an engine that stands by tells in its stead', () => {
  const shown: readonly Fields[] = [FIELDS.app, FIELDS.group, FIELDS.podStatus, FIELDS.task, FIELDS.deployment, FIELDS.queueItem];
  const names = shown.flatMap((fields) => pathsOf(fields, 'live').map((path) => path.slice(path.lastIndexOf('.') + 1)));
  expect([...new Set([...names, 'waitsFor'])].toSorted()).toEqual(Object.keys(TOLD_OF).toSorted());
});
