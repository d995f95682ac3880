import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { GroupRecord } from '../../../../../../src/adapters/log/esdb/server/persistent/records.ts';
import { openSqliteRecords, subscriptionsFileOf } from '../../../../../../src/adapters/log/esdb/server/persistent/sqliteRecords.ts';
import { temporaryFolder } from '../../../../../support/temporaryFolder.ts';
import { groupSettings } from './groupSettings.ts';

const record: GroupRecord = {
  stream: '$all',
  group: 'audit',
  settings: { ...groupSettings, startFrom: 2n ** 62n + 1n, strategy: 'Pinned' },
  filter: { on: 'type', by: { prefixes: ['App', 'Node'] } },
  start: 2n ** 62n,
  checkpoint: undefined,
  replayUntil: 0,
};

test('a group is read back as it was kept, places of 64 bits and all', () => {
  const path = join(temporaryFolder(), 'subscriptions.sqlite');
  const other: GroupRecord = {
    ...record,
    stream: 'orders-1',
    settings: { ...groupSettings, startFrom: 'end' },
    filter: undefined,
    start: -1n,
  };
  const first = openSqliteRecords(path);
  first.save(other);
  first.save(record);
  first.save({ ...record, group: 'gone' });
  first.checkpoint(record, 2n ** 62n + 7n);
  first.replay(other, 12);
  first.remove({ ...record, group: 'gone' });
  first.close();
  const second = openSqliteRecords(path);
  onTestFinished(() => second.close());
  expect(second.all()).toEqual([
    { ...record, checkpoint: 2n ** 62n + 7n },
    { ...other, replayUntil: 12 },
  ]);
});

test('a file that is something else, or of a newer format, is left alone', () => {
  const folder = temporaryFolder();
  const foreign = join(folder, 'foreign.sqlite');
  const newer = join(folder, 'newer.sqlite');
  const db = new DatabaseSync(foreign);
  db.exec('CREATE TABLE things (a)');
  db.close();
  expect(() => openSqliteRecords(foreign)).toThrow(`'${foreign}' is no file of subscription groups`);
  openSqliteRecords(newer).close();
  const later = new DatabaseSync(newer);
  later.exec('PRAGMA user_version = 2');
  later.close();
  expect(() => openSqliteRecords(newer)).toThrow(`'${newer}' has format 2; this version knows formats up to 1`);
});

test('the file stands beside its log', () => {
  expect(subscriptionsFileOf('/srv/data/log.sqlite')).toBe('/srv/data/subscriptions.sqlite');
  expect(subscriptionsFileOf('/srv/data/other.db')).toBe('/srv/data/other.db.subscriptions.sqlite');
});
