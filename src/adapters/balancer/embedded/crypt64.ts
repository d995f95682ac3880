const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Base 64 of `crypt(3)`: six bits at a time, the lowest first. Each group is up to three bytes, the highest first. */
export const crypt64 = (digest: Buffer, groups: readonly (readonly number[])[]): string =>
  groups
    .map((group) => {
      let bits = group.reduce((sum, at) => (sum << 8) | (digest[at] ?? 0), 0);
      return Array.from({ length: group.length + 1 }, () => {
        const character = ALPHABET[bits & 63];
        bits >>>= 6;
        return character;
      }).join('');
    })
    .join('');

/** The first bytes of a digest repeated to a length. */
export const repeated = (digest: Buffer, length: number): Buffer => {
  const whole = Buffer.alloc(length);
  for (let at = 0; at < length; at += digest.length) digest.copy(whole, at, 0, Math.min(digest.length, length - at));
  return whole;
};

/** Lets others have their turn: a password takes milliseconds of work, and the thread that checks it forwards traffic. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
export const ROUNDS_PER_TURN = 500;
