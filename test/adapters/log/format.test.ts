import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import { NO_STREAM, type WireFact } from '../../../src/domain/kernel/ports.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { uuidOf, wireFact } from '../../support/wireFacts.ts';

/** Format 1 as it was written first. A log of today must come out the same, and this one must be readable for ever. */
const GOLDEN = join(import.meta.dirname, '../../goldens/log/format1.sql');

const full = { due: 1_893_456_900_000, chart: 'instance@1', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
const odd = {
  correlationId: 'req 7',
  causationId: uuidOf(0).toUpperCase().replace('8', 'A'),
  traceparent: 'none',
  state: '',
  by: 'user:é字',
};
const APPENDS: readonly (readonly [string, number, () => WireFact[]])[] = [
  [`instance-${uuidOf(0xabc)}`, NO_STREAM, () => [wireFact(1, { meta: full }), wireFact(2, { meta: odd, data: '{"text":"ünï 😀"}' })]],
  ['app-/prod/web', NO_STREAM, () => [wireFact(3, { type: 'AppDeclared.v2', meta: { owes: '' } })]],
  [`instance-${uuidOf(0xabc)}`, 1, () => [wireFact(4, { meta: { term: 7 } })]],
];

/** The file as SQL text: settings of the header, schema, rows. */
const dumped = (path: string): string => {
  const db = new DatabaseSync(path, { readOnly: true });
  const pragma = (name: string) => `PRAGMA ${name} = ${Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]};`;
  const schema = db.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid').all();
  const rows = ['word', 'stream', 'fact'].flatMap((table) => {
    const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
    const values = columns.map(({ name }) => `quote(${name})`).join(` || ', ' || `);
    return db.prepare(`SELECT 'INSERT INTO ${table} VALUES (' || ${values} || ');' AS sql FROM ${table} ORDER BY 1`).all();
  });
  const text = [
    pragma('page_size'),
    pragma('application_id'),
    pragma('user_version'),
    ...schema.map(({ sql }) => `${sql};`),
    ...rows.map(({ sql }) => sql),
  ];
  db.close();
  return `${text.join('\n')}\n`;
};

test('a log of today is written in format 1 to the last byte of each row', { timeout: 30_000 }, async () => {
  const path = join(temporaryFolder(), 'log.db');
  const log = await openSqliteLog({ path });
  for (const [stream, expected, facts] of APPENDS) await log.append(stream, expected, facts());
  await log.close();
  await expect(dumped(path)).toMatchFileSnapshot(GOLDEN);
});

test('the log of format 1 that was written first is read, verified and continued', { timeout: 30_000 }, async () => {
  const path = join(temporaryFolder(), 'log.db');
  const db = new DatabaseSync(path);
  db.exec(readFileSync(GOLDEN, 'utf8'));
  db.close();
  const log = await openSqliteLog({ path });
  expect(await log.verifyAll()).toEqual({ facts: 4, streams: 2, head: 4, faults: [], faultCount: 0 });
  const facts = await log.readAll({ after: 0, max: 10 });
  const written = APPENDS.flatMap(([stream, expected, make]) => make().map((fact, i) => ({ ...fact, stream, revision: expected + 1 + i })));
  expect(facts).toEqual(written.map((fact, i) => ({ ...fact, position: i + 1 })));
  await log.append('app-/prod/web', 0, [wireFact(5, { meta: { term: 7 } })]);
  expect(await log.verifyAll()).toEqual({ facts: 5, streams: 2, head: 5, faults: [], faultCount: 0 });
  await log.close();
});
