import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { Instant } from '../../../domain/kernel/units.ts';

const header = z.object({ alg: z.literal('RS256') });
const claims = z.object({ uid: z.string(), exp: z.number() });

/**
 * Whether a service account proves to be who it says: a JSON Web Token with `uid` and `exp`, signed by its private key (RS256).
 * @param publicKey as PEM
 */
export const provesServiceAccount = (token: string, uid: string, publicKey: string, now: Instant): boolean => {
  const [head, payload, signature, ...more] = token.split('.');
  if (head === undefined || payload === undefined || signature === undefined || more.length > 0) return false;
  const key = rsaKey(publicKey);
  if (key === undefined || !header.safeParse(parsed(head)).success) return false;
  if (!verify('RSA-SHA256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'))) return false;
  const told = claims.safeParse(parsed(payload));
  return told.success && told.data.uid === uid && now < told.data.exp * 1000;
};

const rsaKey = (pem: string): KeyObject | undefined => {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'rsa' ? key : undefined;
  } catch {
    return undefined;
  }
};

const parsed = (part: string): unknown => {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};
