import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ARCHIVES } from '../../../src/adapters/log/sqlite/archives.ts';
import { removeArchived } from '../../../src/adapters/log/sqlite/archiving.ts';
import { openLogFile } from '../../../src/adapters/log/sqlite/logFile.ts';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import { writeArchive } from '../../../src/logs/archiveFile.ts';
import { storedHistory } from '../../support/histories.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const fact = ({ id, type, data, meta }: StoredFact) => ({ id, type, data, meta });

test('what format 2 has besides format 1 stays as it is', async () => {
  await expect(ARCHIVES).toMatchFileSnapshot('../../goldens/log/format2.sql');
});

test('streams leave the log beside an engine that writes it, and no append fails or comes to another place', async () => {
  const path = `${temporaryFolder()}/log.sqlite`;
  const log = await openSqliteLog({ path });
  const history = storedHistory('nodes');
  for (const each of history) await log.append(each.stream, each.revision - 1, [fact(each)]);
  const file = openLogFile(path);
  const names = [...new Set(history.map(({ stream }) => stream))].filter((stream) => stream.startsWith('request-'));
  const written = await writeArchive(
    file,
    `${temporaryFolder()}/archive`,
    names.map((name) => [...file.stream(name)]),
    file.head(),
  );
  file.close();
  const archive = { ...written, directory: '/nowhere', streams: written.heads.length };
  const [first = history[0]] = history.filter(({ stream }) => stream === names[0]);
  if (first === undefined) throw new Error('no request');

  // A stream that went on since it was archived stays, and so does one that the archive holds otherwise.
  const grown = names[1] ?? '';
  const term = history.at(-1)?.meta.term ?? 1;
  const next = (n: number) => ({ ...fact(first), id: `more-${n}`, meta: { ...first.meta, term } });
  expect(await log.append(grown, 0, [next(0)])).toMatchObject({ _tag: 'Right' });
  const heads = written.heads.map((head) => (head.stream === names[2] ? { ...head, hash: '0'.repeat(64) } : head));

  const appending: Promise<unknown>[] = [];
  let left = 0;
  for (const steps = removeArchived(path, archive, heads); ; ) {
    for (let n = 0; n < 20; n++) appending.push(log.append(`request-new-${appending.length}`, -1, [next(appending.length + 1)]));
    const { done, value } = steps.next();
    left = value;
    if (done === true) break;
  }
  expect(left).toBe(names.length - 2);
  for (const answer of await Promise.all(appending)) expect(answer).toMatchObject({ _tag: 'Right' });
  expect(log.head()).toBe(history.length + 1 + appending.length);
  expect(await log.append(names[0] ?? '', -1, [next(-1)])).toMatchObject({ left: { _tag: 'Conflict', expected: -1, actual: 0 } });
  // Done again it does nothing.
  const again = removeArchived(path, archive, heads);
  for (let step = again.next(); ; step = again.next()) {
    if (step.done !== true) continue;
    expect(step.value).toBe(0);
    break;
  }
  await log.close();

  // Another process finds the heads as they were kept.
  const reopened = await openSqliteLog({ path });
  expect(await reopened.append(names[0] ?? '', -1, [next(-2)])).toMatchObject({ left: { _tag: 'Conflict', actual: 0 } });
  expect(reopened.head()).toBe(history.length + 1 + appending.length);
  await expect(reopened.readStream(names[0] ?? '')).rejects.toThrow(`stands in the archive '${written.file}'`);
  expect((await reopened.readStream(grown)).length).toBe(2);
  expect(await reopened.verifyAll()).toMatchObject({ faultCount: 0 });
  await reopened.close();
  const db = new DatabaseSync(path, { readOnly: true });
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
  expect(db.prepare('SELECT count(*) AS n FROM archived').get()).toEqual({ n: left });
  db.close();
});
