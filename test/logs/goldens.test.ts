import { join } from 'node:path';
import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { importFile } from '../../src/logs/import.ts';
import { checkProofFile, proveFact } from '../../src/logs/prove.ts';
import { readWitnesses, trustIn } from '../../src/logs/verify.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

/* Written once by the first version that could; whatever comes later must read and check them. */

const golden = (name: string): string => join(import.meta.dirname, '..', 'goldens', 'proof', name);
const trust = { witnesses: [golden('witness1.jsonl')], keys: [golden('key1.pub')] };

test('the first proof that was ever written still holds', async () => {
  const checked = await checkProofFile(golden('proof1.json'), trust);
  expect(E.isRight(checked) && checked.right.fact).toMatchObject({ stream: 'app-/web', revision: 1 });
});

test('the first witness that was ever kept still stands', () => {
  const [read] = readWitnesses(trust.witnesses, trustIn(trust.keys));
  expect(read?.witnessed.faults).toEqual([]);
  expect(read?.witnessed.checkpoints.map(({ number, position, streams }) => [number, position, streams])).toEqual([
    [1, 11, 5],
    [2, 12, 5],
  ]);
});

test('the first export that was ever written makes the log that was witnessed, and the same proof', async () => {
  const copy = join(temporaryFolder(), 'log.sqlite');
  expect(await importFile(golden('export1.jsonl'), copy)).toMatchObject({ facts: 12, streams: 5 });
  const proof = await proveFact(copy, '2', trust);
  const written = await checkProofFile(golden('proof1.json'), trust);
  expect(E.right(proof)).toEqual(written);
});
