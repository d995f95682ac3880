import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { either as E } from 'fp-ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { importInto } from '../../src/adapters/log/sqlite/importing.ts';
import { openLogFile } from '../../src/adapters/log/sqlite/logFile.ts';
import { makeSigningKey } from '../../src/adapters/witness/signingKeys.ts';
import type { HistoryFault } from '../../src/domain/ports/verification.ts';
import type { ChainedFact } from '../../src/domain/proof/chained.ts';
import type { SignedCheckpoint } from '../../src/domain/proof/checkpoint.ts';
import type { FactProof } from '../../src/domain/proof/factProof.ts';
import { checkProofFile, checkpointFile, proveFact } from '../../src/logs/prove.ts';
import { verifyFile } from '../../src/logs/verify.ts';
import { openPast } from '../../src/openPast.ts';
import { rechained } from '../support/chainedHistory.ts';
import { folderForFile, temporaryFolder } from '../support/temporaryFolder.ts';
import { live, openWitnessedServer, type WitnessedServer } from '../support/witnessedServer.ts';

const folder = folderForFile();
let there: WitnessedServer;
/** Checkpoints that were witnessed: two in the midst, one at the end. */
let kept: readonly SignedCheckpoint[] = [];
let head = 0;

beforeAll(async () => {
  there = await openWitnessedServer(folder);
  for (const app of ['/first', '/second']) {
    await live(there, app);
    await there.server.api.ask('POST', '/v1/checkpoints');
  }
  await live(there, '/third');
  await there.server.close();
  kept = linesOf(there.witness).map((line) => JSON.parse(line));
  const db = openLogFile(there.logFile);
  head = db.head();
  db.close();
}, 60_000);

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

/** A copy of the log, changed by who can write the file. */
const changed = (sql: string): string => {
  const path = join(temporaryFolder(), 'log.sqlite');
  copyFileSync(there.logFile, path);
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  db.exec(sql);
  db.close();
  return path;
};

/** A copy of the log with all chains computed again. */
const rewritten = (change: (facts: readonly ChainedFact[]) => readonly ChainedFact[]): string => {
  const log = openLogFile(there.logFile);
  const facts = [...log.facts(0, head)];
  log.close();
  const path = join(temporaryFolder(), 'log.sqlite');
  const target = importInto(path);
  target.take(rechained(change(facts)));
  target.finish();
  return path;
};

/** The witness' lines, changed. */
const forged = (change: (lines: string[]) => string[]): string => {
  const path = join(temporaryFolder(), 'witness.jsonl');
  writeFileSync(path, `${change(linesOf(there.witness)).join('\n')}\n`);
  return path;
};

const faultsOf = async (path: string, witness = there.witness) => {
  const { faults } = await verifyFile(path, { witnesses: [witness], keys: [there.publicKey] });
  return faults.map(({ kind, position }: HistoryFault) => [kind, position]);
};
const alone = async (path: string) => (await verifyFile(path)).faults.map(({ kind, position }) => [kind, position]);

test('what an engine wrote is what its witness saw, at each of its checkpoints', async () => {
  expect(kept.map(({ number, position }) => [number, position])).toEqual([
    [1, expect.any(Number)],
    [2, expect.any(Number)],
    [3, head],
  ]);
  expect(await verifyFile(there.logFile, { witnesses: [there.witness], keys: [there.publicKey] })).toMatchObject({
    facts: head,
    faultCount: 0,
    checkpoints: 3,
    witnessedUpTo: head,
  });
});

describe('who changes the file', () => {
  test('cannot change what a fact says', async () => {
    expect(await alone(changed(`UPDATE fact SET data = replace(data, ':', ': ') WHERE position = 9`))).toEqual([['changed', 9]]);
  });

  test('cannot take a fact away', async () => {
    const kinds = (await alone(changed('DELETE FROM fact WHERE position = 9'))).map(([kind]) => kind);
    expect(kinds).toContain('gap');
  });

  test('cannot swap two facts', async () => {
    const swap = `
      CREATE TEMP TABLE kept AS SELECT position, data FROM fact WHERE position IN (9, 12);
      UPDATE fact SET data = (SELECT data FROM kept WHERE kept.position = 21 - fact.position) WHERE position IN (9, 12);`;
    const faults = await alone(changed(swap));
    expect(faults).toEqual(
      expect.arrayContaining([
        ['changed', 9],
        ['changed', 12],
      ]),
    );
  });
});

