import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { SeenByKurrent } from '../../../../../support/kurrentConsumer.ts';
import { memoryEventStore } from '../../../../../support/memoryEventStore.ts';
import { ROOT } from '../../../../../support/sources.ts';
import { fill, serve } from './served.ts';

test('another client of the protocol creates, consumes, refuses, parks, replays, lists and deletes alike', {
  timeout: 60_000,
}, async () => {
  const store = memoryEventStore();
  const { uri } = await serve(store);
  await fill(store, 'orders-1', 0, 3);
  const script = join(ROOT, 'test/support/kurrentConsumer.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, uri], { timeout: 50_000 });
  const seen = JSON.parse(stdout) as SeenByKurrent;
  expect(seen).toEqual({
    twice: 'persistent-subscription-exists',
    missing: 'persistent-subscription-does-not-exist',
    seen: expect.arrayContaining([
      [0, 0],
      [1, 0],
      [0, 1],
      [2, 0],
      [3, 0],
    ]),
    reached: '3',
    settings: 10,
    replayed: [1, '$persistentsubscription-orders-1::group-parked'],
    audited: [0, 1, 2, 3],
    listed: [
      ['$all', 'audit', 10, 'PinnedByCorrelation'],
      ['orders-1', 'group', 3, 'RoundRobin'],
    ],
    left: [['$all', 'audit']],
  });
  expect(seen.seen.slice(0, 2)).toEqual([
    [0, 0],
    [1, 0],
  ]);
});
