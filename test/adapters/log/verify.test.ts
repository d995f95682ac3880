import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import { type ChainFault, type Verification, verify } from '../../../src/adapters/log/sqlite/verify.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { wireFact } from '../../support/wireFacts.ts';

const STREAMS = ['app-web', 'app-db', 'instance-00000000-0000-4000-8000-000000000001'];
const FACTS_PER_STREAM = 40;

let untouched = '';

/** Positions 1, 2, 3 are revision 0 of the three streams, 4, 5, 6 their revision 1, and so on. */
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-'));
  untouched = join(folder, 'log.db');
  const log = await openSqliteLog({ path: untouched });
  const appends: Promise<unknown>[] = [];
  for (let revision = 0, n = 0; revision < FACTS_PER_STREAM; revision++)
    for (const stream of STREAMS)
      appends.push(log.append(stream, revision - 1, [wireFact(++n, { data: `{"text":"${'x'.repeat(300)}${n}"}` })]));
  await Promise.all(appends);
  await log.close();
  return () => rmSync(folder, { recursive: true });
}, 30_000);

const history = (): string => {
  const path = join(temporaryFolder(), 'log.db');
  copyFileSync(untouched, path);
  return path;
};

const tampered = (sql: string): { readonly all: Verification; readonly byStream: readonly Verification[] } => {
  const db = new DatabaseSync(history(), { enableForeignKeyConstraints: false });
  db.exec(sql);
  const found = { all: verify(db), byStream: STREAMS.map((stream) => verify(db, stream)) };
  db.close();
  return found;
};

const places = ({ faults }: Verification) => faults.map(({ kind, stream, revision }: ChainFault) => [kind, stream, revision]);

test('an untouched history verifies, all of it and stream by stream, while the log is open', async () => {
  const log = await openSqliteLog({ path: history() });
  onTestFinished(() => log.close());
  expect(await log.verifyAll()).toEqual({ facts: 120, streams: 3, head: 120, faults: [], faultCount: 0 });
  const byStream = await Promise.all(STREAMS.map((stream) => log.verifyStream(stream)));
  expect(byStream.map(({ facts, faultCount }) => [facts, faultCount])).toEqual(Array(3).fill([FACTS_PER_STREAM, 0]));
}, 30_000);

test.each([
  ['payload', `UPDATE fact SET data = replace(data, 'x', 'y') WHERE position = 14`],
  ['time', 'UPDATE fact SET at = at + 1 WHERE position = 14'],
  ['author', `UPDATE fact SET by = (SELECT state FROM fact LIMIT 1) WHERE position = 14`],
  ['id', `UPDATE fact SET id = x'00000000000040008000000000000fff' WHERE position = 14`],
  ['deadline', 'UPDATE fact SET due = 1 WHERE position = 14'],
])('a changed %s is found and named', (_, sql) => {
  const { all, byStream } = tampered(sql);
  expect(places(all)).toEqual([['changed', 'app-db', 4]]);
  expect(all.faults[0]?.position).toBe(14);
  expect(byStream.map(({ faultCount }) => faultCount)).toEqual([0, 1, 0]);
});

test('a fact that was rewritten together with its own hash is found at the next one', () => {
  const { all } = tampered(`UPDATE fact SET data = '{}', hash = zeroblob(32) WHERE position = 14`);
  expect(places(all)).toEqual([
    ['changed', 'app-db', 4],
    ['changed', 'app-db', 5],
  ]);
});

test('a removed fact is found and named', () => {
  const { all, byStream } = tampered('DELETE FROM fact WHERE position = 14');
  expect(all.faults.map(({ kind, stream, revision, detail }) => [kind, stream, revision, detail])).toEqual([
    ['gap', STREAMS[2], 4, 'position 14 should stand here, but 15 does'],
    ['missing', 'app-db', 5, 'revision 4 should stand here, but 5 does'],
  ]);
  expect(byStream.map(places)).toEqual([[], [['missing', 'app-db', 5]], []]);
});

test('swapped facts are found and named', () => {
  const swap = (column: string) => `
    CREATE TEMP TABLE kept AS SELECT position, ${column} AS value FROM fact WHERE position IN (14, 17);
    UPDATE fact SET ${column} = -1 - position WHERE position IN (14, 17);
    UPDATE fact SET ${column} = (SELECT value FROM kept WHERE kept.position = 31 - fact.position) WHERE position IN (14, 17);`;
  expect(places(tampered(swap('revision')).all)).toEqual([
    ['missing', 'app-db', 5],
    ['missing', 'app-db', 4],
    ['missing', 'app-db', 6],
  ]);
  expect(places(tampered(swap('data')).all)).toEqual([
    ['changed', 'app-db', 4],
    ['changed', 'app-db', 5],
  ]);
});

test('a fact that was moved to another stream is found in both', () => {
  const { all } = tampered('UPDATE fact SET stream = 1, revision = 40 WHERE position = 119');
  expect(places(all)).toEqual([['changed', 'app-web', 40]]);
  const middle = tampered('UPDATE fact SET stream = 1, revision = 40 WHERE position = 14');
  expect(places(middle.all)).toEqual(
    expect.arrayContaining([
      ['missing', 'app-web', 40],
      ['missing', 'app-db', 5],
    ]),
  );
});

test('a renamed word is found in every fact that says it', () => {
  const { all } = tampered(`UPDATE word SET text = 'intruder' WHERE text = 'engine'`);
  expect(all.faultCount).toBe(120);
  expect(all.faults).toHaveLength(100);
});

test('a torn page is reported with the place from which nothing can be read', () => {
  const path = history();
  const db = new DatabaseSync(path);
  const leaf = Number(db.prepare(`SELECT max(pageno) AS n FROM dbstat WHERE name = 'fact' AND pagetype = 'leaf'`).get()?.n);
  const size = Number(db.prepare('PRAGMA page_size').get()?.page_size);
  db.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(size, 0xab), 0, size, (leaf - 1) * size);
  closeSync(file);
  const reader = new DatabaseSync(path, { readOnly: true });
  const { faults, head } = verify(reader);
  reader.close();
  expect(head).toBeGreaterThan(0);
  expect(head).toBeLessThan(120);
  expect(faults).toEqual([
    { kind: 'unreadable', stream: '', revision: -1, position: head + 1, detail: 'database disk image is malformed' },
  ]);
});