describe('who changes the file and computes all hashes again', () => {
  const byAnother = (facts: readonly ChainedFact[]) =>
    facts.map((fact) => (fact.position === 9 ? { ...fact, meta: { ...fact.meta, by: 'somebody-else' } } : fact));

  test('is not found from within', async () => {
    expect(await alone(rewritten(byAnother))).toEqual([]);
  });

  test('is found by every checkpoint behind the change', async () => {
    expect(await faultsOf(rewritten(byAnother))).toEqual(kept.map(({ position }) => ['root', position]));
    const after = (kept[0]?.position ?? 0) + 1;
    const later = rewritten((facts) =>
      facts.map((fact) => (fact.position === after ? { ...fact, meta: { ...fact.meta, by: 'somebody-else' } } : fact)),
    );
    expect(await faultsOf(later)).toEqual(kept.slice(1).map(({ position }) => ['root', position]));
  });

  test('is found as another log where its first fact is another', async () => {
    const other = rewritten((facts) => facts.map((fact) => (fact.position === 1 ? { ...fact, meta: { ...fact.meta, by: 'me' } } : fact)));
    expect(await faultsOf(other)).toEqual(kept.map(({ position }) => ['log', position]));
  });
});

describe('who cuts off the end of the log', () => {
  const cut = (at: number): string => changed(`DELETE FROM fact WHERE position > ${at}`);

  test('is found by the checkpoints that saw what is gone, and by nobody else', async () => {
    expect(await alone(cut(head - 5))).toEqual([]);
    expect(await faultsOf(cut(head - 5))).toEqual([['cut', head]]);
    const second = kept[1]?.position ?? 0;
    expect(await faultsOf(cut(second))).toEqual([['cut', head]]);
    expect(await faultsOf(cut(second - 1))).toEqual([
      ['cut', second],
      ['cut', head],
    ]);
  });

  test('is not found behind the last checkpoint that a witness kept', async () => {
    const [first, second] = forgettingLast();
    const report = await verifyFile(cut(head - 5), { witnesses: [second], keys: [there.publicKey] });
    expect(report).toMatchObject({ faultCount: 0, witnessedUpTo: first });
  });

  /** As if the engine had been killed before its last checkpoint. */
  const forgettingLast = (): [number, string] => [kept[1]?.position ?? 0, forged((lines) => lines.slice(0, 2))];
});

describe('who changes what a witness keeps', () => {
  const edited = (line: number, change: Partial<SignedCheckpoint>) =>
    forged((lines) => lines.map((text, i) => (i === line ? JSON.stringify({ ...JSON.parse(text), ...change }) : text)));

  test('cannot change a line: it is not signed any more, and the next one follows another', async () => {
    const report = await verifyFile(there.logFile, { witnesses: [edited(1, { root: 'a'.repeat(64) })], keys: [there.publicKey] });
    expect(report.faults.map(({ kind, detail }) => [kind, detail.replace(/^\S+ /, '')])).toEqual([
      ['witness', 'line 2: checkpoint 2 is not signed by the key that is trusted'],
      ['witness', 'line 3: checkpoint 3 follows another checkpoint 2 than the one before it'],
    ]);
    expect(report.checkpoints).toBe(1);
  });

  test('is found without the key too, by the line behind it', async () => {
    const report = await verifyFile(there.logFile, { witnesses: [edited(1, { at: 5 })] });
    expect(report.faults.map(({ detail }) => detail.replace(/^\S+ /, ''))).toEqual([
      'line 3: checkpoint 3 follows another checkpoint 2 than the one before it',
    ]);
  });

  test('cannot take a line from the middle', async () => {
    const report = await verifyFile(there.logFile, { witnesses: [forged(([a, , c]) => [a ?? '', c ?? ''])], keys: [there.publicKey] });
    expect(report.faults.map(({ detail }) => detail.replace(/^\S+ /, ''))).toEqual(['line 2: checkpoint 2 should stand here, but 3 does']);
  });

  test('cannot sign with a key of their own', async () => {
    const own = join(temporaryFolder(), 'own');
    makeSigningKey(own);
    const log = changed('DELETE FROM fact WHERE position > 40');
    const witness = join(temporaryFolder(), 'witness.jsonl');
    await checkpointFile(log, { key: own, witnesses: [witness], at: 5 });
    const report = await verifyFile(log, { witnesses: [witness], keys: [there.publicKey] });
    expect(report.faults.map(({ kind, detail }) => [kind, detail.replace(/^\S+ /, '')])).toEqual([
      ['witness', 'line 1: checkpoint 1 is not signed by the key that is trusted'],
    ]);
  });

  test('is told where a line is no checkpoint at all', async () => {
    const report = await verifyFile(there.logFile, { witnesses: [forged((lines) => [...lines, '{"format":'])], keys: [there.publicKey] });
    expect(report.faults.map(({ detail }) => detail.replace(/^\S+ /, '').slice(0, 24))).toEqual(['line 4: is no checkpoint']);
    expect(report.checkpoints).toBe(3);
  });

  test('a witness that has seen more than there is gets no further checkpoint', async () => {
    const log = changed(`DELETE FROM fact WHERE position > ${head - 5}`);
    const attempt = checkpointFile(log, { key: there.key, witnesses: [there.witness], at: 5 });
    await expect(attempt).rejects.toThrow(`a witness has seen the log up to ${head}, and it ends at ${head - 5}`);
    expect(linesOf(there.witness)).toHaveLength(3);
  });
});

