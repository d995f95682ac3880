import { hkdfSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Fewest bytes that a secret may have. */
export const SECRET_MIN_BYTES = 32;
const DERIVED_BYTES = 32;

/** What engines of one cluster derive from the secret that each of them was given. */
export type ClusterSecret = {
  /** Opens the API of each of them. */
  readonly token: string;
  /** Seals keys that they exchange; 256 bits. */
  readonly exchangeKey: Buffer;
};

/** A new secret as a line of text: 256 random bits in base64url. */
export const newClusterSecret = (): string => `${randomBytes(SECRET_MIN_BYTES).toString('base64url')}\n`;

/** HKDF-SHA-256 (RFC 5869), so that one tells nothing of the other or of the secret. */
export const clusterSecretOf = (secret: string): ClusterSecret => {
  const derived = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `wharfinger ${purpose}`, DERIVED_BYTES));
  return { token: derived('api token').toString('base64url'), exchangeKey: derived('key exchange') };
};

/** @throws Error in plain words, for a file that cannot be read or holds too little */
export const clusterSecretIn = async (path: string): Promise<ClusterSecret> => {
  let secret: string;
  try {
    secret = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new Error(`--cluster-secret: ${(error as Error).message}; ${HOW_TO_MAKE_ONE}`);
  }
  if (Buffer.byteLength(secret) < SECRET_MIN_BYTES)
    throw new Error(`--cluster-secret: ${path} holds fewer than ${SECRET_MIN_BYTES} bytes; ${HOW_TO_MAKE_ONE}`);
  return clusterSecretOf(secret);
};

const HOW_TO_MAKE_ONE = 'make one with: (umask 077; wharf cluster-secret > FILE), and give each engine of the log the same';
