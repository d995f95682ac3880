import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isMd5Crypt, md5Crypt, md5CryptDigest } from './md5Crypt.ts';
import { isShaCrypt, ROUNDS_MAX, roundsOf, shaCrypt, shaCryptDigest } from './shaCrypt.ts';

/** Answers that are remembered, so that a page of many files costs one check. */
const REMEMBERED_MAX = 1_000;
/** Longer ones are refused: the work grows with the length. */
const PASSWORD_BYTES_MAX = 256;

/** Why this proxy can't check passwords against a hash; undefined when it can. */
export const hashFault = (hash: string): string | undefined => {
  if (isShaCrypt(hash)) return roundsOf(hash) > ROUNDS_MAX ? `its rounds are above ${ROUNDS_MAX}` : undefined;
  if (isMd5Crypt(hash) || /^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(hash)) return undefined;
  const name = /^\$2[abxy]?\$/.test(hash) ? 'bcrypt' : /^\$y\$/.test(hash) ? 'yescrypt' : 'its form';
  return `${name} is not supported by the embedded balancer; SHA-crypt ($5$, $6$), MD5-crypt ($1$, $apr1$) and {SHA} are`;
};

/** Checks names and passwords of Basic authentication (RFC 7617). */
export class Passwords {
  readonly #key = randomBytes(32);
  readonly #remembered = new Map<string, boolean>();

  async allows(authorization: string | undefined, users: Readonly<Record<string, string>>): Promise<boolean> {
    const encoded = /^basic +([A-Za-z0-9+/_-]+=*)$/i.exec(authorization ?? '')?.[1];
    if (encoded === undefined) return false;
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const [user, password] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)];
    const hash = Object.hasOwn(users, user) ? users[user] : undefined;
    if (colon < 0 || hash === undefined || hashFault(hash) !== undefined || Buffer.byteLength(password) > PASSWORD_BYTES_MAX) return false;
    const key = createHmac('sha256', this.#key).update(`${hash}\0${password}`).digest('base64');
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const isRight = await isPassword(password, hash);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(key, isRight);
    return isRight;
  }
}

const isPassword = async (password: string, hash: string): Promise<boolean> => {
  if (isShaCrypt(hash)) return isSame(await shaCrypt(password, hash), shaCryptDigest(hash));
  if (isMd5Crypt(hash)) return isSame(await md5Crypt(password, hash), md5CryptDigest(hash));
  return isSame(createHash('sha1').update(password).digest('base64'), hash.slice('{SHA}'.length));
};

const isSame = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
