import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileWitness } from '../../../src/adapters/witness/fileWitness.ts';
import { makeSigningKey, readSigningKey, readTrustedKey } from '../../../src/adapters/witness/signingKeys.ts';
import { checkpointBytes, NO_CHECKPOINT, type SignedCheckpoint } from '../../../src/domain/proof/checkpoint.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const checkpointOf = (log: string, number: number): SignedCheckpoint => ({
  format: 'wharfinger-checkpoint/1',
  log: log.repeat(64),
  number,
  previous: NO_CHECKPOINT,
  position: number * 10,
  streams: 3,
  root: '1'.repeat(64),
  at: 1_893_456_000_000,
  key: 'b'.repeat(32),
  signature: 'c'.repeat(128),
});

test('what is signed is text that any tool can check', () => {
  const text = new TextDecoder().decode(checkpointBytes(checkpointOf('a', 2)));
  expect(text).toBe(
    `wharfinger checkpoint 1\nlog ${'a'.repeat(64)}\nnumber 2\nprevious ${NO_CHECKPOINT}\nposition 20\nstreams 3\nroot ${'1'.repeat(64)}\nat 1893456000000\nkey ${'b'.repeat(32)}\n`,
  );
});

test('a key is for its owner alone, is never overwritten, and its public half checks what it signed', () => {
  const path = join(temporaryFolder(), 'key');
  const { key, publicFile } = makeSigningKey(path);
  expect([statSync(path).mode & 0o777, publicFile]).toEqual([0o600, `${path}.pub`]);
  expect(() => makeSigningKey(path)).toThrow();
  const signer = readSigningKey(path);
  const trusted = readTrustedKey(publicFile);
  expect([signer.key, trusted.key]).toEqual([key, key]);
  const bytes = new TextEncoder().encode('tide');
  expect(trusted.signed(bytes, signer.sign(bytes))).toBe(true);
  expect(trusted.signed(new TextEncoder().encode('ebb'), signer.sign(bytes))).toBe(false);
  chmodSync(path, 0o640);
  expect(() => readSigningKey(path)).toThrow(`others than its owner may read the key '${path}'`);
});

test('what is no Ed25519 key in PEM is refused in plain words', () => {
  const path = join(temporaryFolder(), 'key');
  expect(() => readTrustedKey(path)).toThrow(`the key '${path}' cannot be read`);
  writeFileSync(path, 'hello', { mode: 0o600 });
  expect(() => readTrustedKey(path)).toThrow('is no key in PEM');
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(path, publicKey.export({ type: 'spki', format: 'pem' }));
  expect(() => readTrustedKey(path)).toThrow('is a key of rsa, not of Ed25519');
});

test('a witness keeps lines in order, finds the last of each log, and never mends one that was cut short', async () => {
  const path = join(temporaryFolder(), 'witness.jsonl');
  const witness = fileWitness(path);
  const [a, b] = ['a', 'b'].map((log) => log.repeat(64)) as [string, string];
  expect(await witness.last(a)).toBeUndefined();
  await witness.keep(checkpointOf('a', 1));
  await witness.keep(checkpointOf('b', 1));
  await witness.keep(checkpointOf('a', 2));
  writeFileSync(path, readFileSync(path, 'utf8') + JSON.stringify(checkpointOf('b', 2)).slice(0, 200));
  expect([(await witness.last(a))?.number, (await witness.last(b))?.number]).toEqual([2, 1]);
  await witness.keep(checkpointOf('b', 2));
  expect((await witness.last(b))?.number).toBe(2);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(6);
});

test('the last line of a log is found however many lines of others stand behind it', async () => {
  const path = join(temporaryFolder(), 'witness.jsonl');
  const line = (log: string, number: number) => `${JSON.stringify(checkpointOf(log, number))}\n`;
  writeFileSync(path, line('a', 7) + Array.from({ length: 2_000 }, (_, n) => line('b', n + 1)).join(''));
  expect((await fileWitness(path).last('a'.repeat(64)))?.number).toBe(7);
  expect((await fileWitness(path).last('b'.repeat(64)))?.number).toBe(2_000);
});
