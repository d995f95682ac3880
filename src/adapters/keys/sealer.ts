import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Sealed, SealedTogether, Sealer } from '../../domain/kernel/codec.ts';

/** Keys by subject. A subject has one key; destroying it makes all that it sealed unreadable, for ever. */
export type KeyStore = {
  /** The subject's key, made at the first call; durable when this returns, but in `together`. @throws KeysUnavailable when it cannot be. */
  keyFor(subject: string): { readonly id: string; readonly key: Uint8Array };
  /** What is made of keys that are not on disk yet: keys of one turn of the event loop share one write. None is kept where the work fails. */
  together<A>(work: () => A): SealedTogether<A>;
  find(id: string): Uint8Array | undefined;
  destroy(subject: string): void;
  /** Id of a subject's key; none is made. */
  idOf(subject: string): string | undefined;
  /** Destroys a key by its id, where it is still there. */
  destroyKey(id: string): void;
  close(): void;
};

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce per value; `$sealed` is base64 of nonce, tag and ciphertext. */
export const sealerOf = (keys: KeyStore): Sealer => ({
  seal: (subject, plain): Sealed => {
    const { id, key } = keys.keyFor(subject);
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return { $sealed: Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64'), key: id };
  },
  together: keys.together,
  open: openerOf(keys),
});

/** Opens what was sealed; undefined where the key is gone. */
export const openerOf =
  (keys: Pick<KeyStore, 'find'>): Sealer['open'] =>
  ({ $sealed, key: id }) => {
    const key = keys.find(id);
    if (key === undefined) return undefined;
    const bytes = Buffer.from($sealed, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
  };

/** Keys that are gone with the process: for tests and simulations. */
export const memoryKeys = (): KeyStore => {
  const bySubject = new Map<string, { id: string; key: Uint8Array }>();
  return {
    keyFor: (subject) => {
      let known = bySubject.get(subject);
      if (known === undefined) {
        known = { id: randomBytes(8).toString('hex'), key: randomBytes(32) };
        bySubject.set(subject, known);
      }
      return known;
    },
    together: (work) => ({ made: work(), durable: undefined }),
    find: (id) => [...bySubject.values()].find((known) => known.id === id)?.key,
    destroy: (subject) => void bySubject.delete(subject),
    idOf: (subject) => bySubject.get(subject)?.id,
    destroyKey: (id) => {
      for (const [subject, known] of bySubject) if (known.id === id) bySubject.delete(subject);
    },
    close: () => {},
  };
};
