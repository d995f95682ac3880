import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderForFile, temporaryFolder } from '../../support/temporaryFolder.ts';
import { live, openWitnessedServer, type WitnessedServer } from '../../support/witnessedServer.ts';
import { type Ran, type } from './terminal.ts';

const folder = folderForFile();
let there: WitnessedServer;
const wharf = (...argv: string[]): Promise<Ran> => type(['--data-dir', there.dataDir, 'log', ...argv]);

beforeAll(async () => {
  there = await openWitnessedServer(folder);
  await live(there, '/web');
}, 60_000);
afterAll(() => there.server.close());

test('an auditor makes a key, has a checkpoint written, proves a fact of a running engine, and checks it elsewhere', async () => {
  const key = join(temporaryFolder(), 'mine');
  const made = await wharf('keygen', key, '--json');
  expect(made).toMatchObject({ code: 0, json: { key: expect.stringMatching(/^[0-9a-f]{32}$/), publicFile: `${key}.pub` } });
  expect(await wharf('keygen', key)).toMatchObject({ code: 1, err: expect.stringContaining('never overwritten') });
  expect(await wharf('keygen', join(there.dataDir, 'key'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('inside the data directory'),
  });

  const checkpoint = await wharf('checkpoint', '--json');
  expect(checkpoint.json).toMatchObject({ number: 1, log: expect.any(String) });
  const proof = join(temporaryFolder(), 'proof.json');
  const trust = ['--witness', there.witness, '--key', there.publicKey];
  expect((await wharf('prove', '#3', ...trust, '--out', proof)).code).toBe(0);
  const checked = await type(['log', 'check-proof', proof, ...trust]);
  expect(checked.code).toBe(0);
  expect(checked.out).toContain('the proof holds');
  expect(checked.out).toContain('Not proven: that what it says is true; its position in the log');
  expect(await type(['log', 'check-proof', proof])).toMatchObject({ code: 2, err: expect.stringContaining('vouches for itself alone') });
  writeFileSync(proof, readFileSync(proof, 'utf8').replace('"by": "', '"by": "not-'));
  expect(await type(['log', 'check-proof', proof, ...trust, '--json'])).toMatchObject({ code: 1, json: { holds: false, part: 'fact' } });
});

test('a checkpoint of a file is signed by a key of one’s own, for a witness of one’s own', async () => {
  const [key, witness] = [join(temporaryFolder(), 'mine'), join(temporaryFolder(), 'mine.jsonl')];
  await wharf('keygen', key);
  const file = join(there.dataDir, 'log.sqlite');
  expect((await wharf('checkpoint', '--file', file, '--key', key, '--witness', witness)).out).toMatch(
    /^checkpoint 1: \d+ streams up to #\d+/,
  );
  expect((await wharf('verify', '--file', file, '--witness', witness, '--key', `${key}.pub`)).code).toBe(0);
  expect(await wharf('checkpoint', '--file', file)).toMatchObject({ code: 2 });
  expect(await wharf('checkpoint', '--key', key)).toMatchObject({ code: 2 });
});

test('verifying says what it looked at, and what it could not have seen', async () => {
  const file = join(there.dataDir, 'log.sqlite');
  const plain = await wharf('verify', '--file', file);
  expect(plain).toMatchObject({ code: 0, err: '' });
  expect(plain.out).toMatch(
    /^\d+ facts in \d+ streams \(\d+ ended\), up to #\d+, [\d,]+ facts\/s\nviews were not compared \(--views\)\nno checkpoint was compared: .* leave no trace\nall holds\n$/,
  );
  await wharf('checkpoint');
  const witnessed = await wharf('verify', '--file', file, '--witness', there.witness, '--key', there.publicKey);
  expect(witnessed.out).toMatch(/nothing up to #\d+ was cut off; what was cut off behind it leaves no trace/);
  expect((await type(['log', 'verify', '--file', file, '--json'])).json).toMatchObject({ faultCount: 0, elapsedMs: expect.any(Number) });
  expect((await type(['log', 'verify', '--file', file], { columns: 80 })).code).toBe(0);
});

test('a running engine verifies its own log, and compares it with the past that it answers from', async () => {
  await wharf('checkpoint');
  const own = await wharf('verify');
  expect(own).toMatchObject({ code: 0, err: '' });
  expect(own.out).toContain('views compared with those of the past that is answered from\n');
  expect(own.out).toMatch(/compared: nothing up to #\d+ was cut off/);
  expect((await wharf('verify', '--json', '--no-views')).json).toMatchObject({ faultCount: 0, faults: [], viewsOf: [] });
  // The same beside the engine, from the index that it keeps.
  const beside = await wharf('verify', '--file', join(there.dataDir, 'log.sqlite'), '--views', '--json');
  expect(beside.json).toMatchObject({ faultCount: 0, faults: [], viewsOf: ['the past that is answered from'] });
});

test('each fault is named by kind, stream, revision and position, and the exit code is 1', async () => {
  const backup = join(temporaryFolder(), 'backup');
  await wharf('backup', backup);
  const file = join(backup, 'log.sqlite');
  const db = new DatabaseSync(file);
  db.exec(`UPDATE fact SET data = '{}' WHERE position = 4`);
  db.close();
  const found = await wharf('verify', '--file', file);
  expect(found).toMatchObject({ code: 1, err: expect.stringMatching(/the log does not hold: (one fault|\d+ faults)/) });
  expect(found.out).toMatch(/^changed: request-\S+ revision 0 #4: the hash of this fact/);
  expect(await wharf('verify', '--file', join(folder, 'none'))).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no file'),
  });
  expect(await wharf('verify', '--witness', there.witness)).toMatchObject({ code: 2 });
});

test('a log goes out as JSON lines and comes back', async () => {
  const out = join(temporaryFolder(), 'log.jsonl.zst');
  const copy = join(temporaryFolder(), 'copy.sqlite');
  const { facts } = (await wharf('export', '--out', out, '--json')).json;
  expect((await type(['log', 'import', out, '--file', copy, '--json'])).json).toMatchObject({ facts });
  expect((await type(['log', 'verify', '--file', copy])).code).toBe(0);
  const some = (await wharf('export', '--stream', 'app-/web', '--from', '-1h', '--to', '-0s')).lines;
  expect(some.slice(1, -1).map(({ stream }) => stream)).toEqual(some.slice(1, -1).map(() => 'app-/web'));
  expect(some.length).toBeGreaterThan(2);
  expect(await wharf('export', '--from', 'yesterday')).toMatchObject({ code: 2, err: expect.stringContaining("'yesterday' is no moment") });
});

test('a backup goes into no folder that holds something, and a backup that was changed is not restored', async () => {
  const backup = join(temporaryFolder(), 'backup');
  const made = await wharf('backup', backup);
  expect(made.out).toMatch(/keys\.sqlite, log\.sqlite, token in .* bytes, the log up to #\d+/);
  expect(await wharf('backup', backup)).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') });
  const anew = join(temporaryFolder(), 'anew');
  expect(await type(['--data-dir', there.dataDir, 'log', 'restore', backup])).toMatchObject({
    code: 1,
    err: expect.stringContaining('is not empty'),
  });
  expect((await type(['log', 'restore', backup, '--data-dir', anew])).out).toMatch(/facts of \d+ streams verified/);
  writeFileSync(join(backup, 'keys.sqlite'), 'nothing');
  rmSync(anew, { recursive: true });
  const changed = await type(['log', 'restore', backup, '--data-dir', anew]);
  expect(changed).toMatchObject({ code: 1, err: expect.stringContaining("'keys.sqlite' is not the file that was backed up") });
  expect(existsSync(anew)).toBe(false);
  expect(await type(['log', 'restore', backup])).toMatchObject({ code: 2 });
});
