import { expect, test } from 'vitest';
import { hashFault, Passwords } from '../../../../src/adapters/balancer/embedded/passwords.ts';

const basic = (user: string, password: string): string => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Made by `openssl passwd` of `open sesame`, with rounds by `crypt(3)` of glibc. */
const RIGHT = [
  ['MD5-crypt', '$1$wharfsal$JyfruXIasPy5H4OrWYMMB0', 'open sesame'],
  ["Apache's MD5-crypt", '$apr1$wharfsal$2oZYpylTRPRzLm.SmfxvM1', 'open sesame'],
  ['SHA-256-crypt', '$5$wharfsal$yXbOfCnFTvOOTCNO/ukz48.x.SO8FIUub6VyeP9NX57', 'open sesame'],
  ['SHA-512-crypt', '$6$wharfsal$6QgcWR0EoQXJWm6aEcK0RPwAbumGBtaD6MLpSCpQAt9JISIFs3QqJWeYoHRkGeyltio6svFjDDa1uPZ2JgrEK0', 'open sesame'],
  ['SHA-256-crypt with rounds', '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA', 'Hello world!'],
  ['SHA-1 of Apache', '{SHA}qvTGHdzF6KLavt4PO0gs2a6pQ00=', 'hello'],
] as const;

test.each(RIGHT)('knows the password of %s, and no other', async (_, hash, password) => {
  const passwords = new Passwords();
  for (let again = 0; again < 2; again++) {
    expect(await passwords.allows(basic('ann', password), { ann: hash })).toBe(true);
    expect(await passwords.allows(basic('ann', `${password}.`), { ann: hash })).toBe(false);
    expect(await passwords.allows(basic('bob', password), { ann: hash })).toBe(false);
  }
  expect(hashFault(hash)).toBeUndefined();
});

test('allows nobody without a name and a password, whatever the user is called', async () => {
  const users = { ann: RIGHT[2][1] };
  for (const header of [
    undefined,
    '',
    'Basic',
    'Bearer x',
    'Basic !!!',
    `Basic ${Buffer.from('ann').toString('base64')}`,
    basic('toString', ''),
    basic('ann', 'x'.repeat(300)),
  ])
    expect(await new Passwords().allows(header, users)).toBe(false);
});

test.each([
  ['$2y$10$abcdefghijklmnopqrstuuOQ7Y0h8kTnmLKv9yH4VRlhKJ8B5sD1e', /bcrypt is not supported/],
  ['$y$j9T$salt$hash', /yescrypt is not supported/],
  ['plain text', /its form is not supported/],
  ['$6$rounds=900000$salt$abc', /its rounds are above 200000/],
])('says that it can not check %s', (hash, fault) => {
  expect(hashFault(hash)).toMatch(fault);
});
