import { createHash } from 'node:crypto';
import { crypt64, pause, ROUNDS_PER_TURN, repeated } from './crypt64.ts';

const FORM = /^\$(1|apr1)\$([^$]{0,8})[^$]*\$([./0-9A-Za-z]{22})$/;
const ROUNDS = 1_000;
const GROUPS = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]] as const;

export const isMd5Crypt = (hash: string): boolean => FORM.test(hash);
export const md5CryptDigest = (hash: string): string => FORM.exec(hash)?.[3] ?? '';

/** The digest of a password as the given hash has it: MD5-crypt (`$1$`) and Apache's variant, which differs in its name only. */
export const md5Crypt = async (password: string, like: string): Promise<string> => {
  const [, id = '', salt = ''] = FORM.exec(like) ?? [];
  const [key, seasoning] = [Buffer.from(password), Buffer.from(salt)];
  const digest = (...parts: readonly Buffer[]): Buffer => {
    const hash = createHash('md5');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const parts = [key, Buffer.from(`$${id}$`), seasoning, repeated(digest(key, seasoning, key), key.length)];
  for (let left = key.length; left > 0; left >>>= 1) parts.push((left & 1) === 1 ? Buffer.alloc(1) : key.subarray(0, 1));
  let current = digest(...parts);
  for (let round = 0; round < ROUNDS; round++) {
    if (round % ROUNDS_PER_TURN === ROUNDS_PER_TURN - 1) await pause();
    const isOdd = round % 2 === 1;
    const middle = [...(round % 3 === 0 ? [] : [seasoning]), ...(round % 7 === 0 ? [] : [key])];
    current = digest(isOdd ? key : current, ...middle, isOdd ? current : key);
  }
  return crypt64(current, GROUPS);
};
