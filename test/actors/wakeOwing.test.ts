import { expect, test } from 'vitest';
import { RECOVERING_MAX, wakeOwing } from '../../src/actors/wakeOwing.ts';
import type { RosterRow } from '../../src/domain/ports/views.ts';

const row = (stream: string, owes: string, state = 'running.checked.ready'): RosterRow => ({
  stream,
  chart: '',
  state,
  owes,
  revision: 0,
  position: 1,
});

const rosterOf = (rows: readonly RosterRow[]) => ({
  all: () => rows,
  active: () => rows,
  kinds: () => rows,
  has: () => false,
  get: () => undefined,
});

test('those by which others move are woken first, then instances with something to do, then those that are only checked', async () => {
  const woken: string[] = [];
  await wakeOwing({
    roster: rosterOf([
      row('instance-well', 'probe'),
      row('instance-ends', 'stop', 'killing'),
      row('instance-rests', ''),
      row('instance-ill', 'probe', 'running.checked.unhealthy'),
      row('node-n1', 'observe,reconcile', 'attached.answering.ready'),
      row('app-/web', 'want', 'resting'),
    ]),
    wake: (stream) => woken.push(stream),
    answered: () => expect.unreachable('there is room for all'),
    isStopped: () => false,
  });
  expect(woken).toEqual(['node-n1', 'app-/web', 'instance-ends', 'instance-ill', 'instance-well']);
});

test('no more recover at once than the log is asked for in a moment, whether it answers or not, and none once the engine stops', async () => {
  const rows = Array.from({ length: 3 * RECOVERING_MAX }, (_, nth) => row(`instance-${nth}`, 'probe'));
  let woken = 0;
  const asked: PromiseWithResolvers<void>[] = [];
  let isStopped = false;
  const waking = wakeOwing({
    roster: rosterOf(rows),
    wake: () => {
      woken += 1;
    },
    answered: () => {
      const answer = Promise.withResolvers<void>();
      asked.push(answer);
      return answer.promise;
    },
    isStopped: () => isStopped,
  });
  expect(woken).toBe(RECOVERING_MAX);
  asked[0]?.reject(new Error('cannot be read now'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(woken).toBe(2 * RECOVERING_MAX);
  isStopped = true;
  asked[1]?.resolve();
  await waking;
  expect(woken).toBe(2 * RECOVERING_MAX);
});
