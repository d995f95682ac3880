import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../../../domain/kernel/units.ts';

/** How long a login lasts, ms: DC/OS' five days. */
export const LOGIN_LIFETIME_MS = 5 * 24 * 3_600_000;

const KEY_BYTES = 32;

/** Tokens that a login answers: JSON Web Tokens (RFC 7519) with the `uid` and `exp` that DC/OS' clients read. */
export type LoginTokens = {
  issue(uid: string): string;
  /** Whether it was issued here and has not expired. */
  isOurs(token: string): boolean;
};

const part = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url');

const HEADER = part({ alg: 'HS256', typ: 'JWT' });

/**
 * @param secret the key that opens the API. The tokens' own key is derived from it, so that they outlive a restart and end with it, and
 * tell nothing of it.
 */
export const loginTokens = (secret: string, now: () => Instant): LoginTokens => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'wharfinger login tokens', KEY_BYTES));
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  return {
    issue: (uid) => {
      const signed = `${HEADER}.${part({ uid, exp: Math.floor((now() + LOGIN_LIFETIME_MS) / 1000) })}`;
      return `${signed}.${sign(signed).toString('base64url')}`;
    },
    isOurs: (token) => {
      const [header, payload, signature, ...more] = token.split('.');
      // Nobody's choice of algorithm: only the header that is written here is read.
      if (header !== HEADER || payload === undefined || signature === undefined || more.length > 0) return false;
      const [given, wanted] = [Buffer.from(signature, 'base64url'), sign(`${header}.${payload}`)];
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
      const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { readonly exp: number };
      return now() < exp * 1000;
    },
  };
};