describe('a proof', () => {
  const trust = () => ({ witnesses: [there.witness], keys: [there.publicKey] });
  const written = (proof: unknown): string => {
    const path = join(temporaryFolder(), 'proof.json');
    writeFileSync(path, JSON.stringify(proof));
    return path;
  };
  const outcomeOf = async (proof: unknown, by: { witnesses?: readonly string[]; keys?: readonly string[] } = trust()) => {
    const checked = await checkProofFile(written(proof), { witnesses: by.witnesses ?? [], keys: by.keys ?? [] });
    return E.isLeft(checked) ? checked.left.part : 'holds';
  };

  test('of every fact holds, by its position and by its id, and without the log', async () => {
    for (let position = 1; position <= head; position += 7) {
      const proof = await proveFact(there.logFile, `#${position}`, trust());
      expect(await outcomeOf(proof)).toBe('holds');
      expect((await proveFact(there.logFile, proof.fact.id, trust())).fact).toEqual(proof.fact);
    }
  });

  test('goes to the last checkpoint that the log reaches', async () => {
    const { checkpoint } = await proveFact(changed(`DELETE FROM fact WHERE position >= ${head}`), '#9', trust());
    expect(checkpoint.number).toBe(2);
    await expect(proveFact(there.logFile, String(head + 1), trust())).rejects.toThrow(`there is no fact '${head + 1}'`);
  });

  test('cannot be had of a fact that no checkpoint covers, nor from a log that was not witnessed', async () => {
    const early = forged(([first]) => [first ?? '']);
    await expect(proveFact(there.logFile, String(head), { witnesses: [early], keys: [] })).rejects.toThrow('no checkpoint covers position');
    const other = rewritten((facts) => facts.map((fact) => (fact.position === 9 ? { ...fact, meta: { ...fact.meta, by: 'me' } } : fact)));
    await expect(proveFact(other, '9', trust())).rejects.toThrow('the log is not the one that checkpoint 3 has seen');
  });

  test('keeps sealed fields sealed', async () => {
    const log = openLogFile(there.logFile);
    const app = [...log.facts(0, head)].find(({ type, data }) => type.startsWith('AppVersionAdded') && data.includes('$sealed'));
    log.close();
    const text = JSON.stringify(await proveFact(there.logFile, app?.id ?? '', trust()));
    expect(text).toContain('$sealed');
    expect(text).not.toContain('s3cret');
  });

  test('that was edited does not hold, and says where', async () => {
    const log = openLogFile(there.logFile);
    const app = [...log.facts(0, head)].find(({ stream, revision }) => stream.startsWith('app-') && revision === 1) as ChainedFact;
    log.close();
    const proof = await proveFact(there.logFile, app.id, trust());
    expect(proof.later.length).toBeGreaterThan(1);
    const edit = (change: (copy: FactProof) => void) => {
      const copy = structuredClone(proof);
      change(copy);
      return outcomeOf(copy);
    };
    const flipped = (hex: string): string => `${hex.startsWith('0') ? '1' : '0'}${hex.slice(1)}`;
    expect(await edit((copy) => void Object.assign(copy.fact, { data: `${copy.fact.data} ` }))).toBe('fact');
    expect(await edit((copy) => void Object.assign(copy.fact, { at: copy.fact.at + 1 }))).toBe('fact');
    expect(await edit((copy) => void Object.assign(copy.fact, { hash: flipped(copy.fact.hash) }))).toBe('fact');
    expect(await edit((copy) => void Object.assign(copy, { previous: flipped(copy.previous) }))).toBe('fact');
    expect(await edit((copy) => void copy.later.shift())).toBe('chain');
    expect(await edit((copy) => void Object.assign(copy.later[0] ?? {}, { by: 'me' }))).toBe('chain');
    expect(await edit((copy) => void copy.later.pop())).toBe('inclusion');
    expect(await edit((copy) => void Object.assign(copy, { leaf: copy.leaf + 1 }))).toBe('inclusion');
    expect(await edit((copy) => void Object.assign(copy, { path: [flipped(copy.path[0] ?? ''), ...copy.path.slice(1)] }))).toBe(
      'inclusion',
    );
    expect(await edit((copy) => void copy.path.pop())).toBe('inclusion');
    expect(await edit((copy) => void Object.assign(copy.checkpoint, { root: flipped(copy.checkpoint.root) }))).toBe('inclusion');
    expect(await edit((copy) => void Object.assign(copy.checkpoint, { at: 5 }))).toBe('signature');
    expect(await edit((copy) => void Object.assign(copy, { more: 1 }))).toBe('form');
    const older = { ...proof, checkpoint: { ...proof.checkpoint, at: 5 } };
    expect(await outcomeOf(older, { witnesses: [there.witness] })).toBe('witness');
    expect(await outcomeOf(proof, { keys: [there.publicKey] })).toBe('holds');
    expect(await outcomeOf(proof, { witnesses: [there.witness] })).toBe('holds');
  });

  test('with a checkpoint that somebody signed for themselves is by no key that is trusted', async () => {
    const own = join(temporaryFolder(), 'own');
    makeSigningKey(own);
    const witness = join(temporaryFolder(), 'witness.jsonl');
    const other = rewritten((facts) => facts.map((fact) => (fact.position === 9 ? { ...fact, meta: { ...fact.meta, by: 'me' } } : fact)));
    await checkpointFile(other, { key: own, witnesses: [witness], at: 5 });
    const proof = await proveFact(other, '9', { witnesses: [witness], keys: [] });
    expect(await outcomeOf(proof)).toBe('signature');
    expect(await outcomeOf(proof, { witnesses: [there.witness] })).toBe('witness');
  });
});

