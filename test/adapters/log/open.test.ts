import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import { NO_STREAM } from '../../../src/domain/kernel/ports.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { uuidOf, wireFact } from '../../support/wireFacts.ts';

const APPENDER = join(import.meta.dirname, 'appender.ts');

test('a second engine on the same file is refused at once, from this process, from another, and through a link', {
  timeout: 30_000,
}, async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'log.db');
  const log = await openSqliteLog({ path });
  onTestFinished(() => log.close());
  await expect(openSqliteLog({ path })).rejects.toThrow(`the log '${path}' is in use by another engine`);
  symlinkSync(path, join(folder, 'link.db'));
  await expect(openSqliteLog({ path: join(folder, 'link.db') })).rejects.toThrow('in use by another engine');
  const other = spawnSync(process.execPath, [APPENDER, path, 'FULL', '1', '1'], { encoding: 'utf8' });
  expect(other.status).toBe(1);
  expect(other.stderr).toContain(`the log '${path}' is in use by another engine`);
  await log.close();
  const next = await openSqliteLog({ path });
  await next.close();
});

test('an auditor reads the log in words while the engine runs', { timeout: 30_000 }, async () => {
  const path = join(temporaryFolder(), 'log.db');
  const log = await openSqliteLog({ path });
  onTestFinished(() => log.close());
  const instance = `instance-${uuidOf(7)}`;
  const meta = { due: 1_893_456_900_005, chart: 'instance@1', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
  await log.append(instance, NO_STREAM, [
    wireFact(1, { meta }),
    wireFact(2, { meta: { state: 'running', owes: '', correlationId: 'by hand' } }),
  ]);
  await log.append('app-/prod/web', NO_STREAM, [wireFact(3)]);
  const auditor = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => auditor.close());
  const facts = auditor.prepare('SELECT * FROM facts ORDER BY position').all();
  expect(facts.map((row) => ({ ...row, hash: String(row.hash).length }))).toEqual([
    {
      position: 1,
      stream: instance,
      revision: 0,
      type: 'InstancePlaced.v1',
      id: uuidOf(1),
      at: '2030-01-01T00:00:00.001Z',
      by: 'engine',
      state: 'starting',
      owes: 'run',
      due: '2030-01-01T00:15:00.005Z',
      data: '{"node":"node-1"}',
      chart: 'instance@1',
      term: 1,
      correlation: uuidOf(0xc0_0001),
      causation: uuidOf(0xca_0001),
      traceparent: meta.traceparent,
      hash: 64,
    },
    expect.objectContaining({
      position: 2,
      revision: 1,
      state: 'running',
      owes: '',
      due: null,
      chart: null,
      correlation: 'by hand',
      traceparent: null,
    }),
    expect.objectContaining({ position: 3, stream: 'app-/prod/web', revision: 0 }),
  ]);
  const streams = auditor.prepare('SELECT stream, noun, key, revision, state, position FROM streams ORDER BY position').all();
  expect(streams.map((row) => ({ ...row }))).toEqual([
    { stream: instance, noun: 'instance', key: uuidOf(7), revision: 1, state: 'running', position: 2 },
    { stream: 'app-/prod/web', noun: 'app', key: '/prod/web', revision: 0, state: 'starting', position: 3 },
  ]);
});

test('a log of a newer format is refused, with both formats in the message', { timeout: 30_000 }, async () => {
  const path = join(temporaryFolder(), 'log.db');
  await (await openSqliteLog({ path })).close();
  const db = new DatabaseSync(path);
  db.exec('PRAGMA user_version = 3');
  db.close();
  await expect(openSqliteLog({ path })).rejects.toThrow(
    `the log '${path}' was written by a newer version (format 3; this version reads up to format 2)`,
  );
});

test('what is no log is left alone, and its path is named', { timeout: 30_000 }, async () => {
  const folder = temporaryFolder();
  const foreign = join(folder, 'foreign.db');
  const db = new DatabaseSync(foreign);
  db.exec('CREATE TABLE t (x)');
  db.close();
  await expect(openSqliteLog({ path: foreign })).rejects.toThrow(`'${foreign}' is an SQLite file, but not a log`);
  const text = join(folder, 'text.db');
  writeFileSync(text, 'this is a text file, and rather a long one, so that it is no empty database header at all\n'.repeat(20));
  await expect(openSqliteLog({ path: text })).rejects.toThrow(`the log '${text}' cannot be opened: file is not a database`);
  await expect(openSqliteLog({ path: join(folder, 'none', 'log.db') })).rejects.toThrow(join(folder, 'none'));
});
