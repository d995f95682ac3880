import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backUp } from '../../src/logs/backup.ts';
import { eventNo, openStore, openStoreOverLog, right } from '../support/eventStore.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { wireFact } from '../support/wireFacts.ts';

test('a backup made while events of others are written holds those streams too, in one order with its facts', async () => {
  const { store, log, folder } = await openStoreOverLog();
  const backup = join(temporaryFolder(), 'backup');
  let isOver = false;
  const writing = (async () => {
    for (let n = 0; !isOver; n += 2) {
      right(await log.append('app-/a', n / 2 - 1, [wireFact(n)]));
      right(await store.append('s', 'any', [eventNo(n + 1)]));
    }
  })();
  const all = () => store.readAll({ from: 0n, direction: 'forwards', max: 1_000_000 });
  await expect.poll(() => all().length).toBeGreaterThan(20);
  const { files } = await backUp(folder, backup, 1);
  isOver = true;
  await writing;
  expect(Object.keys(files)).toContain('streams.sqlite');
  const found = openStore({ folder: backup }).store.readAll({ from: 0n, direction: 'forwards', max: 1_000_000 });
  // Streams are copied before the log: of what came between, facts alone are in the backup.
  const last = found.findLast(({ stream }) => stream === 's') ?? expect.fail('no event of others');
  const whole = all().filter(({ position }) => position <= last.position);
  expect(found.slice(0, whole.length)).toEqual(whole);
  expect(found.slice(whole.length).every(({ stream }) => stream === 'app-/a')).toBe(true);
});
