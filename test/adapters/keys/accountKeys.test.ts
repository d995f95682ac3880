import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serviceKeysIn } from '../../../src/adapters/keys/accountKeys.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

test('the key of an account is the file of its name, as soon as it is there; a name that is a path is nobody', async () => {
  const folder = temporaryFolder();
  const accounts = join(folder, 'service-accounts');
  const keyOf = serviceKeysIn(accounts);
  expect(await keyOf('marathon-lb')).toBeUndefined();
  mkdirSync(accounts);
  writeFileSync(join(accounts, 'marathon-lb.pem'), 'a key');
  writeFileSync(join(folder, 'token.pem'), 'no key');
  expect(await keyOf('marathon-lb')).toBe('a key');
  for (const uid of ['other', '../token', '..', '', '/etc/x', 'a/b', 'a\0b']) expect(await keyOf(uid)).toBeUndefined();
});
