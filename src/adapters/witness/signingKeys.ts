import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject, sign, verify } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Signer } from '../../domain/ports/witness.ts';
import type { Signed } from '../../domain/proof/witnessed.ts';

const KEY_ID_CHARS = 32;
const OTHERS = 0o077;

/** Id of a key: the first 16 bytes of the SHA-256 of its public half (SubjectPublicKeyInfo, DER), in hex. */
const keyIdOf = (key: KeyObject): string => hash('sha256', key.export({ type: 'spki', format: 'der' }), 'hex').slice(0, KEY_ID_CHARS);

/** Makes a key pair: the private half in `path` for its owner alone, the public one beside it. @throws Error where either is there */
export const makeSigningKey = (path: string): { readonly key: string; readonly publicFile: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicFile = `${path}.pub`;
  if (existsSync(publicFile)) throw Object.assign(new Error(`'${publicFile}' is there already`), { code: 'EEXIST' });
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644, flag: 'wx' });
  return { key: keyIdOf(publicKey), publicFile };
};

/** @throws Error in plain words: no such file, others may read it, no Ed25519 key. */
export const readSigningKey = (path: string): Signer => {
  const pem = contents(path);
  if ((statSync(path).mode & OTHERS) !== 0) throw new Error(`others than its owner may read the key '${path}'; chmod 600 it`);
  const key = keyIn(path, () => createPrivateKey(pem));
  return { key: keyIdOf(createPublicKey(key)), sign: (bytes) => sign(null, bytes, key) };
};

/** Trusts the key of one file, public or private. @throws Error as `readSigningKey` */
export const readTrustedKey = (path: string): { readonly key: string; readonly signed: Signed } => {
  const pem = contents(path);
  const key = keyIn(path, () => createPublicKey(pem));
  return { key: keyIdOf(key), signed: (bytes, signature) => verify(null, bytes, key, signature) };
};

const contents = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`the key '${path}' cannot be read: ${(error as Error).message}`);
  }
};

const keyIn = (path: string, read: () => KeyObject): KeyObject => {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw new Error(`'${path}' is no key in PEM`);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`'${path}' is a key of ${key.asymmetricKeyType}, not of Ed25519`);
  return key;
};
