import { createHmac } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clusterSecretIn, clusterSecretOf, newClusterSecret } from '../../../src/adapters/keys/clusterSecret.ts';
import { keepToken } from '../../../src/apiToken.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

/** HKDF-SHA-256 for one block, by the letter of RFC 5869, 2.2 and 2.3. */
const hkdf = (secret: string, info: string): Buffer => {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(secret).digest();
  return createHmac('sha256', extracted).update(info).update(Buffer.of(1)).digest();
};

test('token and key are derived from the secret, each by itself, the same wherever the file is read', async () => {
  const secret = newClusterSecret();
  const file = join(temporaryFolder(), 'secret');
  writeFileSync(file, `${secret}\n`);
  const derived = await clusterSecretIn(file);
  expect(derived).toEqual(clusterSecretOf(secret.trim()));
  expect(derived.token).toBe(hkdf(secret.trim(), 'wharfinger api token').toString('base64url'));
  expect(derived.exchangeKey).toEqual(hkdf(secret.trim(), 'wharfinger key exchange'));
  expect(newClusterSecret()).not.toBe(secret);
});

test('a file that is not there, or holds too little, is told with the way to make one', async () => {
  const file = join(temporaryFolder(), 'secret');
  await expect(clusterSecretIn(file)).rejects.toThrow(/--cluster-secret: .*ENOENT.*wharf cluster-secret > FILE/);
  writeFileSync(file, 'x'.repeat(31));
  await expect(clusterSecretIn(file)).rejects.toThrow('fewer than 32 bytes');
});

test('the token takes the place of one that was made before, for its owner alone', async () => {
  const file = join(temporaryFolder(), 'token');
  writeFileSync(file, 'random\n', { mode: 0o644 });
  await keepToken(file, 'derived');
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['derived\n', 0o600]);
});
