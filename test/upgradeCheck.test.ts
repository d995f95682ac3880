import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { openSqliteLog } from '../src/adapters/log/sqlite/sqliteLog.ts';
import type { StoredFact } from '../src/domain/kernel/ports.ts';
import { checkUpgrade } from '../src/upgradeCheck.ts';
import { historyNames, storedHistory } from './support/histories.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

/* `wharf serve --check`: what an engine of this version would find, read beside whoever writes the log. */

const logOf = async (facts: readonly StoredFact[]) => {
  const path = `${temporaryFolder()}/log.sqlite`;
  const log = await openSqliteLog({ path, synchronous: 'OFF' });
  for (const { stream, revision, id, type, data, meta } of facts) {
    const appended = await log.append(stream, revision - 1, [{ id, type, data, meta }]);
    if (E.isLeft(appended)) throw new Error(JSON.stringify(appended.left));
  }
  return { path, log };
};

test.for(historyNames().filter((name) => !name.startsWith('seldom')))('this version can go on with the stored history %s', async (name) => {
  const facts = storedHistory(name);
  const { path, log } = await logOf(facts);
  expect(checkUpgrade(path)).toMatchObject({ head: facts.length, unloadable: [], unreadable: [] });
  await log.close();
});

test('a live stream of a chart to come keeps it from starting, a fact of a type to come lets a stream stand still', async () => {
  const facts = storedHistory('rolling');
  const running = facts.findLast(({ stream, meta }) => stream.startsWith('instance-') && meta.state === 'running.unchecked')?.stream;
  const other = facts.find(({ stream }) => stream.startsWith('instance-') && stream !== running)?.stream;
  const { path, log } = await logOf(
    facts.map(({ ...fact }) => {
      if (fact.stream === running && fact.revision === 0) return { ...fact, meta: { ...fact.meta, chart: 'instance.v9' } };
      return fact.stream === other && fact.revision === 1 ? { ...fact, type: 'InstancePlaced.v9' } : fact;
    }),
  );
  const { unloadable, unreadable, text } = checkUpgrade(path);
  expect(unloadable).toMatchObject([{ stream: running, chart: 'instance.v9', why: "this version has no chart 'instance.v9'" }]);
  expect(unreadable).toEqual([{ stream: other, why: 'this version does not know InstancePlaced.v9' }]);
  expect(text).toContain("this version can't go on with 1:\n");
  await log.close();
});
