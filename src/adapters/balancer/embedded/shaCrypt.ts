import { createHash } from 'node:crypto';
import { crypt64, pause, ROUNDS_PER_TURN, repeated } from './crypt64.ts';

type Kind = { readonly hash: 'sha256' | 'sha512'; readonly groups: readonly (readonly number[])[] };

/** Which bytes of the digest are written together: each group begins one place further in all three thirds. */
const groupsOf = (size: number, step: 1 | -1, last: readonly number[]): readonly (readonly number[])[] => {
  const third = Math.floor(size / 3);
  const groups: (readonly number[])[] = [];
  let order = [0, third, third * 2];
  for (let nth = 0; nth < third; nth++) {
    groups.push(order);
    const [a = 0, b = 0, c = 0] = order;
    order = step === 1 ? [b + 1, c + 1, a + 1] : [c + 1, a + 1, b + 1];
  }
  return [...groups, last];
};

const KINDS: Readonly<Record<string, Kind>> = {
  '5': { hash: 'sha256', groups: groupsOf(32, -1, [31, 30]) },
  '6': { hash: 'sha512', groups: groupsOf(64, 1, [63]) },
};

const ROUNDS_DEFAULT = 5_000;
const ROUNDS_MIN = 1_000;
/** More would keep the thread busy for seconds per login. */
export const ROUNDS_MAX = 200_000;

const FORM = /^\$([56])\$(?:rounds=(\d+)\$)?([^$]{0,16})[^$]*\$([./0-9A-Za-z]+)$/;

export const isShaCrypt = (hash: string): boolean => FORM.test(hash);
export const roundsOf = (hash: string): number => Number(FORM.exec(hash)?.[2] ?? ROUNDS_DEFAULT);

/** The digest of a password as the given hash has it: SHA-crypt, `$5$` and `$6$`. https://www.akkadia.org/drepper/SHA-crypt.txt */
export const shaCrypt = async (password: string, like: string): Promise<string> => {
  const [, id = '', , salt = ''] = FORM.exec(like) ?? [];
  const kind = KINDS[id];
  if (kind === undefined) throw new Error('not a hash of SHA-crypt');
  const rounds = Math.max(ROUNDS_MIN, roundsOf(like));
  const [key, seasoning] = [Buffer.from(password), Buffer.from(salt)];
  const digest = (...parts: readonly Buffer[]): Buffer => {
    const hash = createHash(kind.hash);
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const other = digest(key, seasoning, key);
  const parts = [key, seasoning, repeated(other, key.length)];
  for (let left = key.length; left > 0; left >>>= 1) parts.push((left & 1) === 1 ? other : key);
  let current = digest(...parts);
  const keys = repeated(digest(...Array<Buffer>(key.length).fill(key)), key.length);
  const salts = repeated(digest(...Array<Buffer>(16 + (current[0] ?? 0)).fill(seasoning)), seasoning.length);
  for (let round = 0; round < rounds; round++) {
    if (round % ROUNDS_PER_TURN === ROUNDS_PER_TURN - 1) await pause();
    const isOdd = round % 2 === 1;
    const middle = [...(round % 3 === 0 ? [] : [salts]), ...(round % 7 === 0 ? [] : [keys])];
    current = digest(isOdd ? keys : current, ...middle, isOdd ? current : keys);
  }
  return crypt64(current, kind.groups);
};

export const shaCryptDigest = (hash: string): string => FORM.exec(hash)?.[4] ?? '';