test('a part of the index that was rewritten, checksum and all, is named with its place', async () => {
  const path = join(temporaryFolder(), 'log.sqlite');
  copyFileSync(there.logFile, path);
  const past = openPast({ file: path, factsPerBoundary: 40 });
  past.catchUp();
  const boundary = past.boundaries().at(-1) ?? 0;
  past.close();
  expect((await verifyFile(path, { views: true })).faults).toEqual([]);

  const index = new DatabaseSync(join(dirname(path), 'history', 'index.sqlite'));
  const { id, position, bytes } = index
    .prepare("SELECT part AS id, position, bytes FROM kept JOIN part ON part.id = part WHERE name LIKE 'app %' ORDER BY position LIMIT 1")
    .get() as { readonly id: number; readonly position: number; readonly bytes: Uint8Array };
  const forged = zstdCompressSync(zstdDecompressSync(bytes).toString().replaceAll('"instances":3', '"instances":7'));
  index.prepare('UPDATE kept SET bytes = ?, crc = ? WHERE part = ? AND position = ?').run(forged, crc32(forged), id, position);
  index.close();
  const { faults } = await verifyFile(path, { views: true });
  expect(boundary).toBeGreaterThan(0);
  expect(faults.map(({ kind }) => kind)).toContain('view');
  expect(faults.map(({ detail }) => detail).join('\n')).toMatch(/apps of the index at \d+: \//);
});
