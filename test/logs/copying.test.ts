import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { openLogFile } from '../../src/adapters/log/sqlite/logFile.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { documentOf, type FactDocument } from '../../src/domain/proof/chained.ts';
import { backUp } from '../../src/logs/backup.ts';
import { exportTo, exportToFile } from '../../src/logs/export.ts';
import { importFile } from '../../src/logs/import.ts';
import { verifyFile } from '../../src/logs/verify.ts';
import { folderForFile, temporaryFolder } from '../support/temporaryFolder.ts';
import { live, openWitnessedServer, type WitnessedServer } from '../support/witnessedServer.ts';

const folder = folderForFile();
const AT = 1_893_456_000_000;
let there: WitnessedServer;

beforeAll(async () => {
  there = await openWitnessedServer(folder);
  await live(there, '/web');
  await there.server.close();
}, 60_000);

const factsOf = (path: string): readonly FactDocument[] => {
  const log = openLogFile(path);
  const facts = [...log.facts(0, log.head())].map(documentOf);
  log.close();
  return facts;
};
const exported = async (options: Partial<Parameters<typeof exportTo>[2]> = {}, path = there.logFile): Promise<string> => {
  let text = '';
  await exportTo(
    path,
    (chunk) => {
      text += chunk;
    },
    { at: AT, ...options },
  );
  return text;
};
const written = (text: string, name = 'export.jsonl'): string => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
};
const lines = (text: string) => text.trimEnd().split('\n');

test.each(['whole.jsonl', 'whole.jsonl.gz', 'whole.jsonl.zst'])(
  'a log comes back from %s with the same facts, positions and hashes',
  async (name) => {
    const out = join(temporaryFolder(), name);
    const copy = join(temporaryFolder(), 'copy.sqlite');
    const { facts } = await exportToFile(there.logFile, out, { at: AT });
    const raw = readFileSync(out);
    const text = name.endsWith('.gz') ? gunzipSync(raw) : name.endsWith('.zst') ? zstdDecompressSync(raw) : raw;
    expect(text.toString()).toBe(await exported());
    expect(await importFile(out, copy)).toMatchObject({ facts });
    expect(factsOf(copy)).toEqual(factsOf(there.logFile));
    expect(await verifyFile(copy, { witnesses: [there.witness], keys: [there.publicKey] })).toMatchObject({
      facts,
      faultCount: 0,
      checkpoints: 1,
    });
    const log = await openSqliteLog({ path: copy });
    expect(log.head()).toBe(facts);
    await log.close();
  },
);

test('an export says what it is of, and its last line how much there is', async () => {
  const [first, ...rest] = lines(await exported()).map((line) => JSON.parse(line));
  const facts = factsOf(there.logFile);
  expect(first).toEqual({ format: 'wharfinger-log/1', log: facts[0]?.hash, head: facts.length, from: 1, to: facts.length, at: AT });
  expect(rest.pop()).toEqual({ end: true, facts: facts.length, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(rest).toEqual(facts);
});

test('parts are by position, by instant and by stream', async () => {
  const facts = factsOf(there.logFile);
  const positions = async (options: Parameters<typeof exported>[0]) =>
    lines(await exported(options))
      .slice(1, -1)
      .map((line) => JSON.parse(line).position);
  expect(await positions({ from: { position: 5 }, to: { position: 9 } })).toEqual([5, 6, 7, 8, 9]);
  const at = facts[9]?.at ?? 0;
  const upTo = facts.findLast((fact) => fact.at <= at)?.position ?? 0;
  expect((await positions({ to: { at } })).at(-1)).toBe(upTo);
  expect((await positions({ from: { at } }))[0]).toBe(upTo + 1);
  const two = ['app-/web', 'lease-engine'];
  expect(await positions({ streams: two })).toEqual(facts.filter(({ stream }) => two.includes(stream)).map(({ position }) => position));
});

test('whole streams make a log of their own, in their order; a part of one makes none', async () => {
  const copy = join(temporaryFolder(), 'some.sqlite');
  await importFile(written(await exported({ streams: ['app-/web', 'lease-engine'] })), copy);
  const kept = factsOf(there.logFile).filter(({ stream }) => ['app-/web', 'lease-engine'].includes(stream));
  expect(factsOf(copy)).toEqual(kept.map((fact, i) => ({ ...fact, position: i + 1 })));
  expect(await verifyFile(copy)).toMatchObject({ faultCount: 0, streams: 2 });
  const path = join(temporaryFolder(), 'late.sqlite');
  const late = importFile(written(await exported({ from: { position: 20 } })), path);
  await expect(late).rejects.toThrow('an import takes whole streams, from their first fact on');
  expect(existsSync(path)).toBe(false);
});

test.each([
  ['cut short', (text: string) => `${lines(text).slice(0, -1).join('\n')}\n`, 'is cut short: its last line is missing'],
  ['cut in a line', (text: string) => text.slice(0, text.length / 2), 'is no JSON'],
  ['changed', (text: string) => text.replace('"by":"engine"', '"by":"nobody"'), 'is not the one that was written'],
  ['short of a fact', (text: string) => `${lines(text).toSpliced(9, 1).join('\n')}\n`, 'should stand here'],
  ['of another log', (text: string) => text.replace(/"log":"../, '"log":"00'), 'says that it is another log'],
  ['no export', () => '{"hello":1}\n', 'is no export of a log'],
  ['nothing', () => '', 'is no export of a log'],
  ['with a field more', (text: string) => text.replace('"revision":', '"colour":1,"revision":'), 'is no fact'],
  ['with another end', (text: string) => text.replace(/"sha256":"../, '"sha256":"00'), 'its SHA-256 is another one'],
])('an export that is %s makes no log', async (_, change, complaint) => {
  const into = temporaryFolder();
  await expect(importFile(written(change(await exported())), join(into, 'copy.sqlite'))).rejects.toThrow(complaint);
  expect(readdirSync(into).filter((name) => !name.endsWith('.lock'))).toEqual([]);
});

test('an import goes into no log that has facts, and begins anew after one that was interrupted', async () => {
  const path = written(await exported());
  await expect(importFile(path, there.logFile)).rejects.toThrow('holds facts already');
  const copy = join(temporaryFolder(), 'copy.sqlite');
  writeFileSync(`${copy}.importing`, 'half of something');
  await importFile(path, copy);
  expect(factsOf(copy)).toEqual(factsOf(there.logFile));
});

test('a log can be exported while an engine writes it', async () => {
  const running = await openWitnessedServer(temporaryFolder());
  const writing = live(running, '/web');
  let text = '';
  for (let n = 0; n < 5; n++) text = await exported({}, running.logFile);
  await writing;
  await running.server.close();
  const copy = join(temporaryFolder(), 'copy.sqlite');
  const { facts } = await importFile(written(text), copy);
  expect(factsOf(copy)).toEqual(factsOf(running.logFile).slice(0, facts));
});

test('the mirror of a log that is at a store is no backup of it', async () => {
  const dataDir = temporaryFolder();
  const destination = join(temporaryFolder(), 'backup');
  await expect(backUp(dataDir, destination, AT)).rejects.toThrow('there is no log');
  mkdirSync(join(dataDir, 'mirror'));
  writeFileSync(join(dataDir, 'mirror', 'log.sqlite'), '');
  await expect(backUp(dataDir, destination, AT)).rejects.toThrow('back up the store and the cluster secret');
  writeFileSync(join(dataDir, 'log.sqlite'), '');
  await expect(backUp(dataDir, destination, AT)).rejects.toThrow('move away that which its engine does not use');
  expect(existsSync(destination)).toBe(false);
});
